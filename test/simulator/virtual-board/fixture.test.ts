// Tests simulator/virtual-board/fixture.ts: which pin of the fixture does what to the trap, and what it sees of it.
import * as assert from "uvu/assert";
import { createSimClock } from "../../../simulator/board/clock.ts";
import { createFlash } from "../../../simulator/board/flash.ts";
import { createWorld } from "../../../simulator/board/radio.ts";
import { TRAP_PINS } from "../../../simulator/case.ts";
import { createFixture } from "../../../simulator/virtual-board/fixture.ts";
import { createVirtualTrap } from "../../../simulator/virtual-board/virtual-trap.ts";
import { suite } from "../../support/suite.ts";

const test = suite("fixture");

function createDesk() {
  const clock = createSimClock();
  const shared = { clock, hostClock: clock, world: createWorld({ ssid: "home", password: "cheese" }), seed: 1 };
  const flash = createFlash();
  const virtual = createVirtualTrap({ ...shared, flash, mac: "24:0a:c4:00:00:01", plungerSet: false });
  const { trap } = virtual;
  const fixture = createFixture(trap, { ...shared, mac: "24:0a:c4:00:00:02" });
  let heard = "";
  fixture.uart.onSend((bytes) => {
    heard += Buffer.from(bytes).toString("latin1");
  });
  return {
    ...virtual,
    clock,
    fixture,
    /** The value of a line of code on the fixture, or nothing. */
    ask(code: string): string {
      heard = "";
      fixture.uart.receive(Buffer.from(`\x10print(${code})\n`), 115_200);
      return heard.split("\r\n")[0]?.replace(/^>/, "") ?? "";
    },
    read: () => [trap.getState().button, trap.getState().plunger],
    stop() {
      fixture.stop();
      virtual.stop();
    },
  };
}

test("nobody closes the trap's switches until the fixture does, and open drain leaves them alone", () => {
  const desk = createDesk();
  assert.equal(desk.read(), ["up", "sprung"]);
  desk.ask("pinMode(D18,'opendrain'),pinMode(D19,'opendrain'),D18.write(1),D19.write(0)");
  assert.equal(desk.read(), ["up", "set"]);
  desk.ask("D18.write(0),D19.write(1)");
  assert.equal(desk.read(), ["down", "sprung"]);
  desk.ask("pinMode(D18,'input')");
  assert.equal(desk.read(), ["up", "sprung"]);
  desk.ask("pinMode(D19,'auto'),digitalWrite(D19,0)");
  assert.equal(desk.read(), ["up", "set"], "a plain output at 0 is as good a ground");
  desk.stop();
});

test("it reads back the wire: ground when anybody closes it, high when a running trap pulls it up", () => {
  const desk = createDesk();
  desk.ask("pinMode(D18,'opendrain'),pinMode(D19,'opendrain'),D18.write(1),D19.write(1)");
  assert.is(desk.ask("digitalRead(D19)"), "0", "a trap without power pulls nothing");
  desk.trap.board.start("power-on");
  assert.is(desk.ask("digitalRead(D19)+' '+digitalRead(D18)"), "1 1");
  desk.trap.setPlunger();
  desk.clock.advance(100);
  assert.is(desk.ask("digitalRead(D19)"), "0");
  desk.ask("D18.write(0)");
  assert.is(desk.ask("digitalRead(D18)"), "0");
  desk.trap.board.powerOff();
  assert.is(desk.ask("digitalRead(D21)+' '+digitalRead(D22)"), "0 0");
  desk.stop();
});

test("it sees the trap's LED and buzzer", () => {
  const desk = createDesk();
  const { pins } = desk.trap.board;
  desk.trap.board.start("power-on");
  pins.setMode(TRAP_PINS.led, "output");
  pins.write(TRAP_PINS.led, 1);
  assert.is(desk.ask("digitalRead(D21)+' '+digitalRead(D22)"), "1 0");
  pins.write(TRAP_PINS.led, 0);
  pins.writeWave(TRAP_PINS.buzzer, 0.5, 2700);
  assert.is(desk.ask("digitalRead(D21)+' '+digitalRead(D22)"), "0 1");
  pins.write(TRAP_PINS.buzzer, 0);
  assert.is(desk.ask("digitalRead(D22)"), "0");
  desk.stop();
});

test("its own lines reset it, and its hands let go meanwhile", () => {
  const desk = createDesk();
  desk.ask("D19.write(0)");
  assert.equal(desk.read(), ["up", "set"]);
  desk.fixture.uart.lines.set({ dtr: false, rts: true });
  assert.equal(desk.read(), ["up", "sprung"]);
  assert.is(desk.ask("1"), "");
  desk.fixture.uart.lines.set({ rts: false });
  assert.is(desk.ask("'back'"), "back");
  desk.stop();
});

test("the button it holds is the strap of the trap's chip, and so are the lines", () => {
  const desk = createDesk();
  desk.ask("D18.write(0)");
  desk.chip.setPower(true);
  desk.clock.advance(50);
  assert.is(desk.chip.state(), "loader");
  desk.ask("pinMode(D18,'input')");
  desk.uart.lines.set({ dtr: false, rts: true });
  desk.uart.lines.set({ rts: false });
  desk.clock.advance(50);
  assert.is(desk.chip.state(), "looping");
  desk.uart.lines.set({ rts: true });
  desk.uart.lines.set({ dtr: true, rts: false });
  desk.clock.advance(50);
  assert.is(desk.chip.state(), "loader");
  assert.is(desk.trap.getState().button, "up", "the lines press no button");
  desk.stop();
});

test("typed at another speed, a line is noise to it", () => {
  const desk = createDesk();
  desk.fixture.uart.receive(Buffer.from("\x10D19.write(0)\n"), 9_600);
  assert.equal(desk.read(), ["up", "sprung"]);
  desk.fixture.uart.receive(Buffer.from("\x03\n"), 115_200);
  assert.is(desk.ask("1+1"), "2");
  desk.stop();
});
