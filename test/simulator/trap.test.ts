// Tests simulator/trap.ts, switch.ts and trap-image.ts with a small bundle written by hand: the whole way from a released plunger to a
// request at a real server, and what a trap keeps.
import * as fs from "node:fs";
import * as http from "node:http";
import type * as net from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import * as assert from "uvu/assert";
import { createSimClock, type SimClock } from "../../simulator/board/clock.ts";
import { createWorld } from "../../simulator/board/radio.ts";
import { BOUNCE_MS_MAX, createSwitch } from "../../simulator/switch.ts";
import { createSimulatedTrap, type SimulatedTrap, type SimulatedTrapOptions } from "../../simulator/trap.ts";
import { eventually } from "../support/eventually.ts";
import { suite } from "../support/suite.ts";
import { IDENTITY, readFixture } from "./fixture/fixture.ts";
import { HOME } from "./workbench.ts";

const test = suite("simulated trap");
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "trapline-trap-"));
const traps: SimulatedTrap[] = [];

function createTrap(options: Partial<SimulatedTrapOptions> = {}): { trap: SimulatedTrap; clock: SimClock } {
  const clock = createSimClock();
  const world = createWorld(HOME);
  const trap = createSimulatedTrap({ identity: IDENTITY, ...readFixture(), clock, world, seed: 7, ...options });
  traps.push(trap);
  return { trap, clock };
}

const linesOf = (trap: SimulatedTrap) => trap.consoleLines().map((entry) => entry.line);

test.after.each(() => {
  for (const trap of traps.splice(0)) trap.stop();
});
test.after(() => fs.rmSync(folder, { recursive: true, force: true }));

test("a new trap lies there without power, set and silent", () => {
  const { trap } = createTrap();
  assert.equal(trap.getState(), {
    serialNumber: IDENTITY.serial,
    macAddress: IDENTITY.mac,
    board: "off",
    resetReason: "power-on",
    wifi: "off",
    networkUp: true,
    plunger: "set",
    button: "up",
    led: false,
    buzzerHz: 0,
    batteryMv: 3900,
  });
});

test("with power it runs the bundle from its slot, knows who it is, and blinks", () => {
  const { trap, clock } = createTrap();
  const led: boolean[] = [];
  trap.powerOn();
  assert.equal(linesOf(trap), [`TL 0 boot serial=${IDENTITY.serial} springs=0`]);
  for (let i = 0; i < 4; i++) {
    clock.advance(500);
    led.push(trap.led());
  }
  assert.equal(led, [true, false, true, false]);
});

test("springing it, bounces and all, is one event to a program that debounces", () => {
  const { trap, clock } = createTrap();
  trap.powerOn();
  for (let i = 1; i <= 5; i++) {
    trap.spring();
    assert.is(trap.getState().plunger, "sprung");
    clock.advance(100);
    assert.is(trap.buzzerHz(), 2400);
    trap.setPlunger();
    clock.advance(100);
    assert.is(linesOf(trap).filter((line) => line.includes("sprung")).length, i);
  }
});

test("a press of the button is as long as it was asked to be", () => {
  const { trap, clock } = createTrap();
  trap.powerOn();
  trap.pressButton(3000);
  clock.advance(2999);
  assert.is(trap.getState().button, "down");
  clock.advance(100);
  assert.is(trap.getState().button, "up");
  const times = linesOf(trap)
    .filter((line) => line.includes("button"))
    .map((line) => line.split(" "));
  assert.equal(
    times.map((words) => words[3]),
    ["down=1", "down=0"],
  );
  const heldMs = Number(times[1]![1]) - Number(times[0]![1]);
  assert.ok(Math.abs(heldMs - 3000) <= BOUNCE_MS_MAX, `held for ${heldMs} ms`);
});

test("a press takes over a hold, and a release ends either", () => {
  const { trap, clock } = createTrap();
  trap.holdButton();
  clock.advance(60_000);
  assert.is(trap.getState().button, "down");
  trap.pressButton(200);
  clock.advance(200);
  assert.is(trap.getState().button, "up");
  trap.pressButton(5000);
  trap.releaseButton();
  clock.advance(10);
  assert.is(trap.getState().button, "up");
});

