// Every kind of switch: what it does, and what it says when it could not. Brokers, servers and programs are real; relays are bytes.
import * as fs from "node:fs";
import * as http from "node:http";
import * as net from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { Aedes } from "aedes";
import * as assert from "uvu/assert";
import { createSimClock, createWallClock } from "../../../../hil/clock.ts";
import { createSwitches, type SwitchTools } from "../../../../hil/drivers/switch/open-switch.ts";
import { HilError } from "../../../../hil/error.ts";
import type { SwitchResource } from "../../../../hil/resources/bench.ts";
import { getRejection } from "../../../support/rejection.ts";
import { suite } from "../../../support/suite.ts";
import { createPortDouble, type PortDouble } from "../port-double.ts";

const test = suite("hil/drivers/switch");
const SYSTEM_PATH = "/usr/bin:/bin";
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "trapline-switch-"));
const endings: (() => Promise<void> | void)[] = [];
test.after(async () => {
  for (const end of endings.reverse()) await end();
  fs.rmSync(folder, { recursive: true, force: true });
});

function createTools(overrides: Partial<SwitchTools> = {}): SwitchTools {
  return {
    clock: createWallClock(),
    environment: { PATH: SYSTEM_PATH },
    openPort: () => Promise.reject(new Error("no port in this test")),
    ...overrides,
  };
}

/** The message of the switch-failed error. */
async function getFailure(promise: Promise<void>): Promise<string> {
  const error = await getRejection(promise);
  if (!(error instanceof HilError)) throw error;
  assert.is(error.code, "switch-failed");
  assert.is(error.kind, "infrastructure");
  return error.message;
}

function listen(server: net.Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
}

test("lines hold the chip in reset and let it go, with IO0 high", async () => {
  const port = createPortDouble();
  const power = createSwitches(createTools()).open({ kind: "lines" }, port);
  await power.set(false);
  await power.set(true);
  await power.close();
  assert.equal(port.acts, ["lines dtr=false rts=true", "lines dtr=false rts=false"]);
});

test("lines say it where the port has none, where it is gone, and where there is no port", async () => {
  const switches = createSwitches(createTools());
  const without = createPortDouble({ name: "tcp://h:1", hasLines: false });
  assert.match(await getFailure(switches.open({ kind: "lines" }, without).set(false)), /tcp:\/\/h:1.*carries no lines/);
  const gone = createPortDouble();
  gone.failWith(new Error("unplugged"));
  assert.match(await getFailure(switches.open({ kind: "lines" }, gone).set(true)), /not switched on.*unplugged/);
  assert.match(await getFailure(switches.open({ kind: "lines" }).set(true)), /no port whose lines/);
});

const RELAYS: [channel: number, on: boolean, bytes: string][] = [
  [1, true, "a00101a2"],
  [1, false, "a00100a1"],
  [2, true, "a00201a3"],
  [8, false, "a00800a8"],
];
for (const [channel, on, bytes] of RELAYS)
  test(`relay ${channel} ${on ? "on" : "off"} is ${bytes} at 9600 baud, and the port is closed behind it`, async () => {
    const clock = createSimClock();
    const port = createPortDouble();
    const resource: SwitchResource = { kind: "relay", port: { kind: "path", path: "/dev/relay" }, channel };
    const done = createSwitches(createTools({ clock, openPort: async () => port }))
      .open(resource)
      .set(on);
    await clock.advance(1_000);
    await done;
    assert.equal(port.acts, ["baud 9600", `write ${bytes}`, "close"]);
  });

test("relays of one board use its port one after the other", async () => {
  const clock = createSimClock();
  let open = 0;
  let openMost = 0;
  const openPort = async (): Promise<PortDouble> => {
    open += 1;
    openMost = Math.max(openMost, open);
    const port = createPortDouble();
    const close = async (): Promise<void> => {
      open -= 1;
    };
    return { ...port, close };
  };
  const switches = createSwitches(createTools({ clock, openPort }));
  const port = { kind: "path", path: "/dev/relay" } as const;
  const all = Promise.all([1, 2, 3].map((channel) => switches.open({ kind: "relay", port, channel }).set(true)));
  await clock.advance(5_000);
  await all;
  assert.is(openMost, 1);
});

