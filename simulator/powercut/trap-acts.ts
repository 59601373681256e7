// Owns what several scripts do with a trap and ask of it: to become claimed, armed, sprung, and to say truthfully what it is.
import { CREDENTIALS_KEY } from "../../firmware/store/settings.ts";
import type { Scenario, Stage } from "./scenario.ts";
import { expect } from "./scenario.ts";
import type { TrapWorld } from "./trap-world.ts";

const WIFI = "wifi ssid=home pass=cheese-please";
/** Time in which a message too many would come. */
const AFTERMATH_MS = 1000;

export interface TrapScript {
  /** From a fresh board, the power on, to where the operation begins. */
  begin(world: TrapWorld): void;
  /** The operation begins with switching the trap off and on, so that what a boot writes is cut too. */
  isFromBoot: boolean;
  /** The operation, from wherever it stands, to its end. */
  operate(world: TrapWorld): void;
  /** After a boot: what must hold, and the name of the state. */
  judge(world: TrapWorld): string;
}

export function createTrapScenario(
  about: Omit<Scenario, "createStage">,
  script: TrapScript,
  createWorld: () => TrapWorld,
): Scenario {
  return { ...about, createStage: () => createTrapStage(createWorld(), script) };
}

function createTrapStage(world: TrapWorld, script: TrapScript): Stage {
  return {
    flash: world.flash,
    prepare() {
      world.powerOn();
      script.begin(world);
    },
    run() {
      if (script.isFromBoot) world.powerOn();
      script.operate(world);
    },
    recover() {
      world.powerOn();
      return script.judge(world);
    },
    powerOff: () => world.powerOff(),
    saveOutside: () => world.save(),
    restoreOutside: (saved) => world.restore(saved),
    setTeller(tell) {
      world.tell = tell;
    },
  };
}

export function isOwned(world: TrapWorld): boolean {
  return world.findRecord(CREDENTIALS_KEY) !== null;
}

/** A boot comes online if the trap has ever been: it is still claimed, and says truthfully what it runs and what it is set to. */
export function settle(world: TrapWorld): void {
  const { cloud } = world;
  if (cloud.state.claim === "confirmed") {
    expect(isOwned(world), "the trap is the owner's in the cloud and has no credentials");
    expectOnline(world);
  }
  if (!world.isOnline()) return;
  expectTruth(world);
}

export function expectOnline(world: TrapWorld): void {
  world.until(() => world.isOnline(), "the trap comes online");
}

/** What hello said of the firmware is what stands in the slot that was booted. */
export function expectTruth(world: TrapWorld): void {
  const { hello, reported } = world.cloud.state;
  expect(hello !== null, "a trap that is online has said hello");
  expect(
    hello?.sha256 === world.running.sha256,
    `hello says it runs ${hello?.sha256}, it runs ${world.running.sha256}`,
  );
  expect(
    hello?.version === world.running.version,
    `hello says version ${hello?.version}, it is ${world.running.version}`,
  );
  expect(
    reported === null || hello === null || reported.rev >= hello.rev,
    "an older configuration is reported than hello said",
  );
}

/** From a fresh board to one that is claimed and online. */
export function claim(world: TrapWorld): void {
  nameNetwork(world);
  if (!isOwned(world)) world.type("claim");
  world.until(() => world.isOnline(), "the trap is claimed and comes online");
}

export function nameNetwork(world: TrapWorld): void {
  if (world.findRecord("wifi") === null) world.type(WIFI);
}

export function arm(world: TrapWorld): void {
  world.setPlunger(true);
  world.until(() => world.trapState() === "armed", "the trap arms when its plunger is set", 20_000);
}

/** Something is caught. Whatever happens from now on, the cloud has to hear of it once. */
export function spring(world: TrapWorld): void {
  world.springs += 1;
  world.setPlunger(false);
}

/** Every spring that happened has reached the cloud, each as one event. */
export function expectSpringsTold(world: TrapWorld): void {
  expectOnline(world);
  world.until(
    () => world.cloud.countEvents("sprung") === world.springs,
    `all of ${world.springs} springs are told, ${world.cloud.countEvents("sprung")} at first`,
  );
  world.advance(AFTERMATH_MS);
}
