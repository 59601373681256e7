// A broker with an ingest of the test's own instead of a database: what reached the ingest, and when its commit happens, is in hand.
import { createHash, randomBytes } from "node:crypto";
import pino from "pino";
import type { DownMessage, UpMessage, Will } from "#protocol";
import { createWallClock } from "../../../cloud/clock.ts";
import { type Broker, type BrokerLimits, createBroker } from "../../../cloud/mqtt/broker.ts";
import { type Connections, createConnections } from "../../../cloud/mqtt/connections.ts";
import type {
  AuthenticateDevice,
  DeviceLink,
  DeviceScope,
  Ingest,
  KnownDevice,
} from "../../../cloud/mqtt/device-door.ts";
import { createLink } from "../../../cloud/mqtt/link.ts";
import type { SessionEnd } from "../../../cloud/mqtt/sockets.ts";
import { connectDevice, type DeviceCredentials, type DeviceOptions, type MqttDevice } from "../../support/mqtt.ts";

export interface BrokerFixture {
  port: number;
  broker: Broker;
  link: DeviceLink;
  connections: Connections;
  devices: DeviceCredentials[];
  /** What reached the ingest, in order. */
  taken: { device: DeviceScope; message: UpMessage }[];
  ended: { device: DeviceScope; session: Will; reason: SessionEnd }[];
  heard: { device: DeviceScope; session: Will }[];
  /** What the ingest does; answers nothing unless set. */
  setIngest(ingest: Ingest): void;
  setAuthenticate(authenticate: AuthenticateDevice): void;
  stop(): Promise<void>;
}

function uuid(kind: number, number: number): string {
  return `${String(kind).padStart(8, "0")}-0000-4000-8000-${String(number).padStart(12, "0")}`;
}

/** Tenants 1 and 2, devices 1 and 2 of each. */
export const DEVICES: DeviceCredentials[] = [1, 2].flatMap((tenant) =>
  [1, 2].map((device) => ({
    tenantId: uuid(1, tenant),
    deviceId: uuid(2, tenant * 10 + device),
    credentialId: uuid(3, tenant * 10 + device),
    password: `password of ${tenant}.${device}`,
    key: createHash("sha256").update(`key of ${tenant}.${device}`).digest("hex"),
  })),
);

export async function startBroker(limits: Partial<BrokerLimits> = {}): Promise<BrokerFixture> {
  const connections = createConnections();
  const fixture: Pick<BrokerFixture, "taken" | "ended" | "heard"> = { taken: [], ended: [], heard: [] };
  let ingest: Ingest = async () => [];
  let authenticate: AuthenticateDevice = async (username, password) => {
    const known = DEVICES.find((one) => one.credentialId === username && one.password === password);
    return known === undefined ? null : knownOf(known);
  };
  const broker = await createBroker({
    connections,
    authenticate: (username, password) => authenticate(username, password),
    async ingest(device, message, receivedAt): Promise<DownMessage[]> {
      fixture.taken.push({ device, message });
      return ingest(device, message, receivedAt);
    },
    onHeard: (device, session) => void fixture.heard.push({ device, session }),
    onSessionEnded: async (device, session, reason) => void fixture.ended.push({ device, session, reason }),
    randomBytes,
    clock: createWallClock(),
    log: pino({ level: "silent" }),
    limits,
  });
  const { port } = await broker.start({ host: "127.0.0.1", port: 0 });
  return {
    ...fixture,
    port,
    broker,
    link: createLink(connections),
    connections,
    devices: DEVICES,
    setIngest(fn) {
      ingest = fn;
    },
    setAuthenticate(fn) {
      authenticate = fn;
    },
    stop: () => broker.stop(),
  };
}

/** Device `number` of the fixture. */
export function deviceAt(number: number): DeviceCredentials {
  const device = DEVICES[number];
  if (device === undefined) throw new Error(`there is no device ${number}`);
  return device;
}

/** What the door answers for good credentials. */
export function knownOf({ tenantId, deviceId, credentialId, key }: DeviceCredentials): KnownDevice {
  return { tenantId, deviceId, credentialId, key: key === undefined ? null : Buffer.from(key, "hex") };
}

/** Connected, and its hello taken, of which nothing is left to see. */
export async function connectProven(
  fixture: BrokerFixture,
  who: DeviceCredentials,
  options: DeviceOptions = {},
): Promise<MqttDevice> {
  const device = await connectDevice(fixture.port, who, options);
  await device.hello();
  const at = fixture.taken.findLastIndex(
    ({ device: { deviceId }, message }) => deviceId === who.deviceId && message.name === "hello",
  );
  fixture.taken.splice(at, 1);
  return device;
}

export interface Gate {
  wait: Promise<void>;
  open(): void;
  fail(error: Error): void;
}

/** A commit the test decides on. */
export function createGate(): Gate {
  const gate: Partial<Gate> = {};
  const wait = new Promise<void>((resolve, reject) => {
    gate.open = resolve;
    gate.fail = reject;
  });
  return { wait, open: () => gate.open?.(), fail: (error) => gate.fail?.(error) };
}
