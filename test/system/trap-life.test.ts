// A trap's life with its owners, whole: the very bundle on the double of the board, the real cloud, its broker and its database. What
// each part promises alone is tested beside it; here they must keep it together.
import * as path from "node:path";
import * as assert from "uvu/assert";
import { displayClaimCode, type Identity, parseConsoleLine } from "#protocol";
import { ensureImage, type TrapImage } from "../../firmware/image/ensure-image.ts";
import { createWallClock } from "../../simulator/board/clock.ts";
import { createWorld, type World } from "../../simulator/board/radio.ts";
import { createSimulatedTrap, type SimulatedTrap } from "../../simulator/trap.ts";
import { createTestCloud, FACTORY_TOKEN, type Owner, type TestCloud } from "../support/cloud.ts";
import { eventually } from "../support/eventually.ts";
import { suite } from "../support/suite.ts";

const test = suite("a trap's life", { limitMs: 40_000 });
/** The trap lives this much faster, so that a press of ten seconds takes half of one. */
const SPEED = 20;
const WAIT_MS = 8_000;
const WIFI = { ssid: "home", password: "sweet home" };
const ROOT = path.resolve(import.meta.dirname, "../..");
/** Where it is kept, since signing takes seconds. */
const IMAGE_FOLDER = path.join(ROOT, ".trapline", "firmware");

let firmware: TrapImage;
let cloud: TestCloud;
let owner: Owner;
let world: World;
let trap: SimulatedTrap;
let count = 0;

test.before(async () => {
  firmware = await ensureImage({ root: ROOT, outDir: IMAGE_FOLDER });
  cloud = await createTestCloud();
});
test.after(async () => {
  await cloud?.stop();
});

/** A trap fresh from the flashing host, with power and Wi-Fi, owned by nobody. */
test.before.each(async () => {
  owner = await cloud.createOwner();
  count++;
  const { hostname, port } = new URL(cloud.httpAddress);
  const identity: Identity = {
    serial: `TL-LIFE-${count}`,
    mac: `24:0a:c4:11:22:${(16 + count).toString(16)}`,
    key: count.toString(16).padStart(2, "0").repeat(32),
    hardware: "esp32",
    kind: "live-catch",
    host: hostname,
    port: Number(port),
  };
  const { serial, mac, key, hardware, kind } = identity;
  const body = { serialNumber: serial, macAddress: mac, key, hardware, kind };
  assert.is((await cloud.ask({ url: "/api/v1/factory/devices", as: FACTORY_TOKEN, body })).status, 201);
  world = createWorld(WIFI);
  trap = createSimulatedTrap({ ...firmware, identity, clock: createWallClock({ speed: SPEED }), world, seed: count });
  trap.powerOn();
  await said("boot");
  trap.typeCommand(`wifi ssid="${WIFI.ssid}" pass="${WIFI.password}"`);
});
test.after.each(() => trap?.stop());

/** Wait until the trap has printed such a line, after the first `skip` lines. */
async function said(name: string, fields: Record<string, string> = {}, skip = 0): Promise<void> {
  const isIt = (line: string): boolean => {
    const parsed = parseConsoleLine(line);
    return parsed?.name === name && Object.entries(fields).every(([key, value]) => parsed.fields[key] === value);
  };
  const probe = (): boolean => {
    const lines = trap.consoleLines().filter((entry) => entry.number > skip);
    if (lines.some((entry) => isIt(entry.line))) return true;
    throw new Error(
      lines
        .slice(-12)
        .map((entry) => entry.line)
        .join("\n"),
    );
  };
  await eventually(probe, { withinMs: WAIT_MS, because: `the trap says ${name} ${JSON.stringify(fields)}` });
}

/** How many lines it has printed so far. */
const heard = (): number => trap.consoleLines().at(-1)?.number ?? 0;

async function claimByButton(as: Owner): Promise<string> {
  trap.pressButton(6_000);
  await said("claim", { status: "open" }, heard());
  const { serial } = trap.identity;
  const claimed = await cloud.ask({
    url: "/api/v1/claiming/claims",
    as: as.token,
    body: { serialNumber: serial, name: "Loft" },
  });
  assert.is(claimed.status, 201, claimed.text);
  await online(as, claimed.json.device.id);
  return claimed.json.device.id;
}

const readDevice = async (as: Owner, id: string) =>
  (await cloud.ask({ url: `/api/v1/devices/${id}`, as: as.token })).json.device;
const readEvents = async (as: Owner, id: string) =>
  (await cloud.ask({ url: `/api/v1/devices/${id}/events`, as: as.token })).json.events;
const readAlerts = async (as: Owner) => (await cloud.ask({ url: "/api/v1/alerts", as: as.token })).json.alerts;

async function online(as: Owner, id: string): Promise<void> {
  await eventually(async () => (await readDevice(as, id))?.online === true, {
    withinMs: WAIT_MS,
    because: "the cloud sees the trap online",
  });
}

async function armed(as: Owner, id: string): Promise<void> {
  await eventually(async () => (await readDevice(as, id)).trapState === "armed", {
    withinMs: WAIT_MS,
    because: "the cloud knows that the trap is armed",
  });
}

test("a code that was made beforehand claims the trap that is told it, once [CLAIM-7]", async () => {
  const made = await cloud.ask({ url: "/api/v1/claim-codes", as: owner.token, body: { deviceName: "Cellar" } });
  assert.is(made.status, 201, made.text);
  const { code } = made.json;
  trap.typeCommand(`claim code=${displayClaimCode(code)}`);
  await said("claim", { status: "ready" });
  const { devices } = (await cloud.ask({ url: "/api/v1/devices", as: owner.token })).json;
  assert.equal(
    devices.map((device) => [device.name, device.serialNumber]),
    [["Cellar", trap.identity.serial]],
  );
  await online(owner, devices[0]?.id ?? "");
});

