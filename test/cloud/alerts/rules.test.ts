// Which event raises or settles which alert, and the way an alert goes: the rules alone, in all their cases.
import * as assert from "uvu/assert";
import { EVENT_KINDS, TRAP_KINDS } from "#protocol";
import { decideAcknowledge, decideEffect, decideRaise, decideResolve } from "../../../cloud/alerts/alerts.ts";
import { suite } from "../../support/suite.ts";

const test = suite("alert rules");

test("each kind of event raises one alert, settles one, or is none of their business", () => {
  const effects = EVENT_KINDS.map((kind) => {
    const effect = decideEffect(kind, { name: "Loft", kind: "snap" });
    return [kind, effect?.effect ?? null, effect?.type ?? null, effect?.effect === "raise" ? effect.severity : null];
  });
  assert.equal(effects, [
    ["sprung", "raise", "sprung", "warning"],
    ["armed", null, null, null],
    ["disarmed", null, null, null],
    ["rearmed", null, null, null],
    ["silenced", null, null, null],
    ["false-trigger", null, null, null],
    ["battery-low", "raise", "battery-low", "warning"],
    ["battery-ok", "settle", "battery-low", null],
    ["sensor-fault", "raise", "sensor-fault", "warning"],
    ["fault", "raise", "fault", "warning"],
  ]);
});

for (const kind of TRAP_KINDS) {
  test(`a sprung ${kind} is ${kind === "live-catch" ? "critical" : "a warning"}, and its message names the trap`, () => {
    const effect = decideEffect("sprung", { name: "Loft", kind });
    if (effect?.effect !== "raise") throw new Error("it raises nothing");
    assert.is(effect.severity, kind === "live-catch" ? "critical" : "warning");
    assert.match(effect.message, /^Loft /);
  });
}

test("an open alert is kept; only an answered spring gives way to the next one [ALERT-2]", () => {
  assert.is(decideRaise("sprung", null), "open");
  assert.is(decideRaise("sprung", "new"), "keep");
  assert.is(decideRaise("sprung", "acknowledged"), "replace");
  assert.is(decideRaise("battery-low", "acknowledged"), "keep");
  assert.is(decideRaise("fault", "resolved"), "open");
});

test("an alert goes from new over acknowledged to resolved, may skip the middle, and never goes back", () => {
  const table = (["new", "acknowledged", "resolved"] as const).map((status) => [
    decideAcknowledge(status),
    decideResolve(status),
  ]);
  assert.equal(table, [
    [
      { ok: true, next: "change" },
      { ok: true, next: "change" },
    ],
    [
      { ok: true, next: "done" },
      { ok: true, next: "change" },
    ],
    [
      { ok: false, reason: "alert-resolved" },
      { ok: true, next: "done" },
    ],
  ]);
});
