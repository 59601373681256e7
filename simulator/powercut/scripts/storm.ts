// Owns the storm of events under power cuts: the cloud is out of reach and the trap springs again and again, until its outbox holds nothing
// but alerts and tells two as one; then the cloud comes back and hears of every one of them. On a store of few pages, which are full soon.
import { expect, type Scenario } from "../scenario.ts";
import { createStorePort } from "../store-port.ts";
import { arm, claim, createTrapScenario, expectOnline, expectSpringsTold, expectTruth, spring } from "../trap-acts.ts";
import { TrapWorld } from "../trap-world.ts";

const STORE_PAGES = 6;
const PRESS_MS = 100;
/** As many springs as fill the outbox of such a store, but for the last of them. */
const SPRINGS_BEFORE = 42;
const SPRINGS_IN_ALL = 47;

/** A person comes, silences the trap and sets it again. */
function rearm(world: TrapWorld): void {
  if (!world.isPlungerSet() || world.trapState() === "sprung") world.pressButton(PRESS_MS);
  arm(world);
}

function springUpTo(world: TrapWorld, count: number): void {
  while (world.springs < count) {
    rearm(world);
    spring(world);
    world.until(() => world.trapState() === "sprung", "a trap that is released springs", 5000);
  }
}

function begin(world: TrapWorld): void {
  claim(world);
  world.setReachable(false);
  springUpTo(world, SPRINGS_BEFORE);
  expect(world.hasDropped, "the outbox was full before the storm was over");
}

function operate(world: TrapWorld): void {
  springUpTo(world, SPRINGS_IN_ALL);
  world.setReachable(true);
  expectSpringsTold(world);
}

function judge(world: TrapWorld): string {
  const told = world.cloud.countEvents("sprung");
  if (!world.isReachable()) return "waiting";
  expectOnline(world);
  expectTruth(world);
  return told < world.springs ? "being told" : "told";
}

export const STORM: Scenario = createTrapScenario(
  {
    ...{ name: "storm", title: "a trap without a network springs until its outbox holds nothing but alerts" },
    ...{ states: ["waiting", "being told", "told"], isPaired: false },
  },
  { begin, isFromBoot: true, operate, judge },
  () => new TrapWorld((flash) => createStorePort(flash, STORE_PAGES)),
);
