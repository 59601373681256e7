// The trap machine by tables: what happens to the contact, and what follows.
import * as assert from "uvu/assert";
import {
  applyTrap,
  createTrap,
  EDGES_MAX,
  FALSE_TRIGGER_EVENT_MS,
  FAULT_QUIET_MS,
  type Latch,
  SETTLE_MS,
  type TrapEffect,
  type TrapInput,
  type TrapMachine,
} from "../../firmware/trap/trap.ts";
import { suite } from "../support/suite.ts";

const test = suite("trap machine");
const TIMING = { confirmMs: 50, armDelayMs: 2000 };

/** A trap in time: edges and presses at given moments, wake-ups by themselves. */
function createRun(latch: Latch = "d", set = false) {
  let trap: TrapMachine = createTrap();
  let now = 0;
  const events: string[] = [];
  const ats: number[] = [];
  const exact: boolean[] = [];
  const latches: Latch[] = [];
  const take = (input: TrapInput) => {
    const before = JSON.stringify(trap);
    const outcome = applyTrap(trap, input, now, TIMING);
    assert.is(JSON.stringify(trap), before, "the state that went in is not changed");
    trap = outcome.state;
    for (const effect of outcome.effects) note(effect);
  };
  const note = (effect: TrapEffect) => {
    if (effect.name === "store-latch") return void latches.push(effect.latch);
    events.push(effect.value ? `${effect.kind} ${effect.value}` : effect.kind);
    ats.push(effect.at);
    exact.push(effect.exact);
  };
  const run = {
    ...{ events, ats, exact, latches },
    trap: () => trap,
    until(ms: number) {
      while (trap.wakeAt > 0 && trap.wakeAt <= ms) {
        now = Math.max(now, trap.wakeAt);
        take({ name: "time-passed", set: trap.set });
        assert.ok(trap.wakeAt === 0 || trap.wakeAt > now, "a wake-up is never due again at once");
      }
      now = ms;
      return run;
    },
    plunger(ms: number, to: boolean) {
      run.until(ms);
      take({ name: "plunger-changed", set: to, at: ms });
      return run;
    },
    press(ms: number) {
      run.until(ms);
      take({ name: "button-pressed" });
      return run;
    },
    silence(ms: number) {
      run.until(ms);
      take({ name: "silence-asked" });
      return run;
    },
  };
  take({ name: "power-returned", latch, set });
  return run;
}

const createArmed = () => createRun("a", true);
const createSprung = () => createArmed().plunger(1000, false).until(1100);

test("a plunger that stays set arms the trap", () => {
  const run = createRun().plunger(100, true).until(2099);
  assert.is(run.trap().name, "arming");
  run.until(2100);
  assert.is(run.trap().name, "armed");
  assert.equal([run.events, run.latches], [["armed"], ["a"]]);
});

test("letting the plunger go while arming begins anew, without an event", () => {
  const run = createRun().plunger(100, true).plunger(1000, false).plunger(1500, true).until(3499);
  assert.is(run.trap().name, "arming");
  assert.is(run.until(3500).trap().name, "armed");
  assert.equal(run.events, ["armed"]);
});

test("[TRAP-1] one spring is one event, at the moment of the release, whatever the contact does afterwards", () => {
  const run = createSprung();
  assert.equal([run.events, run.ats, run.exact, run.latches], [["sprung"], [1000], [true], ["s"]]);
  for (let i = 0; i < 40; i++) run.plunger(2000 + i * 500, i % 2 === 0);
  run.until(60_000);
  assert.is(run.trap().name, "sprung");
  assert.equal(run.events, ["sprung"]);
});

test("[TRAP-1] bounces at the release count from its first edge and are no false triggers", () => {
  const run = createArmed();
  for (let i = 0; i < 9; i++) run.plunger(1000 + i * 3, i % 2 === 1);
  run.until(2000);
  assert.equal([run.events, run.ats], [["sprung"], [1000]]);
  assert.is(run.trap().falseTriggers, 0);
});

test("[TRAP-3] a release shorter than the confirmation raises no alarm and is counted", () => {
  const run = createArmed().plunger(1000, false).plunger(1049, true).until(5000);
  assert.is(run.trap().name, "armed");
  assert.is(run.trap().falseTriggers, 1);
  assert.equal(run.events, ["false-trigger 1"]);
});

test("[TRAP-3] many false triggers make few events, whose value counts them all", () => {
  const run = createArmed();
  for (let i = 0; i < 100; i++) run.plunger(1000 + i * 1000, false).plunger(1020 + i * 1000, true);
  run.until(200_000);
  assert.is(run.trap().falseTriggers, 100);
  assert.equal(run.events, ["false-trigger 1", "false-trigger 61"]);
  assert.ok((run.ats[1] ?? 0) - (run.ats[0] ?? 0) >= FALSE_TRIGGER_EVENT_MS - 1000);
});

test("[TRAP-2] a spring without power is told at the boot, as not exact; a trap that stayed set is armed silently", () => {
  const sprung = createRun("a", false).until(1000);
  assert.equal([sprung.events, sprung.exact, sprung.ats], [["sprung"], [false], [0]]);
  const armed = createRun("a", true).until(10_000);
  assert.is(armed.trap().name, "armed");
  assert.equal(armed.events, []);
});

