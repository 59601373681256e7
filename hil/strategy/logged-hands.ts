// Owns telling what the bench's hands do: a switch and a fixture as they are, and a word on the log with each of their doings.
import type { Fixture } from "../drivers/fixture/fixture.ts";
import type { Switch } from "../drivers/switch/switch.ts";

export function logSwitch(one: Switch, log: (text: string) => void): Switch {
  return {
    name: one.name,
    async set(on) {
      await one.set(on);
      log(on ? "on" : "off");
    },
    close: () => one.close(),
  };
}

export function logFixture(one: Fixture, log: (text: string) => void): Fixture {
  return {
    name: one.name,
    async setButton(pressed) {
      await one.setButton(pressed);
      log(pressed ? "button down" : "button up");
    },
    async pressButton(ms) {
      log(`button down for ${ms} ms`);
      await one.pressButton(ms);
      log("button up");
    },
    async setPlunger(set) {
      await one.setPlunger(set);
      log(set ? "plunger set" : "plunger released");
    },
    readLed: () => one.readLed(),
    close: () => one.close(),
  };
}
