// Installations as they are found in the wild, made of a build of a few bytes.
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as assert from "uvu/assert";
import { canEnter, parsePasswd } from "../../../../cloud/db/embedded/embedded-account.ts";
import { type Build, placeBuild, prepareBinaries } from "../../../../cloud/db/embedded/embedded-binaries.ts";
import { parsePostmasterFile } from "../../../../cloud/db/embedded/postmaster.ts";
import { skip, suite } from "../../../support/suite.ts";

const test = suite("embedded PostgreSQL: binaries");
/** Anybody who is neither root nor us. */
const STRANGER = { uid: 64_321, gid: 64_321 };
let folder: string;
let build: Build;
let made = 0;

test.before.each(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "trapline-binaries-"));
  fs.chmodSync(folder, 0o755);
  made += 1;
  build = { native: path.join(folder, "package", "native"), version: `0.${process.pid}.${made}` };
  fs.mkdirSync(path.join(build.native, "bin"), { recursive: true });
  fs.mkdirSync(path.join(build.native, "lib"));
  for (const name of ["initdb", "postgres"])
    fs.writeFileSync(path.join(build.native, "bin", name), name, { mode: 0o644 });
  fs.writeFileSync(path.join(build.native, "lib", "libx.so.1.2"), "library");
  const link = { source: "native/lib/libx.so.1.2", target: "native/lib/libx.so.1" };
  fs.writeFileSync(path.join(build.native, "pg-symlinks.json"), JSON.stringify([link]));
});
test.after.each(() => {
  fs.rmSync(folder, { recursive: true, force: true });
  fs.rmSync(copyPath(), { recursive: true, force: true });
});

function copyPath(): string {
  return path.join(os.tmpdir(), `trapline-postgres-${build.version}-${process.getuid?.() ?? 0}`);
}

function assertWhole(native: string): void {
  assert.is(fs.readFileSync(path.join(native, "lib", "libx.so.1"), "utf8"), "library");
  assert.is(fs.readlinkSync(path.join(native, "lib", "libx.so.1")), "libx.so.1.2");
  assert.is(fs.statSync(path.join(native, "bin", "postgres")).mode & 0o111, 0o111);
}

test("links and mode bits that the install script did not make are made", async () => {
  assert.is(await placeBuild(build, null), build.native);
  assertWhole(build.native);
  assert.is(await placeBuild(build, null), build.native, "and a second time finds them");
});

test("a build below a closed folder is copied to where the other account can run it", async () => {
  await placeBuild(build, null);
  fs.chmodSync(path.join(folder, "package"), 0o700);
  if (await canEnter(STRANGER, folder).then((open) => !open)) skip("the temporary folder itself is closed");
  const placed = await placeBuild(build, STRANGER);
  assert.is(placed, copyPath());
  assertWhole(placed);
  assert.ok(await canEnter(STRANGER, placed));
  const before = fs.statSync(placed).ino;
  assert.is(await placeBuild(build, STRANGER), placed);
  assert.is(fs.statSync(placed).ino, before, "a whole copy is used again");
});

test("programs that copy at the same time end with the same whole copy", async () => {
  fs.chmodSync(path.join(folder, "package"), 0o700);
  if (await canEnter(STRANGER, folder).then((open) => !open)) skip("the temporary folder itself is closed");
  const placed = await Promise.all(Array.from({ length: 4 }, () => placeBuild(build, STRANGER)));
  assert.equal(new Set(placed), new Set([copyPath()]));
  assertWhole(copyPath());
  const beside = fs.readdirSync(os.tmpdir()).filter((name) => name.startsWith(`${path.basename(copyPath())}-`));
  assert.equal(beside, []);
});

test("a copy that was swept in part is made anew, and one that others could have written is not trusted", async () => {
  fs.chmodSync(path.join(folder, "package"), 0o700);
  if (await canEnter(STRANGER, folder).then((open) => !open)) skip("the temporary folder itself is closed");
  const placed = await placeBuild(build, STRANGER);
  fs.rmSync(path.join(placed, "bin", "initdb"));
  assertWhole(await placeBuild(build, STRANGER));
  assert.ok(fs.existsSync(path.join(placed, "bin", "initdb")));
  fs.writeFileSync(path.join(placed, "bin", "postgres"), "POSTGRES");
  fs.chmodSync(placed, 0o777);
  await placeBuild(build, STRANGER);
  assert.is(fs.readFileSync(path.join(placed, "bin", "postgres"), "utf8"), "postgres");
  assert.is(fs.statSync(placed).mode & 0o777, 0o755);
});

test("the installed build is found, with its major version", async () => {
  const binaries = await prepareBinaries(null);
  assert.ok(fs.existsSync(binaries.postgres));
  assert.ok(fs.existsSync(binaries.initdb));
  assert.ok(binaries.major >= 18);
});

test("accounts are read from the machine's list", () => {
  const accounts = parsePasswd("root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65533::/:/usr/sbin/nologin\n\n");
  assert.equal(accounts.get("nobody"), { uid: 65534, gid: 65533 });
  assert.is(accounts.get("postgres"), undefined);
});

const FILES: [what: string, text: string, found: ReturnType<typeof parsePostmasterFile>][] = [
  [
    "whole",
    "123\n/data\n1700000000\n5433\n\n127.0.0.1\n 1 2\nready   \n",
    { pid: 123, port: 5433, startedAt: 1700000000 },
  ],
  ["half-written", "123\n/data\n", null],
  ["empty", "", null],
  ["of a server in single-user mode", "-123\n/data\n1700000000\n0\n\n\n", null],
];

for (const [what, text, found] of FILES) {
  test(`a postmaster.pid that is ${what} is ${found === null ? "no server" : "read"}`, () => {
    assert.equal(parsePostmasterFile(text), found);
  });
}
