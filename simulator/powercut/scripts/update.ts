// Owns the update under power cuts: a trap that is armed is offered the next firmware, fetches it, springs in the middle of it, verifies,
// restarts into the trial and confirms it.
import type { UpdateOffer } from "#protocol";
import type { Scenario } from "../scenario.ts";
import { expect } from "../scenario.ts";
import { readFirmware } from "../signed-firmware.ts";
import { arm, claim, createTrapScenario, expectSpringsTold, settle, spring } from "../trap-acts.ts";
import { TrapWorld } from "../trap-world.ts";

const OLD = readFirmware(1);
const NEW = readFirmware(2);
const CHUNK_BYTES = 1024;
/** A few chunks have come by then. */
const UNDER_WAY_MS = 15;
const OFFER: UpdateOffer = {
  ...{ id: "44444444-4444-4444-8444-444444444444", firmware: "55555555-5555-4555-8555-555555555555" },
  ...{ version: NEW.version, size: NEW.file.length, sha256: NEW.sha256, chunk: CHUNK_BYTES },
};

function begin(world: TrapWorld): void {
  claim(world);
  arm(world);
}

function operate(world: TrapWorld): void {
  const isNew = () => world.running.sha256 === NEW.sha256;
  if (world.isPlungerSet()) arm(world);
  if (world.cloud.state.offer === null) world.cloud.propose(OFFER);
  if (world.isPlungerSet()) {
    world.advance(UNDER_WAY_MS);
    spring(world);
  }
  world.until(
    () => isNew() && world.isOnline() && !world.isOnTrial(),
    "the trap runs the new firmware, and has confirmed it",
  );
  expectSpringsTold(world);
  expect(world.trapState() === "sprung", `the trap that sprang is ${world.trapState()}`);
}

function judge(world: TrapWorld): string {
  const isOnTrial = world.isOnTrial();
  settle(world);
  if (world.running.sha256 === OLD.sha256) {
    expect(!isOnTrial, "the old firmware runs while a trial is under way");
    return "old";
  }
  expect(world.running.sha256 === NEW.sha256, "neither the old firmware runs nor the new one");
  return isOnTrial ? "on trial" : "new";
}

function createWorld(): TrapWorld {
  const world = new TrapWorld();
  world.cloud.file = NEW.file;
  return world;
}

export const UPDATE: Scenario = createTrapScenario(
  {
    ...{ name: "update", title: "a firmware is fetched, tried and confirmed, and the trap springs meanwhile" },
    ...{ states: ["old", "on trial", "new"], isPaired: true },
  },
  { begin, isFromBoot: false, operate, judge },
  createWorld,
);
