// Updates that must not work, whole: the very loader and bundle on the double of the board, the real cloud. Firmware that crashes is taken
// back by the trap itself, and what the trap's own key has not signed is refused even if the cloud was made to publish it.
import { randomBytes } from "node:crypto";
import * as path from "node:path";
import * as assert from "uvu/assert";
import { CODE_UPDATE_ROLLED_BACK, CODE_UPDATE_UNSIGNED, type Identity } from "#protocol";
import { ensureDevelopmentKey } from "../../firmware/image/development-key.ts";
import { ensureImage, ensureSigned, type TrapImage } from "../../firmware/image/ensure-image.ts";
import { createWallClock } from "../../simulator/board/clock.ts";
import { createWorld } from "../../simulator/board/radio.ts";
import { createSimulatedTrap, type SimulatedTrap } from "../../simulator/trap.ts";
import { createTestCloud, FACTORY_TOKEN, itemAt, type Owner, type TestCloud } from "../support/cloud.ts";
import { eventually } from "../support/eventually.ts";
import { readSigned, SIGNERS } from "../support/signed-firmware.ts";
import { suite } from "../support/suite.ts";

const test = suite("updates that must not work", { limitMs: 120_000, fileLimitMs: 300_000 });
/** The trap lives this much faster. */
const SPEED = 20;
const WAIT_MS = 30_000;
const WIFI = { ssid: "home", password: "sweet home" };
const ROOT = path.resolve(import.meta.dirname, "../..");
const IMAGE_FOLDER = path.join(ROOT, ".trapline", "firmware");
/** It runs, and at once no more. */
const CRASHING = Buffer.from('throw new Error("not today");\n');

let image: TrapImage;
let crashing: Uint8Array;
let cloud: TestCloud;
let owner: Owner;
let trap: SimulatedTrap;
let deviceId = "";

test.before(async () => {
  image = await ensureImage({ root: ROOT, outDir: IMAGE_FOLDER });
  const key = await ensureDevelopmentKey(IMAGE_FOLDER);
  const told = { version: "9.9.9-crashing", counter: image.counter + 1 };
  crashing = await ensureSigned({ bundle: CRASHING, key, folder: IMAGE_FOLDER, ...told });
  const firmwareKeys = [Buffer.from(image.publicKey).toString("hex"), SIGNERS.first];
  cloud = await createTestCloud({ config: { firmwareKeys } });
});
test.after(() => cloud?.stop());

/** Claimed, online and armed. */
test.before.each(async () => {
  owner = await cloud.createOwner();
  const { hostname, port } = new URL(cloud.httpAddress);
  const chance = randomBytes(4).toString("hex");
  const identity: Identity = {
    ...{
      serial: `TL-UPDATE-${chance.toUpperCase()}`,
      mac: `24:0a:c4:${chance.slice(0, 6).replaceAll(/..(?=.)/g, "$&:")}`,
    },
    ...{ key: chance.repeat(8), hardware: "esp32", kind: "live-catch", host: hostname, port: Number(port) },
  };
  const { serial, mac, key, hardware, kind } = identity;
  const body = { serialNumber: serial, macAddress: mac, key, hardware, kind };
  assert.is((await cloud.ask({ url: "/api/v1/factory/devices", as: FACTORY_TOKEN, body })).status, 201);
  const clock = createWallClock({ speed: SPEED });
  trap = createSimulatedTrap({ ...image, identity, clock, world: createWorld(WIFI), seed: 7 });
  trap.powerOn();
  await seen("boot", () => heard("boot "));
  trap.typeCommand(`wifi ssid="${WIFI.ssid}" pass="${WIFI.password}"`);
  trap.setPlunger();
  trap.pressButton(6_000);
  await seen("an open claiming window", () => heard("status=open"));
  const claim = { url: "/api/v1/claiming/claims", as: owner.token, body: { serialNumber: serial, name: "Loft" } };
  const claimed = await cloud.ask(claim);
  assert.is(claimed.status, 201, claimed.text);
  deviceId = claimed.json.device.id;
  await seen("the trap online", isOnline);
});
test.after.each(() => trap?.stop());

const heard = (text: string): boolean => trap.consoleLines().some(({ line }) => line.includes(text));

async function seen(what: string, probe: () => boolean | Promise<boolean>): Promise<void> {
  const lastLines = (): string =>
    trap
      .consoleLines()
      .slice(-12)
      .map(({ line }) => line)
      .join("\n");
  const isThere = async (): Promise<boolean> => {
    if (await probe()) return true;
    throw new Error(lastLines());
  };
  await eventually(isThere, { withinMs: WAIT_MS, because: `there is ${what}` });
}

const readDevice = async () => (await cloud.ask({ url: `/api/v1/devices/${deviceId}`, as: owner.token })).json.device;
const isOnline = async () => (await readDevice()).online === true;
const readUpdate = async () =>
  itemAt((await cloud.ask({ url: `/api/v1/devices/${deviceId}/updates`, as: owner.token })).json.updates);

async function offer(file: Uint8Array): Promise<void> {
  const published = await cloud.ask({ url: "/api/v1/firmware", as: owner.token, body: Buffer.from(file) });
  assert.is(published.status, 201, published.text);
  const body = { firmwareId: published.json.firmware.id };
  const offered = await cloud.ask({ url: `/api/v1/devices/${deviceId}/updates`, as: owner.token, body });
  assert.is(offered.status, 201, offered.text);
}

/** Nothing is lost to the owner: the trap runs what it ran before, and a spring is an alert. */
async function assertAlive(): Promise<void> {
  await seen("the trap online again", isOnline);
  assert.is((await readDevice()).firmwareSha256, image.sha256);
  await seen("an armed trap", async () => (await readDevice()).trapState === "armed");
  trap.spring();
  await seen("its alert", async () => {
    const { alerts } = (await cloud.ask({ url: "/api/v1/alerts", as: owner.token })).json;
    return alerts.some((alert) => alert.type === "sprung");
  });
}

test("firmware that crashes at every start is given up after three, by the trap itself, and the cloud tells why", async () => {
  await offer(crashing);
  await seen(
    "an end of the update",
    async () => (await readUpdate()).status === "failed" && (await readUpdate()).code !== null,
  );
  assert.is((await readUpdate()).code, CODE_UPDATE_ROLLED_BACK);
  const trials = trap.consoleLines().filter(({ line }) => line.includes("loader") && line.includes("trial=true"));
  assert.is(trials.length, 3, "three starts were tried");
  await assertAlive();
});

test("a cloud that was made to trust a stranger's key publishes for nobody: the trap believes its own alone", async () => {
  await offer(readSigned("usual").file);
  await seen("an end of the update", async () => (await readUpdate()).status === "refused");
  assert.is((await readUpdate()).code, CODE_UPDATE_UNSIGNED);
  assert.not.ok(
    trap.consoleLines().some(({ line }) => line.includes("trial=true")),
    "it was never run",
  );
  await assertAlive();
});