test("a relay board that somebody else uses is waited for; one that is not there is told at once", async () => {
  const clock = createSimClock();
  let tries = 0;
  const busy = async (): Promise<PortDouble> => {
    tries += 1;
    if (tries < 4) throw new Error("Error: Resource temporarily unavailable, cannot lock port");
    return createPortDouble();
  };
  const resource: SwitchResource = { kind: "relay", port: { kind: "usb", serialNumber: "77" }, channel: 3 };
  const done = createSwitches(createTools({ clock, openPort: busy }))
    .open(resource)
    .set(true);
  await clock.advance(5_000);
  await done;
  assert.is(tries, 4);
  const missing = createSwitches(createTools()).open(resource);
  assert.match(
    await getFailure(missing.set(false)),
    /relay 3 of .*77.*not switched off.*a00300a3.*no port in this test/,
  );
});

/** A program of that name which prints what it was called with, then what is told. */
function writeProgram(name: string, script: string): string {
  const file = path.join(folder, name);
  fs.writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return file;
}

const HUB: SwitchResource = { kind: "usb-hub", location: "1-1", port: 2 };
const hubWith = (script: string) => {
  writeProgram("uhubctl", script);
  return createSwitches(createTools({ environment: { PATH: `${folder}:${SYSTEM_PATH}` } })).open(HUB);
};
const HUB_SAYS = (state: string) =>
  `echo "Current status for hub 1-1 [0bda]"; echo "  Port 2: 0103 power enable connect"; echo "New status for hub 1-1 [0bda]"; echo "  Port 2: ${state}"`;

test("a USB hub is asked through uhubctl, and believed when it says so", async () => {
  await hubWith(`echo "$*" > ${folder}/asked; ${HUB_SAYS("0000 off")}`).set(false);
  assert.is(fs.readFileSync(path.join(folder, "asked"), "utf8").trim(), "-l 1-1 -p 2 -a off");
  await hubWith(HUB_SAYS("0100 power")).set(true);
});

test("a hub that leaves the power on, one that is not there and one without rights are told apart", async () => {
  assert.match(await getFailure(hubWith(HUB_SAYS("0103 power enable connect")).set(false)), /the socket is still on/);
  const none = hubWith('echo "No compatible devices detected at location 1-1!" >&2; exit 1');
  assert.match(await getFailure(none.set(false)), /status 1.*No compatible devices.*lists the hubs that can switch/s);
  const rights = hubWith('echo "Permission problems detected!" >&2; exit 1');
  assert.match(await getFailure(rights.set(true)), /udev/);
});

test("a missing uhubctl is told with the package it comes in", async () => {
  const hub = createSwitches(createTools({ environment: { PATH: path.join(folder, "nowhere") } })).open(HUB);
  assert.match(await getFailure(hub.set(true)), /socket 2 of USB hub 1-1.*Debian's package is called uhubctl/);
});

async function startBroker(allow: boolean): Promise<{ port: number; heard: string[] }> {
  const heard: string[] = [];
  const broker = await Aedes.createBroker({
    authorizePublish: (_client, _packet, done) => done(allow ? null : new Error("not yours")),
    authenticate: (_client, username, password, done) =>
      done(null, username === undefined || `${username}:${password}` === "bench:hunter2"),
  });
  broker.on("publish", (packet, client) => {
    if (client !== null) heard.push(`${packet.topic} ${packet.payload} ${packet.qos}`);
  });
  const server = net.createServer(broker.handle);
  endings.push(
    () => new Promise<void>((resolve) => server.close(() => resolve())),
    () => new Promise<void>((resolve) => broker.close(() => resolve())),
  );
  return { port: await listen(server), heard };
}

const plugAt = (port: number): Extract<SwitchResource, { kind: "mqtt" }> => ({
  kind: "mqtt",
  url: `mqtt://127.0.0.1:${port}`,
  topic: "cmnd/plug-1/POWER",
  on: "ON",
  off: "OFF",
});

test("an MQTT plug hears its words, acknowledged, with the password of the surroundings", async () => {
  const { port, heard } = await startBroker(true);
  const environment = { PLUG_PASSWORD: "hunter2" };
  const plug = createSwitches(createTools({ environment })).open({
    ...plugAt(port),
    username: "bench",
    passwordEnv: "PLUG_PASSWORD",
  });
  await plug.set(false);
  await plug.set(true);
  assert.equal(heard, ["cmnd/plug-1/POWER OFF 1", "cmnd/plug-1/POWER ON 1"]);
});

test("a broker that refuses the publish, the password, or is not there is told within its time", async () => {
  const refusing = await startBroker(false);
  const told = await getFailure(createSwitches(createTools()).open(plugAt(refusing.port)).set(true));
  assert.match(told, /cmnd\/plug-1\/POWER.*"ON" with QoS 1.*(closed the connection|did not acknowledge)/);
  const wrong = { ...plugAt(refusing.port), username: "bench", passwordEnv: "P" };
  const entered = createSwitches(createTools({ environment: { P: "wrong" } }))
    .open(wrong)
    .set(true);
  assert.match(await getFailure(entered), /[Nn]ot authorized|closed the connection/);
  const server = net.createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  assert.match(await getFailure(createSwitches(createTools()).open(plugAt(port)).set(true)), /ECONNREFUSED/);
});

test("a variable that is not set is the bench's mistake, not the plug's", async () => {
  const plug = createSwitches(createTools()).open({ ...plugAt(1), passwordEnv: "NOT_SET" });
  const error = await getRejection(plug.set(true));
  assert.ok(error instanceof HilError && error.kind === "usage");
  assert.match(error.message, "set NOT_SET");
});

async function startPlug(answer: (request: string) => [status: number, body: string]): Promise<string> {
  const server = http.createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => {
      body += text;
    });
    request.on("end", () => {
      const [status, text] = answer(`${request.method} ${request.url} ${body}`.trim());
      response.writeHead(status, { "content-type": "application/json" }).end(text);
    });
  });
  endings.push(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return `http://127.0.0.1:${await listen(server)}`;
}

