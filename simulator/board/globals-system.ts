// Owns the rest of what the interpreter puts into the global scope: E, ESP32, process, console, time, registers, base64, modules.
// What depends on parts of the chip that are not doubled (sound, displays, buses) is not there at all.
import { bytesToText, iterableToBytes, textToBytes, toBytes } from "./bytes.ts";
import { createDgramModule } from "./modules/dgram-module.ts";
import { createHttpModule } from "./modules/http-module.ts";
import { INTERPRETER_VERSION } from "./modules/http-text.ts";
import { createNetModule } from "./modules/net-module.ts";
import { createCryptoModule, createTelnetModule } from "./modules/small-modules.ts";
import { createFlashModule, createStorageModule } from "./modules/storage-module.ts";
import { createWifiModule } from "./modules/wifi-module.ts";
import { isObject, type Program } from "./program.ts";
import { type Callable, ProgramError, type RealmObject } from "./realm.ts";
import { crc32 } from "./storage.ts";
import { STORAGE_BYTES } from "./storage-directory.ts";

const MODULES: Record<string, (program: Program) => RealmObject> = {
  Storage: createStorageModule,
  Flash: createFlashModule,
  Wifi: createWifiModule,
  net: createNetModule,
  dgram: createDgramModule,
  http: createHttpModule,
  crypto: createCryptoModule,
  TelnetServer: createTelnetModule,
};
/** Host time until code that is evaluated at a stroke counts as hanging. */
export const EVALUATE_LIMIT_MS = 5_000;

export function exposeSystem(program: Program): void {
  exposeInterpreter(program);
  exposeProcess(program);
  exposeChip(program);
  exposeBluetooth(program);
  exposeGlobalFunctions(program);
  exposeModules(program);
}

function exposeInterpreter(program: Program): void {
  const { chip, realm } = program;
  const flags = realm.createObject();
  realm.global.E = realm.expose(realm.createObject(), {
    enableWatchdog(seconds, isAuto) {
      const s = Number(seconds);
      chip.watchdog.enable(Math.round(s >= 0 ? s : 1) * 1000, isAuto === undefined || Boolean(isAuto));
    },
    kickWatchdog: () => chip.watchdog.kick(),
    defrag: () => undefined,
    getErrorFlags: () => realm.createArray(chip.errorFlags.splice(0)),
    getFlags: () => flags,
    setFlags: (next) => void Object.assign(flags, next),
    srand: (seed) => chip.random.seed(Number(seed)),
    hwRand: () => chip.random.next(),
    setConsole(device) {
      if (device !== null && typeof device !== "string") throw new ProgramError("Unknown device type");
      chip.console.setDevice(device);
    },
    getConsole: () => chip.console.device(),
    setPassword: (password) => chip.console.setPassword(password === undefined ? undefined : String(password)),
    lockConsole: () => chip.console.lock(),
    toString: (...values) => bytesToText(toBytes(...values)),
    toUint8Array: (...values) => realm.createBytes(toBytes(...values)),
    toArrayBuffer: (text) => (typeof text === "string" ? realm.createBuffer(textToBytes(text)) : undefined),
    CRC32(data) {
      const bytes = iterableToBytes(data);
      return bytes && crc32(bytes);
    },
    clip: (value, min, max) => Math.min(Math.max(Number(value), Number(min)), Number(max)),
    reverseByte: (value) =>
      Number.parseInt((Number(value) & 255).toString(2).padStart(8, "0").split("").reverse().join(""), 2),
    setTimeZone: () => undefined,
    getTemperature: () => 42,
    setBootCode(code, always) {
      for (const name of [".bootcde", ".bootrst"]) chip.storage.erase(name);
      if (typeof code === "string" && code !== "")
        chip.storage.write(always ? ".bootrst" : ".bootcde", textToBytes(code));
    },
    reboot: () => chip.reboot(),
  });
}

function exposeProcess(program: Program): void {
  const { chip, realm } = program;
  const process = realm.expose(realm.createObject(), {
    memory() {
      const { total, used } = chip.memory;
      const free = total - used;
      return realm.createObject({ free, usage: used, total, history: 0, gc: 0, gctime: 1.5, blocksize: 14 });
    },
  });
  const env = () =>
    realm.createObject({
      VERSION: INTERPRETER_VERSION,
      GIT_COMMIT: "simulator",
      BOARD: "ESP32",
      RAM: 524_288,
      FLASH: 4_194_304,
      STORAGE: STORAGE_BYTES,
      SERIAL: chip.macAddress.replaceAll(":", "").replace(/^(.{8})/, "$1-"),
      CONSOLE: chip.console.device(),
      MODULES: Object.keys(MODULES).join(","),
    });
  Object.defineProperty(process, "env", { get: env, enumerable: true, configurable: true });
  process.version = INTERPRETER_VERSION;
  realm.global.process = process;
}

