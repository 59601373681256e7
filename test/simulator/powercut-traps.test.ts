// Tests the scenarios of simulator/powercut/ in which a whole trap loses power: a slice of `npm run proof:powercut`, which goes through
// all of it, pairs of cuts included.
import { slh_dsa_sha2_128s } from "@noble/post-quantum/slh-dsa.js";
import * as assert from "uvu/assert";
import { MANIFEST_CONTEXT, splitSignedFirmware } from "#protocol";
import { proveScenario, runWhole } from "../../simulator/powercut/engine.ts";
import { TRAP_SCENARIOS } from "../../simulator/powercut/scenarios.ts";
import { readFirmware, readPublicKey } from "../../simulator/powercut/signed-firmware.ts";
import { listStateFaults } from "../../simulator/powercut/tally.ts";
import { suite } from "../support/suite.ts";

const test = suite("traps that lose power", { limitMs: 120_000, fileLimitMs: 300_000 });
const STORE = [0x311000, 0x320000] as const;
const SLOT_A = [0x330000, 0x353000] as const;
const SLOT_B = [0x354000, 0x377000] as const;
/** The storm is long, and in the proof alone. */
const SLICE = TRAP_SCENARIOS.filter(({ name }) => name !== "storm");

const isWithin = ([from, to]: readonly [number, number], address: number) => address >= from && address < to;

for (const scenario of TRAP_SCENARIOS) {
  test(`${scenario.title}: it completes, renews pages of the store on its way, and touches nothing but what is its own`, () => {
    const whole = runWhole(scenario.createStage());
    assert.is(whole.failure, undefined);
    const touched = whole.moments.map(({ operation }) => operation);
    assert.ok(touched.some(({ kind, address }) => kind === "erase" && isWithin(STORE, address)));
    for (const { address, kind } of touched) {
      assert.ok(isWithin(STORE, address) || isWithin(SLOT_B, address), `${kind} at 0x${address.toString(16)}`);
      assert.not(isWithin(SLOT_A, address), "the running slot is never written");
    }
  });
}

for (const scenario of SLICE) {
  test(`[CUT-1] ${scenario.title}: cut at every operation in every way, it boots, tells the truth and goes on`, () => {
    const tally = proveScenario({ ...scenario, isPaired: false });
    assert.equal(tally.failures, []);
    assert.is(tally.cases, tally.operations * 8);
    assert.equal(listStateFaults(scenario, tally), []);
  });
}

test("the firmwares of the proof are signed by the key that it gives its traps, in the library's eyes too", () => {
  const publicKey = Buffer.from(readPublicKey(), "latin1");
  const context = Buffer.from(MANIFEST_CONTEXT, "latin1");
  for (const counter of [1, 2] as const) {
    const split = splitSignedFirmware(readFirmware(counter).file);
    assert.ok(split.ok);
    const [text, signature] = [split.value.text, split.value.signature].map((part) => Buffer.from(part, "latin1"));
    assert.ok(slh_dsa_sha2_128s.verify(signature!, text!, publicKey, { context }));
  }
});
