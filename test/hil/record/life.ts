// A recorded life of a trap: claimed by button, armed, configured, ordered about, sprung, cut off and back. Written by hand as a recorder
// would have written it, so that each test can change one thing of it.
import type { Json, RecordFields, TimedEntry, TrapStep } from "../../../hil/record/entries.ts";
import type { Recording } from "../../../hil/record/recording.ts";
import { BOOT, createRecording } from "./recordings.ts";

export const DEVICE = "0d0d0d0d-0000-4000-8000-00000000000d";
export const TENANT = "0a0a0a0a-0000-4000-8000-00000000000a";
const ALERT = "0e0e0e0e-0000-4000-8000-00000000000e";
const SHA256 = "a".repeat(64);

type Up = Extract<TimedEntry, { kind: "mqtt"; direction: "out" }>["name"];
type Down = Extract<TimedEntry, { kind: "mqtt"; direction: "in" }>["name"];

export function createLife(): Recording {
  const entries: TimedEntry[] = [];
  let at = 0;
  const add = (entry: TimedEntry) => void entries.push(entry);
  const tick = (ms = 40) => {
    at += ms;
    return at;
  };
  const up = (name: Up, record: RecordFields) => add({ at: tick(), kind: "mqtt", direction: "out", name, record });
  const down = (name: Down, record: RecordFields) => add({ at: tick(), kind: "mqtt", direction: "in", name, record });
  const ask = (step: TrapStep, fields: RecordFields, asked: RecordFields = {}) => {
    add({ at: tick(), kind: "request", step, fields: asked });
    add({ at: tick(), kind: "answer", step, status: 200, fields });
  };
  const act = (path: string, body: Json, status: number, method: "POST" | "PUT" = "POST") => {
    add({ at: tick(), kind: "person", who: "owner", method, path: `/api/v1/${path}`, body });
    add({ at: tick(), kind: "person-answer", who: "owner", status });
  };
  const notice = (name: string, data: Json) => add({ at: tick(), kind: "notice", who: "owner", notice: name, data });
  const event = (seq: number, kind: string) => {
    up("event", { boot: BOOT, seq, age: 3, exact: true, kind, value: 0 });
    down("ack", { boot: BOOT, seq });
  };
  const connect = (session: number, rev: number, state: string) => {
    add({ at: tick(500), kind: "mqtt-connect", returnCode: 0 });
    down("session", {});
    const ran = { version: "1.0.0", sha256: SHA256, hardware: "esp32", reason: 1, uptimeMs: 900 };
    up("hello", { boot: BOOT, session, ...ran, state, rev, batteryMv: 3900, rssi: -61 });
    down("welcome", { boot: BOOT, session });
  };
  const settings = { telemetryS: 600, confirmMs: 60, armDelayMs: 2000, buzzer: true };

  add({ at: 0, kind: "power", on: true });
  add({ at: tick(), kind: "line", text: `TL 12 boot id=${BOOT} reason=1 version=1.0.0 sha256=${SHA256}` });
  add({ at: tick(), kind: "order", text: "wifi ssid=<wifi-ssid> pass=<wifi-password>" });
  add({ at: tick(), kind: "pin", pin: "button", value: true });
  add({ at: tick(5000), kind: "pin", pin: "button", value: false });
  ask("challenges", {});
  ask("claiming", { status: "open", expiresInS: 600 }, { code: "" });
  ask("credentials", { status: "waiting" });
  act("claiming/claims", { serialNumber: "TL-RECORDED-1", name: "Loft" }, 201);
  ask("credentials", { status: "ready", tenant: TENANT, device: DEVICE });
  connect(1, 0, "disarmed");
  up("reported", { rev: 0, telemetryS: 300, confirmMs: 50, armDelayMs: 2000, buzzer: true });
  event(1, "armed");
  notice("event", { id: "ignored", kind: "armed", value: 0, bootId: BOOT, sequence: 1, exact: true });
  act(`devices/${DEVICE}/config`, settings, 200, "PUT");
  down("config", { rev: 1, ...settings });
  up("reported", { rev: 1, ...settings });
  act(`devices/${DEVICE}/commands`, { command: "identify" }, 201);
  down("command", { id: 4711, command: "identify" });
  up("result", { id: 4711, code: 0 });
  event(2, "sprung");
  notice("event", { kind: "sprung", value: 0, bootId: BOOT, sequence: 2, exact: true });
  notice("alert", { id: ALERT, type: "sprung", status: "new", severity: "critical" });
  act(`alerts/${ALERT}/acknowledge`, null, 200);
  notice("alert", { id: ALERT, type: "sprung", status: "acknowledged", severity: "critical" });
  add({ at: tick(), kind: "mqtt-end", by: "cut" });
  notice("device", {
    ...{ id: DEVICE, online: false, trapState: "sprung" },
    ...{ firmwareVersion: "1.0.0", firmwareSha256: SHA256 },
  });
  connect(2, 1, "sprung");
  up("reported", { rev: 1, ...settings });
  act(`devices/${DEVICE}/release`, null, 204);
  down("command", { id: 4712, command: "release" });
  add({ at: tick(), kind: "mqtt-end", by: "cloud" });
  return createRecording(entries);
}
