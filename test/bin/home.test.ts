// The folder of an installation: its secrets, who may run from it, what is said when it cannot be used; and the choice of ports.
import * as fs from "node:fs";
import * as net from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import * as assert from "uvu/assert";
import { decodeIdentity, encodeIdentity } from "#protocol";
import { HomeError, openHome } from "../../bin/up/home.ts";
import { choosePorts, PortTakenError } from "../../bin/up/ports.ts";
import { getRejection } from "../support/rejection.ts";
import { suite } from "../support/suite.ts";

const test = suite("the folder of an installation");
let folder: string;

test.before.each(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "trapline-home-"));
});
test.after.each(() => fs.rmSync(folder, { recursive: true, force: true }));

function getHomeError(dir: string): HomeError {
  try {
    openHome(dir).release();
  } catch (error) {
    if (error instanceof HomeError) return error;
    throw error;
  }
  throw new Error("the folder was opened");
}

test("secrets are made once, for the owner's eyes alone, with an identity the contract takes [SECRET-1]", () => {
  const first = openHome(folder);
  first.release();
  const again = openHome(folder);
  again.release();
  assert.equal(again.secrets, first.secrets);
  assert.is(fs.statSync(path.join(folder, "secrets.json")).mode & 0o077, 0);
  const { serialNumber: serial, macAddress: mac, key } = first.secrets.trap;
  const identity = { serial, mac, key, hardware: "esp32", kind: "live-catch", host: "127.0.0.1", port: 1 } as const;
  assert.is(decodeIdentity(encodeIdentity(identity)).ok, true);
});

test("a second program is kept out and told which one is in; one that has gone does not keep anybody out", () => {
  const home = openHome(folder);
  fs.writeFileSync(path.join(folder, "up.pid"), `${process.ppid}\n`);
  assert.is(getHomeError(folder).code, "in-use");
  assert.match(getHomeError(folder).message, new RegExp(`process ${process.ppid}`));
  fs.writeFileSync(path.join(folder, "up.pid"), "4194300\n");
  openHome(folder).release();
  home.release();
});

test("secrets that cannot be read are named, and nothing is written over them", () => {
  const file = path.join(folder, "secrets.json");
  fs.writeFileSync(file, "{");
  const error = getHomeError(folder);
  assert.is(error.code, "damaged");
  assert.match(error.message, /put it back from a copy/);
  assert.is(fs.readFileSync(file, "utf8"), "{");
  assert.not(fs.existsSync(path.join(folder, "up.pid")), "the folder is left open for the next try");
});

test("a folder below a file is no folder, and the person hears what to do", () => {
  const file = path.join(folder, "file");
  fs.writeFileSync(file, "");
  const error = getHomeError(path.join(file, "data"));
  assert.is(error.code, "not-writable");
  assert.match(error.message, /--data FOLDER/);
});

test("a wished port that is taken is an error; any free ones are four different ones", async () => {
  const holder = net.createServer();
  await new Promise<void>((resolve) => holder.listen(0, "127.0.0.1", resolve));
  const address = holder.address();
  const taken = address && typeof address === "object" ? address.port : 0;
  try {
    const error = await getRejection(choosePorts({ api: taken }, () => undefined));
    assert.ok(error instanceof PortTakenError);
    const free = await choosePorts({ page: 0, api: 0, mqtt: 0, simulator: 0 }, () => undefined);
    assert.is(new Set(Object.values(free)).size, 4);
    assert.ok(Object.values(free).every((port) => port > 0));
  } finally {
    await new Promise((resolve) => holder.close(resolve));
  }
});
