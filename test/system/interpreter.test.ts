// The composed image on the real interpreter, with the limits of an ESP32, against the real cloud: booted by its loader, claimed by a code,
// sprung, updated, and taken back from an update that cannot start. Its pins are read through a function that the test puts in their place;
// everything else is the firmware's own way.
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import * as assert from "uvu/assert";
import { CODE_UPDATE_ROLLED_BACK, type Identity } from "#protocol";
import { ensureDevelopmentKey } from "../../firmware/image/development-key.ts";
import { ensureImage, ensureSigned } from "../../firmware/image/ensure-image.ts";
import { composeTrapImage } from "../../simulator/trap-image.ts";
import { createTestCloud, FACTORY_TOKEN, type TestCloud } from "../support/cloud.ts";
import { type EspruinoBoard, getEspruino, startEspruinoBoard } from "../support/espruino.ts";
import { eventually } from "../support/eventually.ts";
import { suite } from "../support/suite.ts";

const test = suite("the bundle on the real interpreter", { limitMs: 300_000, fileLimitMs: 300_000 });
const ROOT = path.resolve(import.meta.dirname, "../..");
const IMAGE_FOLDER = path.join(ROOT, ".trapline", "firmware");
/** A firmware that is signed and worth nothing. */
const CRASHING = 'print("TL 0 boot version=9.9.9");throw new Error("no start")';
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

/** One trap on the interpreter, its cloud, and what may be asked of both. */
async function createScene() {
  const interpreter = getEspruino();
  const options = { root: ROOT, outDir: IMAGE_FOLDER };
  const first = await ensureImage({ ...options, version: "1.0.0", counter: 1 });
  const next = await ensureImage({ ...options, version: "1.0.1", counter: 2 });
  const key = await ensureDevelopmentKey(IMAGE_FOLDER);
  const wish = { bundle: Buffer.from(CRASHING), version: "9.9.9", counter: 3, key, folder: IMAGE_FOLDER };
  const crashing = await ensureSigned(wish);
  folder = await fs.mkdtemp(path.join(os.tmpdir(), "trapline-interpreter-"));
  cloud = await createTestCloud({ config: { firmwareKeys: [Buffer.from(key.publicKey).toString("hex")] } });
  const { ask, httpAddress } = cloud;
  const { token } = await cloud.createOwner();
  assert.is((await ask({ url: "/api/v1/factory/devices", as: FACTORY_TOKEN, body: KNOWN })).status, 201);
  const { code } = (await ask({ url: "/api/v1/claim-codes", as: token, body: { deviceName: "Attic" } })).json;
  await fs.writeFile(path.join(folder, "espruino.flash"), composeTrapImage(createIdentity(httpAddress), first));
  const running = startEspruinoBoard(interpreter, folder);
  board = running;
  let heard = 0;
  /** Waits for a line behind those that were waited for before. */
  const says = async (text: string, withinMs = 40_000) => {
    const at = await eventually(
      () => {
        const found = running.lines.findIndex((line, index) => index >= heard && line.includes(text));
        if (found >= 0) return found + 1;
        throw new Error(running.lines.slice(-12).join("\n"));
      },
      { withinMs, because: `the interpreter prints "${text}"` },
    );
    heard = at;
  };
  const tellMemory = async (about: string) => {
    running.send(`print("memory "+process.memory().usage+" ${about}")`);
    await says(about);
  };
  const readDevice = async () => (await ask({ url: "/api/v1/devices", as: token })).json.devices[0];
  const runs = (sha256: string) =>
    eventually(async () => (await readDevice())?.firmwareSha256 === sha256 && (await readDevice())?.online === true, {
      withinMs: 40_000,
      because: "the trap reports the bytes it runs",
    });
  const offer = async (file: Uint8Array) => {
    const published = await ask({ url: "/api/v1/firmware", as: token, body: Buffer.from(file) });
    assert.is(published.status, 201, published.text);
    const { id: firmwareId } = published.json.firmware;
    const url = `/api/v1/devices/${(await readDevice())?.id}/updates`;
    assert.is((await ask({ url, as: token, body: { firmwareId } })).status, 201);
  };
  const findUpdate = async () =>
    (await ask({ url: `/api/v1/devices/${(await readDevice())?.id}/updates`, as: token })).json.updates[0];
  return { running, says, tellMemory, readDevice, runs, offer, findUpdate, ask, token, code, first, next, crashing };
}

type Scene = Awaited<ReturnType<typeof createScene>>;
let scene: Scene | undefined;

test("it is claimed, raises its alert and proves an update, within 2,500 variables [BUNDLE-1] [UPDATE-1]", async () => {
  scene = await createScene();
  const { running, says, tellMemory, runs, offer, findUpdate, ask, token, code, first, next } = scene;
  await says("loader slot=a trial=false code=0");
  await says("trap state=armed");
  await tellMemory("armed");
  running.send(`TL("claim code=${code}")`);
  await says("session state=online");
  await runs(first.sha256);
  await tellMemory("online");

  running.send('global["digitalRead"]=function(){return 1}');
  await says("trap state=sprung");
  const alert = await eventually(async () => (await ask({ url: "/api/v1/alerts", as: token })).json.alerts[0], {
    withinMs: 10_000,
    because: "the alert is there",
  });
  assert.is(alert.type, "sprung");

  await offer(next.signedFile);
  await says("update phase=verified");
  await says("loader slot=b trial=true code=0");
  await says("version=1.0.1");
  await says("update phase=confirmed");
  await runs(next.sha256);
  await tellMemory("updated");
  assert.is((await findUpdate())?.status, "booted");
});

test("a firmware that cannot start is tried three times and gone back from, and the cloud hears why [UPDATE-5]", async () => {
  getEspruino();
  if (scene === undefined) throw new Error("there is no trap to go on with");
  const { running, says, runs, offer, findUpdate, next, crashing } = scene;
  await offer(crashing);
  await says("update phase=verified");
  for (let boot = 1; boot <= 3; boot++) {
    await says("loader slot=a trial=true code=0");
    await says("no start");
  }
  await says(`loader slot=b trial=false code=${CODE_UPDATE_ROLLED_BACK}`);
  await says(`update phase=refused code=${CODE_UPDATE_ROLLED_BACK}`);
  await runs(next.sha256);
  const end = await eventually(async () => ((await findUpdate())?.code ? findUpdate() : undefined), {
    withinMs: 10_000,
    because: "the cloud has heard why",
  });
  assert.equal([end?.status, end?.code], ["failed", CODE_UPDATE_ROLLED_BACK]);
  for (const line of running.lines) if (line.startsWith("memory ")) console.log(line);
  const trouble = running.lines.filter((line) => /OUT OF MEMORY|LOW_MEMORY|STACK|interrupted/.test(line));
  assert.equal(trouble, [], "it never ran out of memory or stack");
});
