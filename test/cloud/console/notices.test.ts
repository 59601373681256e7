// What a message changes in what the page knows, and what is worth telling of it.
import * as assert from "uvu/assert";
import type { Alert, Device, State } from "../../../cloud/console/page/shapes.ts";
import { suite } from "../../support/suite.ts";

/** The page's scripts are for browsers and typed by a program of their own, so it comes without types here. */
const { applyNotice } = await import(new URL("../../../cloud/console/page/notices.js", import.meta.url).href);

const test = suite("notices of the first page");

const createState = (): State => ({
  devices: new Map(),
  alerts: new Map(),
  events: new Map(),
  updates: new Map(),
  attempts: [],
  heardAt: new Map(),
});
const alertOf = (status: string) => ({ id: "a", deviceId: "d", status }) as Alert;
const deviceOf = (change: object) => ({ id: "d", name: "Loft", releasedAt: null, ...change }) as Device;

test("an alert never goes back, whatever arrives late", () => {
  const state = createState();
  for (const status of ["new", "resolved", "acknowledged", "new"]) applyNotice(state, "alert", alertOf(status));
  assert.is(state.alerts.get("a")?.status, "resolved");
});

test("only an alert that was not known and wants an answer is raised", () => {
  const state = createState();
  assert.is(applyNotice(state, "alert", alertOf("new")).raised?.id, "a");
  assert.is(applyNotice(state, "alert", alertOf("new")).raised, undefined);
  assert.is(applyNotice(createState(), "alert", alertOf("acknowledged")).raised, undefined);
});

test("a released trap leaves, and that traps came or went is told", () => {
  const state = createState();
  assert.is(applyNotice(state, "device", deviceOf({})).isOtherDevices, true);
  assert.is(applyNotice(state, "device", deviceOf({ online: true })).isOtherDevices, false);
  assert.is(applyNotice(state, "device", deviceOf({ releasedAt: "2026-06-01T12:00:00Z" })).isOtherDevices, true);
  assert.is(state.devices.size, 0);
});

test("the answer to a command is told and is no part of the trap", () => {
  const state = createState();
  const command = { id: 7, command: "identify", code: 0 };
  assert.equal(applyNotice(state, "device", deviceOf({ command })).answered.command, command);
  assert.not.ok("command" in (state.devices.get("d") ?? {}));
});

test("the oldest events are forgotten first, and so are attempts", () => {
  const state = createState();
  for (let i = 0; i < 1_200; i++) applyNotice(state, "event", { id: `e${i}` });
  assert.is(state.events.size, 1_000);
  assert.is(state.events.has("e199"), false);
  assert.is(state.events.has("e200"), true);
  for (let i = 0; i < 30; i++) applyNotice(state, "claiming", { deviceId: "d", attemptedAt: String(i) });
  assert.is(state.attempts.length, 20);
  assert.is(state.attempts[0]?.attemptedAt, "29");
});

test("a message of a later release changes nothing", () => {
  const state = createState();
  assert.equal(applyNotice(state, "weather", { id: "w" }), {});
  assert.equal(state, createState());
});