test("from the snap to the server's answer, over the radio and a real socket", async () => {
  const bodies: string[] = [];
  const server = http.createServer((request, response) => {
    request.on("data", (data) => bodies.push(String(data)));
    request.on("end", () => response.end("thanks"));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as net.AddressInfo;
  const { trap, clock } = createTrap({ identity: { ...IDENTITY, port } });
  trap.powerOn();
  trap.typeCommand(`wifi ${HOME.ssid} ${HOME.password}`);
  clock.advance(1000);
  assert.is(linesOf(trap).at(-1), "TL 250 wifi error=none");
  trap.spring();
  clock.advance(50);
  await eventually(() => linesOf(trap).some((line) => line.includes("answer status=200")), {
    withinMs: 5000,
    because: "the trap hears the server's answer",
  });
  assert.equal(bodies, [JSON.stringify({ serial: IDENTITY.serial, count: 1 })]);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test("the power can go at any moment; the flash remembers, the switches stay as they are", () => {
  const { trap, clock } = createTrap();
  trap.powerOn();
  trap.spring();
  clock.advance(100);
  trap.cutPower();
  assert.equal([trap.led(), trap.buzzerHz(), trap.getState().plunger], [false, 0, "sprung"]);
  trap.setPlunger();
  clock.advance(100);
  trap.powerOn();
  assert.match(linesOf(trap).at(-1)!, "springs=1");
});

test("typed orders reach the program, whatever quotes they hold", () => {
  const { trap } = createTrap();
  trap.powerOn();
  trap.typeCommand("battery");
  assert.is(linesOf(trap).at(-1), "TL 0 battery mv=3899");
  trap.setBatteryMv(3300);
  trap.typeCommand("battery");
  assert.is(linesOf(trap).at(-1), "TL 0 battery mv=3300");
  trap.typeCommand('x"); print("escaped');
  assert.is(linesOf(trap).at(-1), 'TL 0 refused name=x");');
});

test("an image file is kept for the same trap, and made anew for another or on demand", () => {
  const imageFile = path.join(folder, "trap.bin");
  const runOnce = (options: Partial<SimulatedTrapOptions>) => {
    const { trap, clock } = createTrap({ imageFile, ...options });
    trap.powerOn();
    const [boot] = linesOf(trap);
    trap.spring();
    clock.advance(100);
    trap.stop();
    return boot!.split("springs=")[1];
  };
  assert.is(runOnce({}), "0");
  assert.is(runOnce({}), "1");
  assert.is(runOnce({ reflash: true }), "0");
  assert.is(runOnce({}), "1");
  assert.is(runOnce({ identity: { ...IDENTITY, key: "cd".repeat(32) } }), "0");
});

test("watchers hear of changes and lines until they stop, and old lines are let go", () => {
  const { trap } = createTrap();
  let changes = 0;
  const numbers: number[] = [];
  const stopChanges = trap.onChange(() => {
    changes += 1;
  });
  const stopLines = trap.onConsoleLine((entry) => numbers.push(entry.number));
  trap.powerOn();
  assert.ok(changes > 0);
  assert.equal(numbers, [1]);
  stopChanges();
  stopLines();
  changes = 0;
  for (let i = 0; i < 600; i++) trap.typeCommand("x");
  trap.spring();
  assert.is(changes, 0);
  assert.is(trap.consoleLines().length, 500);
  assert.is(trap.consoleLines().at(-1)?.number, 601);
});

test("a switch bounces within its time, ends where it was put, and does the same for the same seed", () => {
  const play = (seed: number | undefined) => {
    const clock = createSimClock();
    const seen: [number, boolean][] = [];
    const one = createSwitch({ clock, seed, drive: (closed) => seen.push([clock.now(), closed]) });
    one.set(true);
    clock.advance(100);
    one.set(true);
    clock.advance(100);
    return seen;
  };
  const seen = play(3);
  assert.equal(seen, play(3));
  assert.ok(seen.length >= 3 && seen.length % 2 === 1, `${seen.length} edges`);
  assert.is(seen.at(-1)?.[1], true);
  assert.ok(seen.every(([ms]) => ms <= BOUNCE_MS_MAX));
  assert.equal(play(undefined), [[0, true]]);
});
