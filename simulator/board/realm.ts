// Owns one running JavaScript world: a node:vm context stripped to what the interpreter has, into which the board's functions are put.
// Every one of them is a door: behind it the host's errors become the program's, and a program whose board has lost power finds every
// door shut. It leaves what the functions do to the globals and modules. (node:vm keeps programs apart; it does not imprison them.)
import * as vm from "node:vm";
import { PowerCutError } from "./flash.ts";
import { LANGUAGE_GLOBALS, LANGUAGE_METHODS, LANGUAGE_STATICS } from "./language.ts";
import { REALM_PRELUDE } from "./realm-prelude.ts";
import { StorageError } from "./storage.ts";

export type Callable = (this: unknown, ...args: unknown[]) => unknown;
export type RealmObject = Record<string, unknown>;
export type ErrorKind = "Error" | "TypeError" | "InternalError";

/** What a board function throws for the program to catch. */
export class ProgramError extends Error {
  readonly kind: ErrorKind;
  constructor(message: string, kind: ErrorKind = "Error") {
    super(message);
    this.kind = kind;
  }
}

/** Thrown into a program whose board is no longer running: it unwinds, whatever it catches on the way. */
export class HaltError extends Error {
  override name = "HaltError";
}

export interface RealmHost {
  isAlive(): boolean;
  /** The flash lost power under this program. */
  onPowerCut(): void;
  /** The program's `Date.now()` in milliseconds. */
  systemTimeMs(): number;
  /** 31 bits. */
  random(): number;
}

export interface Realm {
  readonly global: RealmObject;
  createObject(fields?: RealmObject): RealmObject;
  createArray(items: unknown[]): unknown[];
  createBytes(bytes: Uint8Array): Uint8Array;
  createBuffer(bytes: Uint8Array): ArrayBuffer;
  createError(message: string, kind?: ErrorKind): unknown;
  /** Puts functions on an object of the realm, each behind the door. Not enumerable if `hidden`. Returns the object. */
  expose(target: RealmObject, functions: Record<string, Callable>, hidden?: boolean): RealmObject;
  /** Runs code in the global scope. @throws whatever it throws, and after `limitMs` of host time an error with `code`. */
  evaluate(code: string, fileName: string, limitMs: number): unknown;
  /** Calls a function of ours or the program's under the same limit. It costs a tenth of a millisecond. */
  callLimited(fn: () => void, limitMs: number): void;
}

export const TIMEOUT_CODE = "ERR_SCRIPT_EXECUTION_TIMEOUT";

export function createRealm(host: RealmHost): Realm {
  const context = vm.createContext({});
  const run = (code: string) => vm.runInContext(code, context) as unknown;
  const global = run("globalThis") as RealmObject;
  (run(REALM_PRELUDE) as Callable)(host.systemTimeMs, host.random);
  stripLanguage(run, global);
  const classOf = <T>(name: string) => global[name] as new (...args: unknown[]) => T;
  const ObjectClass = classOf<RealmObject>("Object");
  const ArrayClass = classOf<unknown[]>("Array");
  const BytesClass = classOf<Uint8Array>("Uint8Array");
  const BufferClass = classOf<ArrayBuffer>("ArrayBuffer");

  const limited = createLimitedCall(context, global);

  const createError = (message: string, kind: ErrorKind = "Error") => new (classOf<unknown>(kind))(message);

  function translate(thrown: unknown): unknown {
    if (thrown instanceof PowerCutError) {
      host.onPowerCut();
      return new HaltError();
    }
    if (thrown instanceof ProgramError) return createError(thrown.message, thrown.kind);
    if (thrown instanceof StorageError || thrown instanceof RangeError) return createError(thrown.message);
    return thrown;
  }

  function throughDoor(fn: Callable): Callable {
    return function (this: unknown, ...args: unknown[]) {
      if (!host.isAlive()) throw new HaltError();
      try {
        return fn.apply(this, args);
      } catch (thrown) {
        throw translate(thrown);
      }
    };
  }

  return {
    global,
    createObject: (fields = {}) => Object.assign(new ObjectClass(), fields),
    createArray(items) {
      const array = new ArrayClass();
      array.push(...items);
      return array;
    },
    createBytes(bytes) {
      const copy = new BytesClass(bytes.length);
      copy.set(bytes);
      return copy;
    },
    createBuffer(bytes) {
      const buffer = new BufferClass(bytes.length);
      new Uint8Array(buffer).set(bytes);
      return buffer;
    },
    createError,
    expose(target, functions, hidden = false) {
      for (const [name, fn] of Object.entries(functions)) {
        const property = { value: throughDoor(fn), writable: true, configurable: true, enumerable: !hidden };
        Object.defineProperty(target, name, property);
      }
      return target;
    },
    evaluate: (code, fileName, limitMs) => vm.runInContext(code, context, { filename: fileName, timeout: limitMs }),
    callLimited: limited,
  };
}

/** Only a script can be given a limit: a small one that calls whatever stands behind a name no program would think of. */
function createLimitedCall(context: vm.Context, global: RealmObject): Realm["callLimited"] {
  const name = "\0call";
  let wanted: () => void = () => undefined;
  Object.defineProperty(global, name, { value: () => wanted(), enumerable: false });
  const script = new vm.Script(`globalThis[${JSON.stringify(name)}]()`, { filename: "callback" });
  return (fn, limitMs) => {
    wanted = fn;
    script.runInContext(context, { timeout: limitMs });
  };
}

function stripLanguage(run: (code: string) => unknown, global: RealmObject): void {
  const typedArray = run("Object.getPrototypeOf(Uint8Array)") as object;
  const classes: [string, object][] = LANGUAGE_GLOBALS.map((name) => [name, global[name] as object]);
  const find = new Map<string, object>([...classes, ["TypedArray", typedArray]]);
  for (const [name, kept] of Object.entries(LANGUAGE_METHODS)) {
    const prototype = (find.get(name) as { prototype: object }).prototype;
    strip(prototype, [...kept, "constructor"]);
  }
  for (const [name, kept] of Object.entries(LANGUAGE_STATICS)) {
    strip(find.get(name)!, [...kept, "prototype", "length", "name"]);
  }
  strip(global, LANGUAGE_GLOBALS);
}

/** Symbols stay: the engine itself looks them up. */
function strip(target: object, kept: readonly string[]): void {
  for (const name of Object.getOwnPropertyNames(target)) {
    if (!kept.includes(name)) Reflect.deleteProperty(target, name);
  }
}