test("released, it is cut off at once, forgets its owner, and belongs to the next who claims it [CLAIM-6]", async () => {
  const first = await claimByButton(owner);
  const from = heard();
  assert.is((await cloud.ask({ url: `/api/v1/devices/${first}/release`, as: owner.token, body: {} })).status, 204);
  await said("claim", { status: "released" }, from);
  const next = await cloud.createOwner();
  const second = await claimByButton(next);
  assert.is.not(second, first, "another owner, another past");
  assert.is((await cloud.ask({ url: `/api/v1/devices/${second}`, as: owner.token })).status, 404);
});

test("reset by its button, it is free on both sides, and can be claimed anew [BUTTON-1]", async () => {
  const first = await claimByButton(owner);
  const from = heard();
  trap.pressButton(14_000);
  await eventually(async () => (await readDevice(owner, first)) === undefined, {
    withinMs: WAIT_MS,
    because: "the cloud hears of the reset",
  });
  await eventually(() => trap.getState().button === "up", { withinMs: WAIT_MS, because: "the button is let go" });
  await said("boot", {}, from);
  trap.typeCommand(`wifi ssid="${WIFI.ssid}" pass="${WIFI.password}"`);
  const next = await cloud.createOwner();
  await claimByButton(next);
});

test("power lost right after the spring loses no alert, and makes no second one [OUTBOX-1] [TRAP-1]", async () => {
  const id = await claimByButton(owner);
  await armed(owner, id);
  world.setUp(false);
  const from = heard();
  trap.spring();
  await said("event", { kind: "sprung" }, from);
  trap.cutPower();
  world.setUp(true);
  trap.powerOn();
  await eventually(async () => (await readAlerts(owner)).length === 1, {
    withinMs: WAIT_MS,
    because: "the alert arrives after the power is back",
  });
  const sprung = (await readEvents(owner, id)).filter((event) => event.kind === "sprung");
  assert.is(sprung.length, 1);
  assert.is(sprung[0]?.exact, false, "the trap cannot know how long it was without power [EVENT-2]");
});

test("sprung while it had no power, it says so at its next boot [TRAP-2]", async () => {
  const id = await claimByButton(owner);
  await armed(owner, id);
  trap.cutPower();
  trap.spring();
  trap.powerOn();
  await eventually(async () => (await readAlerts(owner)).some((alert) => alert.type === "sprung"), {
    withinMs: WAIT_MS,
    because: "the alert arrives after the boot",
  });
  const [sprung] = (await readEvents(owner, id)).filter((event) => event.kind === "sprung");
  assert.is(sprung?.exact, false);
  assert.ok(sprung && sprung.occurredEarliest < sprung.occurredLatest, "an interval, not a moment");
});

test("a shudder that is over before it is confirmed raises no alarm [TRAP-3]", async () => {
  const id = await claimByButton(owner);
  await armed(owner, id);
  const configured = await cloud.ask({
    method: "PUT",
    url: `/api/v1/devices/${id}/config`,
    as: owner.token,
    body: { telemetryS: 600, confirmMs: 1000, armDelayMs: 2000, buzzer: true },
  });
  assert.is(configured.status, 200, configured.text);
  await eventually(async () => (await readDevice(owner, id)).config.reported?.confirmMs === 1000, {
    withinMs: WAIT_MS,
    because: "the trap has the configuration in force",
  });
  trap.spring();
  trap.setPlunger();
  await eventually(async () => (await readEvents(owner, id)).some((event) => event.kind === "false-trigger"), {
    withinMs: WAIT_MS,
    because: "the false trigger is told",
  });
  assert.equal(await readAlerts(owner), []);
});

const rotate = async (as: Owner, id: string) =>
  assert.is((await cloud.ask({ method: "POST", url: `/api/v1/devices/${id}/credentials`, as: as.token })).status, 204);

/** It has spoken since, and a spring is an alert. */
async function assertAlive(as: Owner, id: string): Promise<void> {
  await online(as, id);
  await armed(as, id);
  trap.spring();
  await eventually(async () => (await readAlerts(as)).some((alert) => alert.type === "sprung"), {
    withinMs: WAIT_MS,
    because: "a spring is an alert",
  });
}

test("its credentials are changed under it, and it fetches the new ones by itself, again and again [CLAIM-8]", async () => {
  const id = await claimByButton(owner);
  for (let round = 0; round < 2; round++) {
    const from = heard();
    await rotate(owner, id);
    await said("claim", { status: "ready" }, from);
    await online(owner, id);
  }
  await assertAlive(owner, id);
});

test("without power while its credentials are changed, it comes back by itself [CLAIM-8]", async () => {
  const id = await claimByButton(owner);
  trap.cutPower();
  await rotate(owner, id);
  await rotate(owner, id);
  const from = heard();
  trap.powerOn();
  await said("claim", { status: "ready" }, from);
  await assertAlive(owner, id);
});

test("power lost as it has been given new credentials, it has them, or asks again [CLAIM-8] [STORE-1]", async () => {
  const id = await claimByButton(owner);
  const from = heard();
  await rotate(owner, id);
  await said("claim", { status: "ready" }, from);
  trap.cutPower();
  trap.powerOn();
  await assertAlive(owner, id);
});
