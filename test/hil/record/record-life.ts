// Records a life of a real firmware on the simulator with a simulated cloud: claimed, configured, ordered about, sprung, cut off, rearmed.
// What a recorder writes of it is what the replays of the tests begin with.
import * as fs from "node:fs";
import * as path from "node:path";
import type { Identity } from "#protocol";
import { createWallClock, pause } from "../../../hil/clock.ts";
import type { RecordedEntry } from "../../../hil/record/entries.ts";
import { startRecorder } from "../../../hil/record/recorder.ts";
import { parseRecording, type Recording } from "../../../hil/record/recording.ts";
import { startSimulatedCloud } from "../../../hil/record/simulated-cloud.ts";
import { createEventStream } from "../../../hil/steps/event-stream.ts";
import { eventually } from "../../support/eventually.ts";
import { createRecording } from "./recordings.ts";
import { createSimulatedBoard, WIFI } from "./simulated-board.ts";

/** Of the board's time. */
const CLAIM_PRESS_MS = 5_000;
const OUTAGE_MS = 5_000;
const WITHIN_MS = 10_000;
export const SETTINGS = { telemetryS: 600, confirmMs: 60, armDelayMs: 2000, buzzer: true };

export interface LifeOptions {
  storage: Uint8Array;
  speed: number;
  seed: number;
  folder: string;
  randomBytes(count: number): Uint8Array;
}

export function createIdentity(number: number, at: { host: string; port: number }): Identity {
  const serial = `TL-RECORD-${number}`;
  const key = number.toString(16).padStart(2, "0").repeat(32);
  return { serial, mac: `24:0a:c4:00:0e:${key.slice(0, 2)}`, key, hardware: "esp32", kind: "live-catch", ...at };
}

export async function recordLife(options: LifeOptions): Promise<Recording> {
  const { folder, randomBytes, speed, seed } = options;
  const clock = createWallClock();
  const stream = createEventStream({ clock, secrets: [WIFI.password] });
  const recorder = startRecorder({ stream, folder, clock });
  const facts = { name: "left", mac: "24:0a:c4:00:0e:01", isVirtual: true, labels: {} };
  const run = { runId: "1", startedAt: clock.date().toISOString(), bench: "tests", suites: ["life"], command: "" };
  stream.publish({ type: "run-started", ...run, boards: [facts] });
  stream.publish({ type: "suite-started", suite: "life", title: "a life", board: "left", attempt: 1 });
  const told: RecordedEntry[] = [];
  const tell = (entry: RecordedEntry) => {
    told.push(entry);
    stream.publish({ type: "recorded", board: "left", entry });
  };
  const seen = (fits: (entry: RecordedEntry) => boolean, because: string) =>
    eventually(() => told.some(fits), { withinMs: WITHIN_MS, because });
  const line = (text: RegExp) => seen((entry) => entry.kind === "line" && text.test(entry.text), `a line ${text}`);
  const up = (name: string, field: string, value: unknown) =>
    seen((entry) => entry.kind === "mqtt" && entry.name === name && entry.record[field] === value, `${name} ${field}`);

  const empty = createRecording([]);
  const identity = createIdentity(1, { host: "127.0.0.1", port: 0 });
  const cloud = await startSimulatedCloud({ recording: empty, identity, clock, randomBytes, onExchange: tell });
  const board = createSimulatedBoard({ ...identity, ...cloud.http }, options.storage, { speed, seed });
  const say = (name: "config" | "command", record: Record<string, string | number | boolean>) =>
    cloud.say(name, record);
  try {
    board.onLine((text) => tell({ kind: "line", text }));
    tell({ kind: "clock", speed });
    tell({ kind: "power", on: true });
    await board.setPower(true);
    await line(/ boot /);
    tell({ kind: "order", text: `wifi ssid="${WIFI.ssid}" pass="${WIFI.password}"` });
    await board.order(`wifi ssid="${WIFI.ssid}" pass="${WIFI.password}"`);
    await line(/ link state=joined/);
    await line(/ trap state=armed/);
    tell({ kind: "pin", pin: "button", value: true, forMs: CLAIM_PRESS_MS });
    await board.pressButton(CLAIM_PRESS_MS);
    await line(/ session state=online/);
    say("config", { rev: 1, ...SETTINGS });
    await up("reported", "rev", 1);
    say("command", { id: 17, command: "identify" });
    await up("result", "id", 17);
    tell({ kind: "pin", pin: "plunger", value: false });
    await board.setPlunger(false);
    await up("event", "kind", "sprung");
    tell({ kind: "wifi", up: false });
    await board.setWifi(false);
    await line(/ link state=waiting/);
    await pause(clock, OUTAGE_MS / speed);
    tell({ kind: "wifi", up: true });
    await board.setWifi(true);
    const hellos = () => told.filter((entry) => entry.kind === "mqtt" && entry.name === "hello").length;
    await eventually(() => hellos() === 2, { withinMs: WITHIN_MS, because: "it is back" });
  } finally {
    board.stop();
    await cloud.stop();
  }
  const ended = { outcome: "passed", durationMs: 1, repeat: "" } as const;
  stream.publish({ type: "suite-ended", suite: "life", board: "left", attempt: 1, ...ended });
  recorder.stop();
  const parsed = parseRecording(fs.readFileSync(path.join(folder, "left.life.1.jsonl"), "utf8"));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed));
  return parsed.value;
}
