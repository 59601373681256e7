// Owns telling a recorder what the bench's hands do, before they do it: what follows must stand behind its cause.
import type { Fixture } from "../drivers/fixture/fixture.ts";
import type { Switch } from "../drivers/switch/switch.ts";
import { type Json, PERSON_METHODS, type RecordedEntry } from "./entries.ts";

type Record = (entry: RecordedEntry) => void;

export function recordSwitch(one: Switch, what: "power" | "wifi", record: Record): Switch {
  return {
    name: one.name,
    set(on) {
      record(what === "power" ? { kind: "power", on } : { kind: "wifi", up: on });
      return one.set(on);
    },
    close: () => one.close(),
  };
}

export function recordFixture(one: Fixture, record: Record): Fixture {
  return {
    ...one,
    name: one.name,
    setButton(pressed) {
      record({ kind: "pin", pin: "button", value: pressed });
      return one.setButton(pressed);
    },
    pressButton(ms) {
      record({ kind: "pin", pin: "button", value: true, forMs: ms });
      return one.pressButton(ms);
    },
    setPlunger(set) {
      record({ kind: "pin", pin: "plunger", value: set });
      return one.setPlunger(set);
    },
    readLed: () => one.readLed(),
    close: () => one.close(),
  };
}

/** Making a person is no part of what happened to a trap, and holds passwords. */
const UNTOLD = /^\/api\/v1\/(register|login|logout|session-cookie|me|factory\/)/;

/** What a person does at the API. @returns how to tell its answer; undefined for what only looks */
export function recordAct(who: string, method: string, path: string, body: unknown, record: Record) {
  const known = PERSON_METHODS.find((one) => one === method);
  if (known === undefined || UNTOLD.test(path)) return undefined;
  record({ kind: "person", who, method: known, path, body: toJson(body) });
  return (status: number) => record({ kind: "person-answer", who, status });
}

export function recordNotice(who: string, notice: string, data: unknown, record: Record): void {
  record({ kind: "notice", who, notice, data: toJson(data) });
}

function toJson(value: unknown): Json {
  if (value === undefined || value instanceof Uint8Array) return null;
  return JSON.parse(JSON.stringify(value));
}
