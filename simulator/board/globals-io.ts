// Owns the pins as programs see them: objects D0 to D39 and the functions that read and write them. A pin whose mode was never told
// changes it by itself at every reading, as on the chip, and loses its resistor by that.
import { PIN_COUNT, type PinMode, type Pins } from "./pins.ts";
import { checkPin, isObject, type Program } from "./program.ts";
import { type Callable, ProgramError, type Realm, type RealmObject } from "./realm.ts";

const MODES: Record<PinMode, true> = {
  analog: true,
  input: true,
  input_pullup: true,
  input_pulldown: true,
  output: true,
  opendrain: true,
  opendrain_pullup: true,
};

export interface PinObjects {
  pinObject(pin: number): RealmObject | undefined;
  toPin(value: unknown): number;
}

/** Puts D0 to D39 and Pin into the realm. */
export function exposePins(realm: Realm): PinObjects {
  const numbers = new WeakMap<object, number>();
  const prototype = realm.createObject();
  const objects: RealmObject[] = [];
  for (let pin = 0; pin < PIN_COUNT; pin++) {
    const object = Object.setPrototypeOf(realm.createObject(), prototype) as RealmObject;
    numbers.set(object, pin);
    objects.push(object);
    realm.global[`D${pin}`] = object;
  }

  function toPin(value: unknown): number {
    if (typeof value === "number") return checkPin(value);
    if (typeof value === "string" && /^D\d+$/.test(value)) return checkPin(Number(value.slice(1)));
    return checkPin(typeof value === "object" && value !== null ? numbers.get(value) : undefined);
  }

  const toName: Callable = function () {
    return `D${toPin(this)}`;
  };
  realm.expose(
    prototype,
    {
      toString: toName,
      toJSON: toName,
      valueOf() {
        return toPin(this);
      },
    },
    true,
  );
  realm.expose(realm.global, { Pin: (value) => objects[toPin(value)] });
  (realm.global.Pin as { prototype: unknown }).prototype = prototype;
  return { pinObject: (pin) => objects[pin], toPin };
}

export function exposeIo(program: Program): void {
  const { realm, toPin } = program;
  const { pins } = program.chip;
  const access = createAccess(pins);
  const functions: Record<string, Callable> = {
    digitalRead: (pin) =>
      Array.isArray(pin)
        ? pin.reduce<number>((bits, one) => (bits << 1) | access.read(toPin(one)), 0)
        : access.read(toPin(pin)),
    digitalWrite(pin, value) {
      const bits = typeof value === "boolean" ? (value ? -1 : 0) : Math.trunc(Number(value)) || 0;
      if (!Array.isArray(pin)) return access.write(toPin(pin), bits !== 0);
      for (const [i, one] of [...pin].reverse().entries()) access.write(toPin(one), ((bits >> i) & 1) === 1);
    },
    analogRead: (pin) => pins.readAnalog(toPin(pin)),
    analogWrite(pin, value, options) {
      const hz = isObject(options) ? Number(options.freq ?? 0) : 0;
      pins.writeWave(toPin(pin), Number(value) || 0, Number.isFinite(hz) ? hz : 0);
    },
    pinMode: (pin, mode, automatic) => access.setMode(toPin(pin), mode, Boolean(automatic)),
    getPinMode: (pin) => pins.getMode(toPin(pin)) ?? "input",
    digitalPulse(pin, value, ms) {
      const number = toPin(pin);
      access.write(number, Boolean(value));
      if (Number(ms) > 0) program.loop.setTimer(Number(ms), () => access.write(number, !value));
    },
  };
  realm.expose(realm.global, functions);
  exposePinMethods(program, functions);
}

interface Access {
  read(pin: number): 0 | 1;
  write(pin: number, high: boolean): void;
  setMode(pin: number, mode: unknown, automatic: boolean): void;
}

function createAccess(pins: Pins): Access {
  /** Pins whose mode the program has set, so that reading and writing leave it alone. */
  const manual = new Set<number>();
  return {
    read(pin) {
      if (!manual.has(pin)) pins.setMode(pin, "input");
      return pins.read(pin);
    },
    write(pin, high) {
      if (!manual.has(pin)) pins.setMode(pin, "output");
      pins.write(pin, high ? 1 : 0);
    },
    setMode(pin, mode, automatic) {
      if (typeof mode === "string" && Object.hasOwn(MODES, mode)) {
        if (automatic) manual.delete(pin);
        else manual.add(pin);
        return pins.setMode(pin, mode as PinMode);
      }
      manual.delete(pin);
      if (mode !== undefined && mode !== "auto") throw new ProgramError("Unknown pin mode");
    },
  };
}

function exposePinMethods(program: Program, functions: Record<string, Callable>): void {
  const prototype = (program.realm.global.Pin as { prototype: RealmObject }).prototype;
  const call = (name: string, pin: unknown, ...args: unknown[]) => functions[name]!.call(undefined, pin, ...args);
  program.realm.expose(
    prototype,
    {
      read() {
        return call("digitalRead", this) === 1;
      },
      write(value) {
        call("digitalWrite", this, Boolean(value));
      },
      set() {
        call("digitalWrite", this, true);
      },
      reset() {
        call("digitalWrite", this, false);
      },
      mode(mode) {
        call("pinMode", this, mode);
      },
      analog() {
        return call("analogRead", this);
      },
      pwm(value, options) {
        call("analogWrite", this, value, options);
      },
    },
    true,
  );
}
