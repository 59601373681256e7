// The very bundle on the double of the board, and Node as a phone on the network the trap opens: asks for names, is led to the page, sends
// the form, and the trap joins [PORTAL-1].
import * as dgram from "node:dgram";
import * as http from "node:http";
import * as net from "node:net";
import * as path from "node:path";
import * as assert from "uvu/assert";
import { type Identity, parseConsoleLine } from "#protocol";
import { ensureImage, type TrapImage } from "../../firmware/image/ensure-image.ts";
import { createSimClock, type SimClock } from "../../simulator/board/clock.ts";
import { createWorld } from "../../simulator/board/radio.ts";
import { createSimulatedTrap, type SimulatedTrap } from "../../simulator/trap.ts";
import { eventually } from "../support/eventually.ts";
import { suite } from "../support/suite.ts";

const test = suite("a trap's portal", { limitMs: 120_000, fileLimitMs: 300_000 });
const ROOT = path.resolve(import.meta.dirname, "../..");
const WIFI = { ssid: 'caf\xc3\xa9 "attic"', password: "cheese & crackers" };
const IDENTITY: Identity = {
  ...{ serial: "TL-PORTAL-4711", mac: "24:0a:c4:11:44:01", key: "7b".repeat(32), hardware: "esp32", kind: "snap" },
  ...{ host: "cloud.test", port: 3000 },
};

let firmware: TrapImage;
let trap: SimulatedTrap;
let clock: SimClock;

test.before(async () => {
  firmware = await ensureImage({ root: ROOT, outDir: path.join(ROOT, ".trapline", "firmware") });
});
test.before.each(() => {
  clock = createSimClock();
  trap = createSimulatedTrap({ ...firmware, identity: IDENTITY, clock, world: createWorld(WIFI), seed: 5 });
  trap.powerOn();
  clock.advance(3000);
});
test.after.each(() => trap?.stop());

/** Lets the trap's time go on in small steps until the host has brought what it waits for. */
async function whileTimePasses<T>(wanted: Promise<T>): Promise<T> {
  let isOver = false;
  const end = wanted.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    clock.advance(10);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return end;
}

function findPort(kind: "tcp" | "udp", port: number): Promise<number> {
  return eventually(() => trap.board.findHostPort(kind, port), { withinMs: 3000, because: `port ${port} is open` });
}

async function askName(query: Buffer): Promise<Buffer> {
  const port = await findPort("udp", 53);
  const socket = dgram.createSocket("udp4");
  const answer = new Promise<Buffer>((resolve) => socket.once("message", resolve));
  socket.send(query, port, "127.0.0.1");
  return whileTimePasses(answer.finally(() => socket.close()));
}

interface Page {
  status: number;
  location: string | undefined;
  body: string;
}

async function ask(method: string, at: string, form?: string): Promise<Page> {
  const port = await findPort("tcp", 80);
  const headers = { "user-agent": `Phone ${"x".repeat(700)}`, "content-type": "application/x-www-form-urlencoded" };
  const answer = new Promise<Page>((resolve, reject) => {
    const request = http.request({ host: "127.0.0.1", port, path: at, method, headers, agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (text: string) => {
        body += text;
      });
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, location: response.headers.location, body }),
      );
    });
    request.on("error", reject);
    request.end(form);
  });
  return whileTimePasses(answer);
}

const says = (name: string, field: string) =>
  trap
    .consoleLines()
    .map((entry) => parseConsoleLine(entry.line))
    .filter((line) => line?.name === name)
    .map((line) => line?.fields[field]);

test("a fresh trap opens its network under WPA2, and every name is there", async () => {
  const accessPoint = trap.board.accessPoint();
  assert.is(accessPoint?.ssid, "Trapline-4711");
  assert.is(accessPoint?.password.length, 10);
  const question = Buffer.from("abcd01000001000000000000076578616d706c6503636f6d0000010001", "hex");
  const answer = await askName(question);
  assert.is(answer.subarray(-4).join("."), "192.168.4.1");
  assert.equal(answer.subarray(0, 2), question.subarray(0, 2));
});

test("a phone is led to the page by its own check, names the Wi-Fi, and the trap is on it", async () => {
  for (const check of ["/generate_204", "/hotspot-detect.html", "/connecttest.txt", "/canonical.html"]) {
    const led = await ask("GET", check);
    assert.equal([led.status, led.location], [302, "http://192.168.4.1/"], check);
  }
  const page = await ask("GET", "/");
  assert.is(page.status, 200);
  assert.match(page.body, "<form method=post");
  assert.match(page.body, "TL-PORTAL-4711");
  const form = new URLSearchParams({ ssid: Buffer.from(WIFI.ssid, "latin1").toString("utf8"), pass: WIFI.password });
  const thanks = await ask("POST", "/", form.toString());
  assert.is(thanks.status, 200);
  assert.match(thanks.body, "now joins");
  clock.advance(5000);
  assert.is(trap.board.radioState(), "online");
  assert.is(trap.board.accessPoint(), undefined);
  assert.is(trap.board.findHostPort("tcp", 80), undefined, "nobody listens any more");
  trap.cutPower();
  trap.powerOn();
  clock.advance(5000);
  assert.is(trap.board.radioState(), "online", "it is kept");
});

test("on a battery the radio is told to sleep deeper [POWER-1]", () => {
  const readMode = () => {
    trap.board.console.type('print("mode " + require("Wifi").getStatus().powersave)\n');
    return trap.consoleLines().at(-1)?.line;
  };
  assert.is(readMode(), "mode max_modem");
  trap.setBatteryMv(0);
  clock.advance(20_000);
  assert.is(readMode(), "mode min_modem");
});

test("garbage and crowds on the ports change nothing, and a phone is served after them", async () => {
  const port = await findPort("tcp", 80);
  const crowd = Array.from({ length: 20 }, (_, i) => {
    const socket = net.connect(port, "127.0.0.1", () => socket.write(i % 2 ? "\x00\xff garbage\r\n\r\n" : "GET /half"));
    socket.on("error", () => undefined);
    return socket;
  });
  await whileTimePasses(Promise.all(crowd.map((socket) => new Promise((resolve) => socket.once("connect", resolve)))));
  for (let i = 0; i < 50; i++) {
    clock.advance(10);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.is((await ask("GET", "/")).status, 200);
  assert.is((await ask("POST", "/", "ssid=&pass=")).status, 400);
  trap.typeCommand("info");
  assert.ok(Number(says("health", "refusals").at(-1)) > 5, "they are counted");
  assert.is(says("health", "faults").at(-1), "0");
  assert.is(trap.board.radioState(), "off");
  for (const socket of crowd) socket.destroy();
});
