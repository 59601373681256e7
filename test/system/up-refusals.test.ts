// The one command where something is in its way, or another user runs it.
import * as fs from "node:fs";
import * as net from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import * as assert from "uvu/assert";
import { canEnter } from "../../cloud/db/embedded/embedded-account.ts";
import { skip, suite } from "../support/suite.ts";
import { createUpBench, getWholeStory, seedFirmware, type UpBench } from "./up-program.ts";

const test = suite("trapline up, with something in its way", { limitMs: 170_000, fileLimitMs: 300_000 });
let bench: UpBench;

test.before(() => {
  bench = createUpBench();
});
test.after(() => bench.stop());

test("a port that was asked for and is taken is named, with what to do", async () => {
  const holder = net.createServer();
  await new Promise<void>((resolve) => holder.listen(0, "127.0.0.1", resolve));
  const address = holder.address();
  const port = address && typeof address === "object" ? address.port : 0;
  const program = bench.start(["--once", "--data", path.join(bench.folder, "other"), "--api-port", String(port)]);
  const status = await program.ended(20_000);
  await new Promise((resolve) => holder.close(resolve));
  assert.is(status, 1);
  assert.match(program.out(), new RegExp(`Port ${port} \\(api\\) is taken.*--api-port`));
});

test("a folder that cannot be made is named, with what to do", async () => {
  const file = path.join(bench.folder, "file");
  fs.writeFileSync(file, "");
  const program = bench.start(["--once", "--data", path.join(file, "data")]);
  assert.is(await program.ended(20_000), 1);
  assert.match(program.out(), /cannot be written.*--data/);
});

test("another user than the one who installed it sees the whole story too", async () => {
  if (process.getuid?.() !== 0) skip("only root can become another user");
  const nobody = { uid: 65534, gid: 65534 };
  const root = path.resolve(import.meta.dirname, "../..");
  if (!(await canEnter(nobody, root))) skip("this checkout lies in a folder that no other user can enter");
  const own = fs.mkdtempSync(path.join(os.tmpdir(), "trapline-nobody-"));
  try {
    await seedFirmware(path.join(own, "data"), nobody);
    fs.chownSync(own, nobody.uid, nobody.gid);
    await getWholeStory(bench.start(["--once", "--json", "--data", path.join(own, "data")], nobody));
  } finally {
    fs.rmSync(own, { recursive: true, force: true });
  }
});
