// Tests simulator/serial/lines.ts: what DTR and RTS make of EN and IO0, in the sequences that flashing tools send.
import * as assert from "uvu/assert";
import { createSimClock } from "../../../simulator/board/clock.ts";
import { createSerialLines, decideResetPins, type LineLevels } from "../../../simulator/serial/lines.ts";
import { suite } from "../../support/suite.ts";

const test = suite("serial lines");

const TABLE: [dtr: boolean, rts: boolean, enable: boolean, io0: boolean][] = [
  [false, false, true, true],
  [true, true, true, true],
  [false, true, false, true],
  [true, false, true, false],
];
for (const [dtr, rts, enable, io0] of TABLE) {
  test(`DTR ${dtr} and RTS ${rts} make EN ${enable} and IO0 ${io0}`, () => {
    assert.equal(decideResetPins({ dtr, rts }), { enable, io0 });
  });
}

type Step = Partial<LineLevels> | number;

/** What EN and IO0 did: "E" and "I" high, "e" and "i" low; numbers in the steps are milliseconds. */
function play(steps: Step[]): string[] {
  const clock = createSimClock();
  const seen: string[] = [];
  const lines = createSerialLines({
    clock,
    onPins: ({ enable, io0 }) => seen.push(`${enable ? "E" : "e"}${io0 ? "I" : "i"}`),
  });
  for (const step of steps) {
    if (typeof step === "number") clock.advance(step);
    else lines.set(step);
  }
  clock.advance(10_000);
  lines.stop();
  return seen;
}

const D0 = { dtr: false };
const D1 = { dtr: true };
const R0 = { rts: false };
const R1 = { rts: true };

const SEQUENCES: [string, Step[], string[]][] = [
  ["a port that is opened, DTR first, resets nothing but touches IO0", [D1, 5, R1], ["Ei", "EI"]],
  ["both at once touch nothing", [{ ...D1, ...R1 }, 500, { ...D0, ...R0 }], []],
  ["a hard reset ends in the program", [R1, 100, R0], ["eI", "EI"]],
  [
    "both at once, as a local port can: EN rises with IO0 low",
    [{ ...D0, ...R1 }, 100, { ...D1, ...R0 }, 50, { ...D0, ...R0 }],
    ["eI", "Ei", "EI"],
  ],
  [
    "one after the other, 90 ms apart, as RFC 2217 does: EN is held until the second came [CHIP-20]",
    [D0, R1, 100, D1, 90, R0, 50, D0],
    ["eI", "Ei", "EI"],
  ],
  ["both asserted for longer than the capacitor holds: the program starts", [R1, 100, D1, 249], ["eI", "EI"]],
  ["reset again while it is held: the capacitor is emptied", [R1, 100, D1, 200, D0, 200, D1, 100, R0], ["eI", "Ei"]],
  [
    "tight: both released, both asserted, reset, loader",
    [{ ...D1, ...R1 }, { ...D0, ...R1 }, 100, { ...D1, ...R0 }],
    ["eI", "Ei"],
  ],
];
for (const [promise, steps, expected] of SEQUENCES) {
  test(promise, () => {
    assert.equal(play(steps), expected);
  });
}

test("what is left out stays as it is", () => {
  const lines = createSerialLines({ clock: createSimClock(), onPins: () => undefined });
  lines.set(R1);
  lines.set({});
  lines.set(D1);
  assert.equal(lines.levels(), { dtr: true, rts: true });
  lines.stop();
});
