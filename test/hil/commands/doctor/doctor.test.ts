// The doctor on benches that are ill, each in one way: what it finds, what it says to do, and what it ends with. The ports are doubles; one
// file beside this one asks a virtual board.
import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as net from "node:net";
import * as path from "node:path";
import * as assert from "uvu/assert";
import { createWallClock } from "../../../../hil/clock.ts";
import { openLeases, openQuarantine } from "../../../../hil/commands/board-desk.ts";
import type { Check } from "../../../../hil/commands/doctor/check.ts";
import type { DoctorTools } from "../../../../hil/commands/doctor/tools.ts";
import { runDoctor } from "../../../../hil/commands/doctor.ts";
import { HilError } from "../../../../hil/error.ts";
import { suite } from "../../../support/suite.ts";
import { createPortDouble } from "../../drivers/port-double.ts";
import { createWrittenIo, type WrittenIo } from "../written-io.ts";

const test = suite("hil/commands/doctor");
const MAC = "24:0a:c4:00:00:01";
const ANNA = { mac: MAC, name: "anna" };
let io: WrittenIo;
test.before.each(() => {
  io = createWrittenIo();
  fs.mkdirSync(io.stateFolder, { recursive: true });
});
test.after.each(() => io.remove());

function createTools(overrides: Partial<DoctorTools> = {}): DoctorTools {
  return {
    clock: createWallClock(),
    nodeVersion: "20.19.0",
    addresses: () => ["192.168.7.20"],
    freeBytes: () => 5e9,
    listPorts: async () => [{ path: "/dev/ttyUSB4", serialNumber: "0001", location: "1-1.2" }],
    openPort: async () => createPortDouble(),
    probe: async () => ({ mac: MAC, chip: "ESP32" }),
    ...overrides,
  };
}

/** A bench with one board and, in the same lines, what is told. */
function writeBench(board: string, rest = "cloud: {local: {host: 192.168.7.20}}\n"): string {
  const file = path.join(io.stateFolder, "bench.yaml");
  fs.writeFileSync(
    file,
    `name: desk\nboards:\n  - {name: anna, mac: "${MAC}", wifi: {ssid: bench}, ${board}}\n${rest}`,
  );
  return file;
}

interface Diagnosis {
  status: number;
  find(check: string): Check;
}

async function diagnose(
  bench: string | undefined,
  tools: Partial<DoctorTools> = {},
  probe = false,
): Promise<Diagnosis> {
  const status = await runDoctor({ bench, probe, json: true }, io, createTools(tools));
  const { checks } = JSON.parse(io.takeOut()) as { checks: Check[] };
  return {
    status,
    find(name) {
      const found = checks.find(({ check }) => check === name);
      if (found === undefined) throw new Error(`no check ${name}`);
      return found;
    },
  };
}

/** Opens, and is there, whatever this machine has. */
const PORT = "port: tcp://127.0.0.1:9";

test("nothing is wrong with the virtual bench, and that is what it says", async () => {
  assert.is(await runDoctor({}, io, createTools()), 0);
  const told = io.takeOut();
  assert.match(told, /ok +bench-file .*virtual: 0 boards, 1 virtual/);
  assert.match(told, "Nothing is wrong");
});

test("a bench that is well ends with 0, and what was not asked is told so", async () => {
  const { status, find } = await diagnose(writeBench(PORT));
  assert.is(status, 0);
  assert.equal(find("port"), { check: "port", subject: "anna", state: "ok", found: "/dev/ttyUSB7 opens" });
  for (const name of ["chip", "fixture", "power"]) assert.is(find(name).state, "unknown");
});

type Row = [
  what: string,
  bench: () => string | undefined,
  tools: Partial<DoctorTools>,
  check: string,
  status: number,
  told: RegExp,
];
const refuse = (code: string, message: string) => async () => {
  throw new HilError("infrastructure", code, message);
};
const ILLS: Row[] = [
  ["an old Node", () => undefined, { nodeVersion: "20.18.9" }, "node", 3, /20\.18\.9.*Install Node 20\.19/],
  ["a full disk", () => undefined, { freeBytes: () => 9e8 }, "disk", 3, /0\.9 GB free.*Make room/],
  ["a bench file that is wrong", () => writeBench("prot: x"), {}, "bench-file", 2, /unknown key "prot"/],
  ["a bench file that is not there", () => "nowhere.yaml", {}, "bench-file", 2, /There is no bench file nowhere\.yaml/],
  [
    "a cloud the board cannot reach",
    () => writeBench("port: tcp://10.0.0.9:9", ""),
    {},
    "cloud-host",
    2,
    /anna cannot reach 127.*192\.168\.7\.20/,
  ],
  [
    "a cloud on another machine",
    () => writeBench(PORT, "cloud: {local: {host: 10.9.9.9}}\n"),
    {},
    "cloud-host",
    2,
    /not this machine.*192\.168\.7\.20/,
  ],
  [
    "an image that is not there",
    () =>
      writeBench(PORT, `firmware: {interpreter: {files: [{path: no.bin, address: 0, sha256: "${"0".repeat(64)}"}]}}\n`),
    {},
    "image",
    2,
    /no\.bin cannot be read/,
  ],
  [
    "a path that is not there",
    () => writeBench("port: /dev/trapline-none"),
    {},
    "port",
    3,
    /is not there.*Ports that are there: \/dev\/ttyUSB4/,
  ],
  [
    "a serial number that is nearly right",
    () => writeBench('port: {usb: "0007"}'),
    {},
    "port",
    3,
    /0001 is plugged in, which is nearly it/,
  ],
  [
    "a port in use",
    () => writeBench(PORT),
    { openPort: refuse("port-in-use", "The port x is in use. End that one first.") },
    "port",
    3,
    /in use.*End that one first/,
  ],
  [
    "a plug that is not reached",
    () => writeBench(`${PORT}, power: {http: {on: "http://127.0.0.1:1/a", off: "http://127.0.0.1:1/b"}}`),
    {},
    "power",
    3,
    /127\.0\.0\.1:1 is not reached/,
  ],
  [
    "a hub without its program",
    () => writeBench(`${PORT}, power: {usbHub: {location: 1-1, port: 1}}`),
    {},
    "power",
    3,
    /package is called uhubctl/,
  ],
  [
    "a command that is not there",
    () => writeBench(`${PORT}, power: {command: {on: [./plug], off: [./plug]}}`),
    {},
    "power",
    2,
    /cannot be run.*chmod/,
  ],
  [
    "a relay board that is not there",
    () => writeBench(`${PORT}, power: {relay: {port: /dev/trapline-none, channel: 1}}`),
    {},
    "power",
    3,
    /is not there/,
  ],
];
for (const [what, bench, tools, name, status, told] of ILLS)
  test(`${what} is found, with what to do`, async () => {
    const diagnosis = await diagnose(bench(), tools);
    const { state, found, mend } = diagnosis.find(name);
    assert.is(state, "wrong");
    assert.match(`${found} ${mend}`, told);
    assert.is(diagnosis.status, status);
  });

