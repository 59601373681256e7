// The very bundle on the double of the board, whose interpreter is made to fail as the real one does: a lost handler, lost timers, memory
// that is gone, a call that blocks, a program that hangs. Each ends in a new start, and the boot after it says why [HEALTH-1].
import * as path from "node:path";
import * as assert from "uvu/assert";
import { type Identity, parseConsoleLine, RESET_MEMORY, RESET_SOFTWARE, RESET_STUCK, RESET_WATCHDOG } from "#protocol";
import { ensureImage, type TrapImage } from "../../firmware/image/ensure-image.ts";
import { createSimClock, type SimClock } from "../../simulator/board/clock.ts";
import { createWorld } from "../../simulator/board/radio.ts";
import { createSimulatedTrap, type SimulatedTrap, type SimulatedTrapOptions } from "../../simulator/trap.ts";
import { suite } from "../support/suite.ts";

const test = suite("a trap's health", { limitMs: 120_000, fileLimitMs: 300_000 });
const ROOT = path.resolve(import.meta.dirname, "../..");
const WIFI = { ssid: "home", password: "sweet home" };
const MINUTE = 60_000;
/** As firmware/board/chip.ts arms it. */
const WATCHDOG_MS = 90_000;
const IDENTITY: Identity = {
  ...{ serial: "TL-HEALTH-1", mac: "24:0a:c4:11:33:01", key: "7b".repeat(32), hardware: "esp32", kind: "snap" },
  ...{ host: "cloud.test", port: 3000 },
};

let firmware: TrapImage;
let trap: SimulatedTrap | undefined;

test.before(async () => {
  firmware = await ensureImage({ root: ROOT, outDir: path.join(ROOT, ".trapline", "firmware") });
});
test.after.each(() => {
  trap?.stop();
  trap = undefined;
});

function start(options: Partial<SimulatedTrapOptions> = {}): { trap: SimulatedTrap; clock: SimClock } {
  const clock = createSimClock();
  const world = createWorld(WIFI);
  trap = createSimulatedTrap({ ...firmware, identity: IDENTITY, clock, world, seed: 5, bootMs: 300, ...options });
  trap.powerOn();
  clock.advance(5000);
  return { trap, clock };
}

/** The reasons of all boots so far, as the console told them. */
function listReasons(of: SimulatedTrap): number[] {
  const lines = of.consoleLines().map((entry) => parseConsoleLine(entry.line));
  return lines.filter((line) => line?.name === "boot").map((line) => Number(line?.fields.reason));
}

test("a handler that the interpreter took away is noticed at the next chores", () => {
  const errorFlags: string[] = [];
  const { trap, clock } = start({ errorFlags });
  errorFlags.push("CALLBACK", "LOW_MEMORY", "MEMORY");
  clock.advance(20_000);
  assert.equal(listReasons(trap), [1, RESET_STUCK]);
});

test("watches that are gone are noticed by the edges that nobody tells of", () => {
  const { trap, clock } = start();
  trap.board.console.type("clearWatch()\n");
  trap.spring();
  clock.advance(20_000);
  trap.setPlunger();
  clock.advance(20_000);
  assert.equal(listReasons(trap), [1, RESET_STUCK]);
});

test("timers that are gone leave the watchdog hungry", () => {
  const { trap, clock } = start();
  trap.board.console.type("clearTimeout()\n");
  clock.advance(WATCHDOG_MS + 5000);
  assert.equal(listReasons(trap), [1, RESET_WATCHDOG]);
});

test("memory that stays short ends in a new start after ten minutes, a moment's shortage in none", () => {
  const memory = { total: 2500, used: 1600 };
  const { trap, clock } = start({ memory });
  memory.used = 2450;
  clock.advance(5 * MINUTE);
  memory.used = 1600;
  clock.advance(20 * MINUTE);
  assert.equal(listReasons(trap), [1]);
  memory.used = 2450;
  clock.advance(11 * MINUTE);
  assert.equal(listReasons(trap), [1, RESET_MEMORY]);
});

test("a call that blocks for longer than the watchdog waits is ended by it", () => {
  let clock: SimClock | undefined;
  let isBlocking = true;
  const started = start({
    resolveHost(host) {
      // The interpreter stands still while the name is looked up, and time goes on.
      const blocks = isBlocking;
      isBlocking = false;
      if (blocks) clock?.advance(WATCHDOG_MS + 1000);
      return host;
    },
  });
  clock = started.clock;
  started.trap.typeCommand(`wifi ssid=${WIFI.ssid} pass="${WIFI.password}"`);
  started.clock.advance(5000);
  started.trap.typeCommand("claim");
  started.clock.advance(10_000);
  assert.is(isBlocking, false, "a name was looked up");
  assert.equal(listReasons(started.trap), [1, RESET_WATCHDOG]);
});

test("a program that hangs is ended by the watchdog", () => {
  const { trap, clock } = start({ evaluateLimitMs: 3000, limitCallbacks: true });
  trap.board.console.type("while(true);\n");
  assert.is(trap.board.state(), "hung");
  clock.advance(WATCHDOG_MS + 5000);
  assert.equal([trap.board.state(), listReasons(trap)], ["running", [1, RESET_WATCHDOG]]);
});

test("an order to start anew is no sickness", () => {
  const { trap, clock } = start();
  trap.typeCommand("reboot");
  clock.advance(5000);
  assert.equal(listReasons(trap), [1, RESET_SOFTWARE]);
});
