// Owns what concerns the owner of a trap under power cuts: it is claimed, its credentials are replaced, its configuration is wished
// otherwise, it is reset. In each the trap springs once, and the cloud must hear of it.
import { CLAIM_KEY, CREDENTIALS_KEY, decodeCredentials, RELEASE_KEY } from "../../../firmware/store/settings.ts";
import { expect, type Scenario } from "../scenario.ts";
import { createHastyPort } from "../store-port.ts";
import {
  arm,
  claim,
  createTrapScenario,
  expectOnline,
  expectSpringsTold,
  expectTruth,
  isOwned,
  nameNetwork,
  settle,
  spring,
  type TrapScript,
} from "../trap-acts.ts";
import { TrapWorld } from "../trap-world.ts";

const createWorld = () => new TrapWorld();

function claimAndArm(world: TrapWorld): void {
  claim(world);
  arm(world);
}

/** Springs, if it has not yet. */
function springOnce(world: TrapWorld): void {
  if (world.springs === 0) {
    arm(world);
    spring(world);
  }
  expectSpringsTold(world);
}

const claiming: TrapScript = {
  ...{ begin: () => undefined, isFromBoot: true },
  operate(world) {
    claim(world);
    springOnce(world);
  },
  judge(world) {
    settle(world);
    expect(
      world.sayOwnership() === (isOwned(world) ? "owned" : "free"),
      "the trap does not say truthfully whose it is",
    );
    if (isOwned(world)) return "claimed";
    return world.findRecord(CLAIM_KEY) === null ? "free" : "being claimed";
  },
};

const rotation: TrapScript = {
  ...{ begin: claimAndArm, isFromBoot: true },
  operate(world) {
    if (world.cloud.state.rotations === 0) world.cloud.rotate();
    world.until(() => world.isOnline(), "the trap comes online with its new credentials");
    springOnce(world);
  },
  judge(world) {
    const stored = decodeCredentials(world.findRecord(CREDENTIALS_KEY));
    expect(stored !== null, "the trap has no credentials any more");
    const isGood = stored?.password === world.cloud.password();
    const state = world.cloud.state.rotations > 0 && isGood ? "new" : "old";
    expectOnline(world);
    expectTruth(world);
    return state;
  },
};

const WISH = { rev: 7, telemetryS: 60, confirmMs: 200, armDelayMs: 500, buzzer: false };

const configuration: TrapScript = {
  ...{ begin: claimAndArm, isFromBoot: true },
  operate(world) {
    if (world.cloud.state.wish === null) world.cloud.want(WISH);
    world.until(() => world.cloud.state.reported?.rev === WISH.rev, "the trap reports the new configuration");
    expect(JSON.stringify(world.cloud.state.reported) === JSON.stringify(WISH), "what is reported is what was wished");
    springOnce(world);
  },
  judge(world) {
    settle(world);
    const rev = world.cloud.state.hello?.rev;
    expect(rev === 0 || rev === WISH.rev, `hello speaks of a configuration ${rev}`);
    return rev === 0 ? "old" : "new";
  },
};

const reset: TrapScript = {
  ...{ begin: claimAndArm, isFromBoot: true },
  operate(world) {
    const { cloud } = world;
    if (isOwned(world) && cloud.state.releases === 0) world.type("reset");
    nameNetworkAgain(world);
    world.until(() => cloud.state.releases > 0, "the cloud hears of the reset");
    world.until(() => world.findRecord(RELEASE_KEY) === null, "the trap knows that the cloud has heard of the reset");
    nameNetworkAgain(world);
    claim(world);
    springOnce(world);
  },
  judge(world) {
    const isReleasing = world.findRecord(RELEASE_KEY) !== null;
    if (world.cloud.state.releases > 0 && isReleasing) return "told, and not known to be";
    if (isReleasing) {
      expect(!isOwned(world), "the trap is to tell of its reset and is still the owner's");
      return "let go";
    }
    if (isOwned(world)) {
      settle(world);
      return world.cloud.state.releases > 0 ? "claimed anew" : "old";
    }
    expect(world.cloud.state.releases > 0, "the trap has let go and the cloud will never hear of it");
    return "free";
  },
};

/** The network goes with the reset, and a person names it again after the boot. */
function nameNetworkAgain(world: TrapWorld): void {
  world.until(() => !world.isRestartDue(), "the trap restarts after a reset");
  nameNetwork(world);
}

export const CLAIM: Scenario = createTrapScenario(
  {
    ...{ name: "claim", title: "a fresh trap is put on a network and claimed" },
    ...{ states: ["free", "being claimed", "claimed"], isPaired: false },
  },
  claiming,
  createWorld,
);

/** The same on a flash that acknowledges before it writes: must be caught. */
export const HASTY_CLAIM: Scenario = createTrapScenario(
  {
    ...{ name: "broken-flash", title: "a whole trap on flash that acknowledges before it writes" },
    ...{ states: ["free", "being claimed", "claimed"], isPaired: false },
  },
  claiming,
  () => new TrapWorld(createHastyPort),
);

export const ROTATION: Scenario = createTrapScenario(
  {
    ...{ name: "rotation", title: "the credentials are replaced, and the old ones refused" },
    ...{ states: ["old", "new"], isPaired: false },
  },
  rotation,
  createWorld,
);

export const CONFIGURATION: Scenario = createTrapScenario(
  {
    ...{ name: "configuration", title: "the owner wishes another configuration" },
    ...{ states: ["old", "new"], isPaired: false },
  },
  configuration,
  createWorld,
);

export const RESET: Scenario = createTrapScenario(
  {
    ...{ name: "reset", title: "the trap is reset to how it left the factory, and claimed anew" },
    states: ["old", "let go", "told, and not known to be", "free", "claimed anew"],
    isPaired: false,
  },
  reset,
  createWorld,
);
