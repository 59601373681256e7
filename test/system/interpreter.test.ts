// The very bundle on the real interpreter, with the limits of an ESP32, against the real cloud: claimed by a code, sprung, updated. Its
// pins are read through a function that the test puts in their place; everything else is the firmware's own way.
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import * as assert from "uvu/assert";
import type { Identity } from "#protocol";
import { ensureImage } from "../../firmware/image/ensure-image.ts";
import { composeTrapImage } from "../../simulator/trap-image.ts";
import { createTestCloud, FACTORY_TOKEN, type TestCloud } from "../support/cloud.ts";
import { type EspruinoBoard, getEspruino, startEspruinoBoard } from "../support/espruino.ts";
import { eventually } from "../support/eventually.ts";
import { suite } from "../support/suite.ts";

const test = suite("the bundle on the real interpreter", { limitMs: 60_000 });
const ROOT = path.resolve(import.meta.dirname, "../..");
let folder: string | undefined;
let cloud: TestCloud | undefined;
let board: EspruinoBoard | undefined;

test.after(async () => {
  await board?.stop();
  await cloud?.stop();
  if (folder) await fs.rm(folder, { recursive: true, force: true });
});

const KNOWN = {
  serialNumber: "TL-SILICON-1",
  macAddress: "24:0a:c4:33:33:33",
  key: "5a".repeat(32),
  hardware: "esp32",
  kind: "live-catch",
} as const;

function createIdentity(cloudAddress: string): Identity {
  const { serialNumber: serial, macAddress: mac, ...rest } = KNOWN;
  return { serial, mac, ...rest, host: "127.0.0.1", port: Number(new URL(cloudAddress).port) };
}

test("it is claimed, raises its alert and proves an update, within 2,500 variables [BUNDLE-1] [UPDATE-1]", async () => {
  const interpreter = getEspruino();
  folder = await fs.mkdtemp(path.join(os.tmpdir(), "trapline-interpreter-"));
  const outDir = path.join(ROOT, ".trapline", "firmware");
  const first = await ensureImage({ root: ROOT, outDir, version: "1.0.0", counter: 1 });
  const next = await ensureImage({ root: ROOT, outDir, version: "1.0.1", counter: 2 });
  cloud = await createTestCloud({ config: { firmwareKeys: [Buffer.from(first.publicKey).toString("hex")] } });
  const { ask, httpAddress } = cloud;
  const { token } = await cloud.createOwner();
  assert.is((await ask({ url: "/api/v1/factory/devices", as: FACTORY_TOKEN, body: KNOWN })).status, 201);
  const { code } = (await ask({ url: "/api/v1/claim-codes", as: token, body: { deviceName: "Attic" } })).json;
  const device = path.join(folder, "device");
  await fs.mkdir(device);
  const image = composeTrapImage(createIdentity(httpAddress), first);
  await fs.writeFile(path.join(device, "espruino.flash"), image);

  const running = startEspruinoBoard(interpreter, device);
  board = running;
  const says = (text: string) =>
    eventually(
      () => {
        if (running.lines.some((line) => line.includes(text))) return true;
        throw new Error(running.lines.slice(-12).join("\n"));
      },
      { withinMs: 25_000, because: `the interpreter prints "${text}"` },
    );
  await says("trap state=armed");
  running.send(`TL("claim code=${code}")`);
  await says("session state=online");
  const readDevice = async () => (await ask({ url: "/api/v1/devices", as: token })).json.devices[0];
  const claimed = await readDevice();
  assert.is(claimed?.firmwareSha256, first.sha256, "the interpreter hashes what it runs");

  running.send('global["digitalRead"]=function(){return 1}');
  await says("trap state=sprung");
  const alert = await eventually(async () => (await ask({ url: "/api/v1/alerts", as: token })).json.alerts[0], {
    withinMs: 10_000,
    because: "the alert is there",
  });
  assert.is(alert.type, "sprung");

  const { firmware } = (await ask({ url: "/api/v1/firmware", as: token, body: Buffer.from(next.signedFile) })).json;
  await ask({ url: `/api/v1/devices/${claimed?.id}/updates`, as: token, body: { firmwareId: firmware.id } });
  await says("version=1.0.1");
  await eventually(async () => (await readDevice())?.firmwareSha256 === next.sha256, {
    withinMs: 20_000,
    because: "the trap reports the new bytes",
  });
  const { updates } = (await ask({ url: `/api/v1/devices/${claimed?.id}/updates`, as: token })).json;
  assert.is(updates[0]?.status, "booted");
  assert.not(
    running.lines.some((line) => line.includes("OUT OF MEMORY")),
    "it never ran out of memory",
  );
});
