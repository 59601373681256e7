// The portal of the very bundle on the real interpreter, with an ESP32's memory: its own sockets and datagrams, and a driver of Wi-Fi that
// stands in its Storage, since a host has none. Phones in parallel and a crowd that sends garbage must fit into what is there [PORTAL-1].
import * as dgram from "node:dgram";
import * as fs from "node:fs/promises";
import * as http from "node:http";
import * as net from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import * as assert from "uvu/assert";
import type { Identity } from "#protocol";
import { ensureImage } from "../../firmware/image/ensure-image.ts";
import { composeTrapImage } from "../../simulator/trap-image.ts";
import { type EspruinoBoard, getEspruino, installOnEspruino, startEspruinoBoard } from "../support/espruino.ts";
import { eventually } from "../support/eventually.ts";
import { skip, suite } from "../support/suite.ts";

const test = suite("the portal on the real interpreter", { limitMs: 90_000, fileLimitMs: 300_000 });
const ROOT = path.resolve(import.meta.dirname, "../..");
const HOST = "127.0.0.1";
const IDENTITY: Identity = {
  ...{ serial: "TL-SILICON-7", mac: "24:0a:c4:33:33:37", key: "5a".repeat(32), hardware: "esp32", kind: "snap" },
  ...{ host: HOST, port: 9 },
};
/** What the bundle asks of the ESP32's driver, told on the console. */
const WIFI = `
exports.on = function () {};
exports.startAP = function (ssid, o, cb) { print("AP " + ssid + " " + o.authMode + " " + o.password.length); setTimeout(cb, 50, null); };
exports.stopAP = function () { print("AP off"); };
exports.scan = function (cb) { cb([]); };
exports.connect = function (ssid, o, cb) { print("JOIN " + o.password); setTimeout(cb, 300, null); };
exports.disconnect = function () {};
exports.getStatus = function () { return { station: "off" }; };
exports.setConfig = function () {};
`;

let folder: string | undefined;
let board: EspruinoBoard | undefined;
test.after(async () => {
  await board?.stop();
  if (folder) await fs.rm(folder, { recursive: true, force: true });
});

/** The portal's ports are fixed, and not everybody may have them. */
async function checkPorts(): Promise<void> {
  const server = net.createServer();
  const socket = dgram.createSocket("udp4");
  try {
    await new Promise<void>((resolve, reject) => server.once("error", reject).listen(80, resolve));
    await new Promise<void>((resolve, reject) => socket.once("error", reject).bind(53, resolve));
  } catch (error) {
    skip(`ports 80 and 53 are not to be had here: ${String(error)}`);
  } finally {
    server.close();
    socket.close();
  }
}

function ask(method: string, at: string, form?: string): Promise<string> {
  const headers = { "user-agent": `Phone ${"x".repeat(700)}`, ...(form ? { "content-length": form.length } : {}) };
  return new Promise((resolve, reject) => {
    const request = http.request({ host: HOST, port: 80, path: at, method, headers, agent: false }, (response) => {
      let text = `${response.statusCode} ${response.headers.location ?? ""}`;
      response.on("data", (data) => {
        text += data;
      });
      response.on("end", () => resolve(text));
    });
    request.on("error", reject);
    request.end(form);
  });
}

function askName(): Promise<string> {
  const socket = dgram.createSocket("udp4");
  const answer = new Promise<Buffer>((resolve) => socket.once("message", resolve));
  socket.send(Buffer.from("abcd01000001000000000000076578616d706c6503636f6d0000010001", "hex"), 53, HOST);
  return answer.then((bytes) => bytes.subarray(-4).join(".")).finally(() => socket.close());
}

test("names, page, a crowd and the form, within 2,500 variables", async () => {
  const interpreter = getEspruino();
  await checkPorts();
  folder = await fs.mkdtemp(path.join(os.tmpdir(), "trapline-portal-"));
  const image = await ensureImage({ root: ROOT, outDir: path.join(ROOT, ".trapline", "firmware") });
  await fs.writeFile(path.join(folder, "espruino.flash"), composeTrapImage(IDENTITY, image));
  await installOnEspruino(interpreter, folder, { Wifi: WIFI });
  const running = startEspruinoBoard(interpreter, folder);
  board = running;
  const says = (text: string) =>
    eventually(() => running.lines.find((line) => line.includes(text)), { withinMs: 20_000, because: `"${text}"` });

  await says("portal ssid=Trapline-ON-7");
  assert.ok(running.lines.includes("AP Trapline-ON-7 wpa2 10"));
  assert.is(await askName(), "192.168.4.1");
  assert.match(await ask("GET", "/generate_204"), /^302 http:\/\/192\.168\.4\.1\//);
  for (const page of await Promise.all([1, 2, 3].map(() => ask("GET", "/")))) assert.match(page, "<form method=post");
  const crowd = Array.from({ length: 12 }, (_, i) => {
    const socket = net.connect(80, HOST, () => socket.write(i % 2 ? "\x00\xff garbage\r\n\r\n" : "GET /half"));
    return socket.on("error", () => undefined);
  });
  await Promise.all(
    crowd.map((socket) => new Promise((resolve) => socket.once("close", resolve).once("connect", resolve))),
  );
  assert.match(await ask("GET", "/"), "<form method=post");
  for (const socket of crowd) socket.destroy();
  assert.match(await ask("POST", "/", "ssid=attic&pass=cheese+%26+crackers"), "now joins attic");
  await says("JOIN cheese & crackers");
  await says("link state=joined");
  assert.ok(running.lines.includes("AP off"));
  assert.not(
    running.lines.some((line) => line.includes("OUT OF MEMORY") || line.includes("restart")),
    running.lines.join("\n"),
  );
});
