// Owns the scene of every attack: the real cloud, the very firmware on the double of the board, claimed, armed and online, and between the
// two, on MQTT and on HTTP, whoever attacks. What is asked afterwards is asked of the cloud's doors and of the trap's console.
import { randomBytes } from "node:crypto";
import * as path from "node:path";
import * as assert from "uvu/assert";
import { displayClaimCode, type Identity, parseConsoleLine } from "#protocol";
import { ensureImage, type TrapImage } from "../../firmware/image/ensure-image.ts";
import { createWallClock } from "../../simulator/board/clock.ts";
import { createWorld } from "../../simulator/board/radio.ts";
import { createSimulatedTrap, type SimulatedTrap } from "../../simulator/trap.ts";
import { type AnswerBody, createTestCloud, FACTORY_TOKEN, type Owner, type TestCloud } from "../support/cloud.ts";
import { eventually } from "../support/eventually.ts";
import type { DeviceCredentials } from "../support/mqtt.ts";
import { type Front, startFront } from "./front.ts";
import { HONEST, type Middle, overhearConnect, startMiddle } from "./middle.ts";

/** The trap lives this much faster. */
const SPEED = 20;
const WAIT_MS = 12_000;
const WIFI = { ssid: "home", password: "sweet home" };
const ROOT = path.resolve(import.meta.dirname, "../..");
const IMAGE_FOLDER = path.join(ROOT, ".trapline", "firmware");

export interface Scene {
  cloud: TestCloud;
  owner: Owner;
  middle: Middle;
  front: Front;
  /** A new trap, claimed, armed and online through both men in the middle, who are honest so far. */
  begin(): Promise<Victim>;
  stop(): Promise<void>;
}

export interface Victim {
  trap: SimulatedTrap;
  /** As its owner and the cloud know it, the key included. */
  known: DeviceCredentials & { key: string };
  /** How many lines it has printed so far. */
  heard(): number;
  /** Wait until it has printed such a line, after the first `skip` lines. */
  said(name: string, fields: Record<string, string>, skip?: number): Promise<void>;
  /** How often it has refused a message or an order since the line `skip`. */
  countRefused(skip?: number): number;
  read(): Promise<AnswerBody["device"]>;
  events(): Promise<AnswerBody["events"]>;
  alerts(): Promise<AnswerBody["alerts"]>;
  /** Everybody is honest again; the trap is online anew after the line `skip`, or is still. */
  recover(): Promise<void>;
}

export async function createScene(): Promise<Scene> {
  const firmware = await ensureImage({ root: ROOT, outDir: IMAGE_FOLDER });
  const [middle, front] = [await startMiddle(), await startFront()];
  const cloud = await createTestCloud({ config: { publicMqttHost: "127.0.0.1", publicMqttPort: middle.port } });
  middle.target = cloud.mqttPort;
  front.target = cloud.httpAddress;
  const owner = await cloud.createOwner();
  const traps: SimulatedTrap[] = [];
  const scene: Scene = {
    cloud,
    owner,
    middle,
    front,
    async begin() {
      for (const trap of traps.splice(0)) trap.stop();
      makeHonest(scene);
      const victim = await createVictim(scene, firmware, traps);
      return victim;
    },
    async stop() {
      for (const trap of traps) trap.stop();
      await Promise.all([middle.stop(), front.stop()]);
      await cloud.stop();
    },
  };
  return scene;
}

function makeHonest({ middle, front }: Scene): void {
  middle.cut();
  middle.seen.length = 0;
  middle.rule = HONEST;
  middle.fake = null;
  front.seen.length = 0;
  front.forge = () => null;
}

let count = 0;

async function createVictim(scene: Scene, firmware: TrapImage, traps: SimulatedTrap[]): Promise<Victim> {
  const { cloud, owner, front, middle } = scene;
  count += 1;
  const identity: Identity = {
    serial: `TL-VICTIM-${count}`,
    mac: `24:0a:c4:77:22:${(16 + count).toString(16)}`,
    key: randomBytes(32).toString("hex"),
    hardware: "esp32",
    kind: "live-catch",
    host: "127.0.0.1",
    port: front.port,
  };
  const { serial, mac, key, hardware, kind } = identity;
  const body = { serialNumber: serial, macAddress: mac, key, hardware, kind };
  assert.is((await cloud.ask({ url: "/api/v1/factory/devices", as: FACTORY_TOKEN, body })).status, 201);
  const clock = createWallClock({ speed: SPEED });
  const trap = createSimulatedTrap({ ...firmware, identity, clock, world: createWorld(WIFI), seed: count });
  traps.push(trap);
  const watched = watchConsole(trap);
  trap.powerOn();
  // Armed before it has an owner it has nothing to tell of that, which could come late.
  await watched.said("trap", { state: "armed" });
  trap.typeCommand(`wifi ssid="${WIFI.ssid}" pass="${WIFI.password}"`);
  const made = await cloud.ask({ url: "/api/v1/claim-codes", as: owner.token, body: { deviceName: serial } });
  trap.typeCommand(`claim code=${displayClaimCode(made.json.code)}`);
  await watched.said("session", { state: "online" });
  const listed = (await cloud.ask({ url: "/api/v1/devices", as: owner.token })).json.devices;
  const deviceId = listed.find((one) => one.serialNumber === serial)?.id ?? "";
  const ask = async (url: string) => (await cloud.ask({ url, as: owner.token })).json;
  const connect = overhearConnect(middle);
  const victim: Victim = {
    trap,
    known: {
      tenantId: owner.tenantId,
      deviceId,
      credentialId: connect.username ?? "",
      password: connect.password?.toString() ?? "",
      key,
    },
    ...watched,
    read: async () => (await ask(`/api/v1/devices/${deviceId}`)).device,
    events: async () => (await ask(`/api/v1/devices/${deviceId}/events`)).events,
    alerts: async () => (await ask("/api/v1/alerts")).alerts.filter((one) => one.deviceId === deviceId),
    async recover() {
      const from = watched.heard();
      makeHonest(scene);
      await watched.said("session", { state: "online" }, from);
    },
  };
  await eventually(async () => (await victim.read()).trapState === "armed", {
    withinMs: WAIT_MS,
    because: "the cloud knows that the trap is armed",
  });
  return victim;
}

function watchConsole(trap: SimulatedTrap): Pick<Victim, "heard" | "said" | "countRefused"> {
  const after = (skip: number) =>
    trap
      .consoleLines()
      .filter((entry) => entry.number > skip)
      .map((entry) => entry.line);
  return {
    heard: () => trap.consoleLines().at(-1)?.number ?? 0,
    async said(name, fields, skip = 0) {
      const isIt = (line: string): boolean => {
        const parsed = parseConsoleLine(line);
        return (
          parsed?.name === name && Object.entries(fields).every(([field, value]) => parsed.fields[field] === value)
        );
      };
      const probe = () => {
        if (after(skip).some(isIt)) return true;
        throw new Error(after(skip).slice(-12).join("\n"));
      };
      await eventually(probe, { withinMs: WAIT_MS, because: `the trap says ${name} ${JSON.stringify(fields)}` });
    },
    countRefused: (skip = 0) => after(skip).filter((line) => parseConsoleLine(line)?.name === "refused").length,
  };
}