function exposeChip(program: Program): void {
  const { chip, realm } = program;
  realm.global.ESP32 = realm.expose(realm.createObject(), {
    reboot: () => chip.reboot(),
    // A sleeping chip is started anew when it wakes. The time is 32 bits with a sign: beyond 35 minutes it never does.
    deepSleep(us) {
      const us32 = Number(us) | 0;
      chip.sleep(us32 < 0 ? undefined : us32 / 1000);
    },
    getWakeupCause: () => chip.wakeupCause(),
    getState: () =>
      realm.createObject({ sdkVersion: "v3.1", freeHeap: 60_000, BLE: false, Wifi: true, minHeap: 40_000 }),
    // On the chip these erase the saved code and start anew; a program that calls them at every boot would never get further.
    enableBLE: () => undefined,
    enableWifi: () => undefined,
    setAtten: () => undefined,
    setOTAValid: () => undefined,
  });
}

/** As much of Bluetooth as decides whether a console stands open over it. */
function exposeBluetooth(program: Program): void {
  const { chip, realm } = program;
  realm.global.NRF = realm.expose(realm.createObject(), {
    setServices(_services, options) {
      if (isObject(options) && options.uart !== undefined) chip.setBle({ uart: Boolean(options.uart) });
    },
    sleep: () => chip.setBle({ awake: false }),
    wake: () => chip.setBle({ awake: true }),
  });
}

function exposeGlobalFunctions(program: Program): void {
  const { chip, realm } = program;
  const print: Callable = (...values) => chip.console.print(values.map(formatValue).join(" "));
  realm.expose(realm.global, {
    print,
    getTime: () => chip.systemTimeMs() / 1000,
    setTime: (seconds) => chip.setSystemTimeMs(Number(seconds) * 1000),
    getSerial: () => chip.macAddress.replaceAll(":", "").replace(/^(.{8})/, "$1-"),
    reset(clearFlash) {
      if (clearFlash) for (const name of [".varimg", ".bootcde", ".bootrst"]) chip.storage.erase(name);
      chip.restart({ kind: "reset" });
    },
    load: (file) => chip.restart(file === undefined ? { kind: "load" } : { kind: "load", file: String(file) }),
    echo: (on) => chip.console.setEcho(Boolean(on)),
    trace: () => undefined,
    peek8: (address) => chip.peek(Number(address)) & 0xff,
    peek16: (address) => chip.peek(Number(address)) & 0xffff,
    peek32: (address) => chip.peek(Number(address)),
    poke8: () => undefined,
    poke16: () => undefined,
    poke32: () => undefined,
    btoa: (text) => Buffer.from(textToBytes(String(text))).toString("base64"),
    atob: (text) => Buffer.from(String(text), "base64").toString("latin1"),
  });
  const names = ["log", "debug", "info", "warn", "error"];
  realm.global.console = realm.expose(
    realm.createObject(),
    Object.fromEntries(names.map((name): [string, Callable] => [name, print])),
  );
  Object.assign(realm.global, { global: realm.global, HIGH: 1, LOW: 0 });
  realm.expose(realm.global.Math as RealmObject, {
    randInt: (range) => (Number(range) > 0 ? chip.random.next() % Number(range) : chip.random.next()),
  });
}

function exposeModules(program: Program): void {
  const { chip, realm } = program;
  const loaded = new Map<string, unknown>();

  function evaluate(code: string, name: string): unknown {
    const wrapped = `(function () { var exports = {}, module = { exports: exports };\n${code}\n;return module.exports; })()`;
    return realm.evaluate(wrapped, name, EVALUATE_LIMIT_MS);
  }

  function load(name: string): unknown {
    const create = Object.hasOwn(MODULES, name) ? MODULES[name] : undefined;
    if (create !== undefined) return create(program);
    const file = chip.storage.read(name);
    if (file !== undefined) return evaluate(bytesToText(file), name);
    throw new ProgramError(`Module ${JSON.stringify(name)} not found`);
  }

  realm.expose(realm.global, {
    require(name) {
      if (typeof name !== "string") {
        throw new ProgramError(`Expecting module name as a string, got ${typeof name}`, "TypeError");
      }
      if (!loaded.has(name)) loaded.set(name, load(name));
      return loaded.get(name);
    },
  });
  realm.global.Modules = realm.expose(realm.createObject(), {
    addCached: (name, code) => void loaded.set(String(name), evaluate(String(code), String(name))),
    getCached: () => realm.createArray([...loaded.keys()]),
    removeCached: (name) => void loaded.delete(String(name)),
    removeAllCached: () => loaded.clear(),
  });
}

/** Texts as they are; the layout of objects is not the interpreter's. */
function formatValue(value: unknown): string {
  if (typeof value === "function") return "function";
  if (Array.isArray(value) || (isObject(value) && typeof value.toString !== "function")) return JSON.stringify(value);
  if (isObject(value) && String(value) === "[object Object]") return JSON.stringify(value);
  return String(value);
}