test("an HTTP plug is asked as the bench file says", async () => {
  const asked: string[] = [];
  const address = await startPlug((request) => {
    asked.push(request);
    return [200, '{"POWER":"ON"}'];
  });
  const plug = createSwitches(createTools()).open({
    kind: "http",
    on: { url: `${address}/relay/0?turn=on`, method: "GET" },
    off: { url: `${address}/api/power`, method: "POST", body: { on: false } },
  });
  await plug.set(true);
  await plug.set(false);
  assert.equal(asked, ["GET /relay/0?turn=on", 'POST /api/power {"on":false}']);
});

const REFUSALS: [what: string, status: number, body: string, told: RegExp][] = [
  ["a status of failure", 503, "overheated", /status 503: overheated/],
  ["an order that Tasmota does not know", 200, '{"Command":"Unknown"}', /Unknown/],
  ["a password that Tasmota misses", 200, '{"WARNING":"Need user=<username>&password=<password>"}', /Need user/],
];
for (const [what, status, body, told] of REFUSALS)
  test(`${what} is no success`, async () => {
    const url = await startPlug(() => [status, body]);
    const request = { url: `${url}/off`, method: "GET" } as const;
    const plug = createSwitches(createTools()).open({ kind: "http", on: request, off: request });
    const message = await getFailure(plug.set(false));
    assert.match(message, told);
    assert.match(message, /GET http:.*\/off/);
  });

test("an HTTP plug that never answers is given up after its time", async () => {
  const clock = createSimClock();
  const silent = net.createServer();
  const held = new Set<net.Socket>();
  silent.on("connection", (socket) => held.add(socket.on("error", () => socket.destroy())));
  endings.push(() => new Promise<void>((resolve) => silent.close(() => resolve())));
  const request = { url: `http://127.0.0.1:${await listen(silent)}/`, method: "GET" } as const;
  const set = createSwitches(createTools({ clock })).open({ kind: "http", on: request, off: request }).set(true);
  const failure = getFailure(set);
  await clock.advance(10_000);
  assert.match(await failure, /no answer within 10 s/);
  for (const socket of held) socket.destroy();
});

const commandOf = (on: string[], timeoutMs = 10_000): SwitchResource => ({ kind: "command", on, off: on, timeoutMs });

test("a command gets its words as they are, without a shell", async () => {
  const program = writeProgram("plug", `printf '%s|' "$@" > ${folder}/words`);
  await createSwitches(createTools())
    .open(commandOf([program, "1 2", "$HOME", "; exit 1"]))
    .set(true);
  assert.is(fs.readFileSync(path.join(folder, "words"), "utf8"), "1 2|$HOME|; exit 1|");
});

const COMMANDS: [what: string, script: string | undefined, told: RegExp][] = [
  ["that ends badly", "echo one; echo two >&2; exit 7", /status 7; it said: one \/ two/],
  ["that is killed", "kill -9 $$", /ended by SIGKILL/],
  ["that is not there", undefined, /no such program.*bench file/],
  [
    "that hangs with a child of its own",
    "echo begun; sleep 60 & wait",
    /did not end in time and was stopped; it said: begun/,
  ],
];
for (const [what, script, told] of COMMANDS)
  test(`a command ${what} is told with the end of what it said`, async () => {
    const program = script === undefined ? path.join(folder, "none") : writeProgram("plug", script);
    assert.match(
      await getFailure(
        createSwitches(createTools())
          .open(commandOf([program], 400))
          .set(true),
      ),
      told,
    );
  });