test("[TRAP-1] a spring that was told is not told again after a power cut", () => {
  for (const latch of ["s", "q", "p"] as const) {
    const run = createRun(latch, false).until(60_000);
    assert.is(run.trap().name, "sprung", latch);
    assert.is(run.trap().silenced, latch !== "s");
    assert.equal(run.events, []);
  }
  assert.equal(createRun("s", true).until(60_000).trap().name, "sprung", "a set plunger rearms nothing by itself");
});

test("a press silences, and rearms at once where the plunger has been set for long enough", () => {
  const run = createSprung().plunger(5000, true).press(9000);
  assert.is(run.trap().name, "armed");
  assert.equal(run.events, ["sprung", "silenced", "rearmed"]);
  assert.equal(run.latches, ["s", "p", "a"]);
});

test("a press before the plunger is set rearms as soon as it is set and stays so", () => {
  const run = createSprung().press(5000).until(60_000);
  assert.equal([run.trap().name, run.trap().silenced], ["sprung", true]);
  run.plunger(61_000, true).plunger(62_000, false).plunger(63_000, true).until(64_999);
  assert.is(run.trap().name, "arming");
  run.until(65_000);
  assert.equal(run.events, ["sprung", "silenced", "rearmed"]);
});

test("a power cut between press and rearming forgets neither", () => {
  const run = createRun("p", true).until(1999);
  assert.is(run.trap().name, "arming");
  assert.equal(run.until(2000).events, ["rearmed"]);
});

test("silence from afar rearms nothing; a press after it still does", () => {
  const run = createSprung().silence(2000).plunger(3000, true).until(60_000);
  assert.equal([run.trap().name, run.trap().silenced], ["sprung", true]);
  run.press(61_000);
  assert.equal(run.events, ["sprung", "silenced", "rearmed"]);
  assert.equal(run.latches, ["s", "q", "p", "a"]);
});

test("a press means nothing to a trap that has not sprung", () => {
  for (const run of [createRun(), createArmed(), createRun().plunger(100, true)]) {
    const name = run.trap().name;
    assert.equal([run.press(1000).trap().name, run.events], [name, []]);
  }
});

test("a chattering contact is a fault told once; quiet ends it, and a release behind it is a spring", () => {
  for (const [last, name, events] of [
    [true, "armed", [`sensor-fault ${EDGES_MAX + 1}`, "armed"]],
    [false, "sprung", [`sensor-fault ${EDGES_MAX + 1}`, "sprung"]],
  ] as const) {
    const run = createArmed();
    for (let i = 0; i < 200; i++) run.plunger(1000 + i * 2, i % 2 === 1);
    assert.is(run.trap().name, "fault");
    run.plunger(1500, !last).plunger(1502, last);
    assert.is(run.until(1502 + FAULT_QUIET_MS - 1).trap().name, "fault");
    run.until(1502 + FAULT_QUIET_MS);
    assert.equal([run.trap().name, run.events], [name, events]);
  }
});

test("a fault of a trap that was not armed ends in a trap that is not", () => {
  const run = createRun();
  for (let i = 0; i < 201; i++) run.plunger(1000 + i * 2, i % 2 === 0);
  run.plunger(1600, false).until(60_000);
  assert.equal([run.trap().name, run.events], ["disarmed", [`sensor-fault ${EDGES_MAX + 1}`]]);
});

/** Edges that all come to the machine at once, after it was kept from listening. */
function createLate(edges: [at: number, set: boolean][], heardAt: number) {
  let trap = applyTrap(createTrap(), { name: "power-returned", latch: "a", set: true }, 0, TIMING).state;
  const events: [string, number][] = [];
  const take = (input: TrapInput, now: number) => {
    const outcome = applyTrap(trap, input, now, TIMING);
    trap = outcome.state;
    for (const effect of outcome.effects) if (effect.name === "publish-event") events.push([effect.kind, effect.at]);
  };
  for (const [at, set] of edges) take({ name: "plunger-changed", set, at }, heardAt);
  take({ name: "time-passed", set: trap.set }, heardAt);
  return { name: trap.name, events };
}

test("edges heard of late count from when they happened", () => {
  assert.equal(createLate([[1000, false]], 9000), { name: "sprung", events: [["sprung", 1000]] });
  const short: [number, boolean][] = [
    [1000, false],
    [1020, true],
  ];
  assert.equal(createLate(short, 9000), { name: "armed", events: [["false-trigger", 1000]] }, "[TRAP-3]");
  const long: [number, boolean][] = [
    [1000, false],
    [1060, true],
  ];
  assert.equal(createLate(long, 9000), { name: "sprung", events: [["sprung", 1000]] }, "[TRAP-1]");
});

test("a missed edge is made good when time passes", () => {
  let trap = applyTrap(createTrap(), { name: "power-returned", latch: "a", set: true }, 0, TIMING).state;
  trap = applyTrap(trap, { name: "plunger-changed", set: false, at: 1000 }, 1000, TIMING).state;
  const outcome = applyTrap(trap, { name: "time-passed", set: true }, 1050, TIMING);
  assert.is(outcome.state.name, "triggered");
  assert.is(outcome.state.wakeAt, 1050 + SETTLE_MS);
});
