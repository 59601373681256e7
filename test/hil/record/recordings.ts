// A recording as the tests of this folder begin with: small, sound, and changed by each as it likes.
import type { TimedEntry } from "../../../hil/record/entries.ts";
import type { Recording } from "../../../hil/record/recording.ts";
import type { EventStream, HilEvent, HilEventBody } from "../../../hil/steps/events.ts";

export const BOOT = "0000000100000001";

export function createRecording(entries: TimedEntry[], change: Partial<Recording> = {}): Recording {
  return {
    board: { name: "left", mac: "24:0a:c4:00:00:01", isVirtual: true, labels: { row: "1" } },
    firmware: { version: "1.0.0", sha256: "a".repeat(64) },
    suite: "alert",
    attempt: 1,
    recordedAt: "2026-11-21T08:00:00.000Z",
    entries,
    end: { outcome: "passed", failure: null, durationMs: entries.at(-1)?.at ?? 0 },
    ...change,
  };
}

/** One of each kind. */
export const ALL_KINDS: TimedEntry[] = [
  { at: 0, kind: "power", on: true },
  { at: 1, kind: "serial", direction: "out", bytes: "ets Jul 29 2019\r\n\xff" },
  { at: 2, kind: "line", text: `TL 12 boot id=${BOOT} reason=1 version=1.0.0 sha256=${"a".repeat(64)}` },
  { at: 3, kind: "firmware", version: "1.0.0", sha256: "a".repeat(64) },
  { at: 4, kind: "order", text: "wifi ssid=<wifi-ssid> pass=<wifi-password>" },
  { at: 5, kind: "wifi", up: true },
  { at: 6, kind: "clock", speed: 20 },
  { at: 7, kind: "pin", pin: "button", value: true, forMs: 5000 },
  { at: 7, kind: "pin", pin: "buzzer", value: 2730 },
  { at: 8, kind: "request", step: "claiming", fields: { code: "" } },
  { at: 9, kind: "answer", step: "claiming", status: 200, fields: { status: "open", expiresInS: 600 } },
  { at: 9, kind: "answer", step: "firmware", status: 200, fields: { number: 0 }, body: "AAAA" },
  {
    at: 10,
    kind: "person",
    who: "owner",
    method: "POST",
    path: "/api/v1/claiming/claims",
    body: { name: "Loft" },
  },
  { at: 10, kind: "person-answer", who: "owner", status: 201 },
  { at: 11, kind: "mqtt-connect", returnCode: 0 },
  { at: 12, kind: "mqtt", direction: "out", name: "event", record: { boot: BOOT, seq: 1, exact: true } },
  { at: 13, kind: "mqtt", direction: "in", name: "ack", record: { boot: BOOT, seq: 1 } },
  { at: 14, kind: "notice", who: "owner", notice: "alert", data: { type: "sprung", nested: [1, null, { a: true }] } },
  { at: 15, kind: "cloud", up: false },
  { at: 16, kind: "mqtt-end", by: "cut" },
  { at: 17, kind: "remark", text: "the hour was made five minutes" },
];

export interface HeardStream extends EventStream {
  heard: HilEvent[];
  /** Events are dated by it. */
  nowMs: number;
}

export function createStream(): HeardStream {
  const listeners = new Set<(event: HilEvent) => void>();
  const stream: HeardStream = {
    heard: [],
    nowMs: 0,
    publish(body: HilEventBody) {
      const event = { ...body, at: stream.nowMs };
      stream.heard.push(event);
      for (const listen of listeners) listen(event);
      return event;
    },
    subscribe(listen) {
      listeners.add(listen);
      return () => void listeners.delete(listen);
    },
    mask: () => undefined,
    now: () => stream.nowMs,
  };
  return stream;
}
