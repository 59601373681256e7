// Owns the relays between the traps and the bench's own cloud: one port for the HTTP of each board, one for the MQTT of all, since the cloud
// names one broker. Whose an MQTT connection is, its first packet tells; which device a board is, the cloud's answer to its claim.
import { HilError } from "../../error.ts";
import type { BoardDoor } from "./bench-cloud.ts";
import type { CloudFolder } from "./cloud-folder.ts";
import { findFreePort, isFreePort } from "./free-port.ts";
import { type Relay, startRelay } from "./relay.ts";
import { TapState } from "./tap.ts";
import { createHttpSplitter, createMqttSplitter, type TapMessage } from "./tap-messages.ts";

export interface TapsOptions {
  /** The address boards reach this machine at. */
  host: string;
  folder: CloudFolder;
  /** Where the cloud's HTTP is; known when the first board comes. */
  getHttp(): { host: string; port: number };
  getMqtt(): { host: string; port: number };
  onRemark(text: string): void;
}

export interface Taps {
  /** Where traps are told to find the broker. */
  readonly mqtt: { host: string; port: number };
  openDoor(board: string, onMessage: (message: TapMessage) => void): Promise<BoardDoor>;
  close(): Promise<void>;
}

interface Owner {
  tap: TapState;
  devices: Set<string>;
  onMessage(message: TapMessage): void;
}

const DEVICE_IN_TOPIC = /\/device\/([0-9a-f-]{36})\//;
const DEVICE_IN_ANSWER = /"device":"([0-9a-f-]{36})"/;

/** The port that boards were told before, if it is free, since it stands in their flash. @throws HilError "address-unusable" */
async function choosePort(options: TapsOptions, name: string): Promise<number> {
  const { host, folder } = options;
  const noted = folder.findPort(name);
  if (noted !== undefined && (await isFreePort(host, noted))) return noted;
  if (noted !== undefined) {
    options.onRemark(`port ${noted} (${name}) is taken; boards that were flashed for it are to be flashed again`);
  }
  const port = await findFreePort(host);
  folder.notePort(name, port);
  return port;
}

export async function startTaps(options: TapsOptions): Promise<Taps> {
  const owners = new Set<Owner>();
  const relays = new Set<Relay>();
  const mqttPort = await choosePort(options, "mqtt");

  function ownerOf(first: TapMessage | undefined): Owner | undefined {
    const device = DEVICE_IN_TOPIC.exec(first?.willTopic ?? "")?.[1];
    return device === undefined ? undefined : [...owners].find((owner) => owner.devices.has(device));
  }

  const { host } = options;
  relays.add(
    await startRelay({
      ...{ host, port: mqttPort },
      getTarget: options.getMqtt,
      createSplitters: () => ({ up: createMqttSplitter("up"), down: createMqttSplitter("down") }),
      // A device that no board here is known to be is an earlier run's, whose board waits for its turn: it is nobody's loss.
      tapOf: (first) => (first === undefined ? undefined : ownerOf(first)?.tap),
      onMessage: (message, tap) => [...owners].find((owner) => owner.tap === tap)?.onMessage(message),
    }),
  );

  async function openDoor(board: string, onMessage: (message: TapMessage) => void): Promise<BoardDoor> {
    const port = await choosePort(options, `http ${board}`);
    const http = new TapState();
    const owner: Owner = { tap: new TapState(), devices: new Set(), onMessage };
    const relay = await startRelay({
      ...{ host, port },
      getTarget: options.getHttp,
      createSplitters() {
        const asked: string[] = [];
        return { up: createHttpSplitter("up", asked), down: createHttpSplitter("down", asked) };
      },
      tapOf: () => http,
      onMessage(message) {
        const device = DEVICE_IN_ANSWER.exec(message.direction === "down" ? message.body : "")?.[1];
        if (device !== undefined) owner.devices.add(device);
        onMessage(message);
      },
    });
    owners.add(owner);
    relays.add(relay);
    return {
      ...{ host, port },
      taps: { http, mqtt: owner.tap },
      own: (deviceId) => void owner.devices.add(deviceId),
      async close() {
        owners.delete(owner);
        relays.delete(relay);
        owner.tap.cut();
        await relay.close();
      },
    };
  }

  return {
    mqtt: { host, port: mqttPort },
    openDoor,
    close: async () => void (await Promise.all([...relays].map((relay) => relay.close()))),
  };
}

/** @throws HilError where traps could not reach it */
export function checkTapHost(host: string): string {
  if (host !== "0.0.0.0" && host !== "::" && host !== "") return host;
  const message = `cloud.local.host is ${host || "empty"}, which no board can call. Name the address of this machine that the boards reach, such as 192.168.1.10.`;
  throw new HilError("usage", "cloud-host-unusable", message);
}
