// Owns the update under power cuts: a trap that is armed is offered the next firmware, fetches it, springs in the middle of it, verifies,
// restarts into the trial and confirms it.
import { CODE_UPDATE_ROLLED_BACK, type UpdateOffer } from "#protocol";
import { TRIAL_BOOTS_MAX } from "../../../firmware/boot/loader.ts";
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

const GIVEN_UP = `refused ${CODE_UPDATE_ROLLED_BACK}`;
/** Longer than a boot takes to come online. */
const BOOT_MS = 3000;

/** The same, but nobody ever welcomes the new firmware, and somebody pulls the plug again and again. */
function operateBadly(world: TrapWorld): void {
  const { cloud } = world;
  const isNew = () => world.running.sha256 === NEW.sha256;
  const isTold = () => cloud.state.progress.includes(GIVEN_UP);
  cloud.state.shunnedSha256 = NEW.sha256;
  if (cloud.state.offer === null) cloud.propose(OFFER);
  world.until(() => isNew() || isTold(), "the trap tries the new firmware");
  for (let boots = 0; isNew(); boots++) {
    expect(boots < TRIAL_BOOTS_MAX, `the trial goes on after ${boots} boots that nobody confirmed`);
    world.advance(BOOT_MS);
    world.powerOn();
  }
  world.until(isTold, "the cloud hears that the update was taken back");
  expect(world.running.sha256 === OLD.sha256 && !world.isOnTrial(), "the old firmware runs, and no trial is under way");
  if (world.isPlungerSet()) spring(world);
  expectSpringsTold(world);
}

function judgeBadly(world: TrapWorld): string {
  const isOnTrial = world.isOnTrial();
  if (world.running.sha256 === NEW.sha256) {
    expect(isOnTrial, "a firmware that was never welcomed counts as confirmed");
    return "on trial";
  }
  settle(world);
  expect(world.running.sha256 === OLD.sha256, "neither the old firmware runs nor the new one");
  return world.cloud.state.isVerified ? "taken back" : "old";
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

export const ROLLBACK: Scenario = createTrapScenario(
  {
    ...{ name: "rollback", title: "a firmware that nobody welcomes is tried, given up and told of" },
    ...{ states: ["old", "on trial", "taken back"], isPaired: false },
  },
  { begin, isFromBoot: false, operate: operateBadly, judge: judgeBadly },
  createWorld,
);