test("a state folder that cannot be written is found", async () => {
  const blocked = { ...io, stateFolder: path.join(io.stateFolder, "file") };
  fs.writeFileSync(blocked.stateFolder, "a file");
  assert.is(await runDoctor({ json: true }, blocked, createTools()), 3);
  assert.match(io.takeOut(), /file cannot be written: (EEXIST|ENOTDIR)/);
});

test("a silent fixture is told in its words, and its port is closed", async () => {
  const port = createPortDouble();
  const clock = createWallClock();
  const quick = { ...clock, setTimer: (ms: number, fn: () => void) => clock.setTimer(ms / 100, fn) };
  const bench = writeBench(`${PORT}, fixture: {port: "tcp://127.0.0.1:10"}`);
  const { find, status } = await diagnose(bench, { clock: quick, openPort: async () => port });
  assert.match(find("fixture").found, "did not answer");
  assert.is(port.acts.at(-1), "close");
  assert.is(status, 3);
});

test("the chip is asked only when told to; another board on the port is found and not touched", async () => {
  let probes = 0;
  const probe = async () => {
    probes += 1;
    return { mac: "24:0a:c4:00:00:99", chip: "ESP32" };
  };
  await diagnose(writeBench(PORT), { probe });
  assert.is(probes, 0);
  const { find, status } = await diagnose(writeBench(PORT), { probe }, true);
  assert.match(find("chip").found, "the chip is 24:0a:c4:00:00:99, the bench file says 24:0a:c4:00:00:01");
  assert.is(status, 2);
  assert.equal(openLeases(io).list(), [], "the lease of the probe was given back");
});

test("a board in use is left alone, and who has it is told", async () => {
  const lease = openLeases({ ...io, owner: "kai@lab" }).take(ANNA, "run 7");
  let opened = 0;
  const openPort = async () => {
    opened += 1;
    return createPortDouble();
  };
  const { find } = await diagnose(writeBench(`${PORT}, fixture: {port: "tcp://127.0.0.1:10"}`), { openPort }, true);
  lease.release();
  assert.match(find("lease").found, "kai@lab uses it (run 7)");
  for (const name of ["port", "chip", "fixture"]) assert.is(find(name).state, "unknown");
  assert.is(opened, 0);
});

test("one's own lease is no ill, another's is, and one of the future tells of clocks that differ", async () => {
  openLeases(io).reserve(ANNA, 60_000, "mine");
  assert.is((await diagnose(writeBench(PORT))).find("lease").state, "ok");
  openLeases(io).release(ANNA);
  openLeases({ ...io, owner: "kai@lab" }).reserve(ANNA, 3_600_000, "measuring");
  assert.match((await diagnose(writeBench(PORT))).find("lease").found, "kai@lab has it for another 1 h (measuring)");
  io.nowMs -= 600_000;
  assert.match((await diagnose(writeBench(PORT))).find("lease").mend ?? "", "timedatectl");
});

test("a board in quarantine is found with the reason and the way out", async () => {
  openQuarantine(io).add(ANNA, { reason: "loose socket", forMs: 60_000 });
  const { found, mend } = (await diagnose(writeBench(PORT))).find("quarantine");
  assert.match(found, "loose socket");
  assert.match(mend ?? "", "quarantine lift anna");
});

test("a plug and a broker are connected to, and told nothing", async () => {
  const heard: string[] = [];
  const server = net.createServer((socket) => {
    socket.on("data", (bytes) => heard.push(String(bytes))).on("error", () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const bench = writeBench(`${PORT}, power: {mqtt: {url: "mqtt://127.0.0.1:${port}", topic: plug}}`);
  assert.is((await diagnose(bench)).find("power").state, "ok");
  await new Promise((resolve) => server.close(resolve));
  assert.equal(heard, []);
});

test("the program knows the doctor, and ends with its status", async () => {
  const program = spawn(
    process.execPath,
    ["--import", "tsx", "hil/main.ts", "doctor", "--json", "--bench", "no.yaml"],
    {
      cwd: io.root,
      env: { PATH: "/usr/bin:/bin", TRAPLINE_HIL_STATE: io.stateFolder },
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  let said = "";
  program.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const [status] = await once(program, "close");
  assert.is(status, 2);
  assert.is(JSON.parse(said).checks.find(({ check }: Check) => check === "bench-file").state, "wrong");
});
