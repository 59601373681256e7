// Owns what the virtual board reads from its surroundings: the command line and the environment. It checks forms, not whether files are
// there; compose.ts takes plain values and knows neither.
import { parseArgs } from "node:util";

export const SERIAL_KINDS = ["rfc2217", "tcp", "pty"] as const;
export type SerialKind = (typeof SERIAL_KINDS)[number];

export interface VirtualBoardConfig {
  serial: SerialKind;
  fixture: boolean;
  /** Lower-case with colons; undefined draws one from the seed. */
  mac: string | undefined;
  /** Where the flash is kept; undefined begins with a blank one in memory. */
  flashFile: string | undefined;
  ssid: string;
  password: string;
  /** How many seconds the board lives in one. */
  speed: number;
  /** Undefined draws one. */
  seed: number | undefined;
  /** The real interpreter's Linux build, to run in place of our double. */
  interpreter: string | undefined;
  /** What the interpreter is started with; its limits of memory and stack come this way. */
  environment: NodeJS.ProcessEnv;
  /** Write the stand-in images there and end. */
  writeImages: string | undefined;
}

/** What is wrong with the configuration, in words for the person who gave it. */
export class ConfigError extends Error {
  override name = "ConfigError";
}

export const SPEED_MAX = 1000;

export const VIRTUAL_BOARD_USAGE = `Options (environment variables in brackets):
  --serial KIND         what carries the serial ports: ${SERIAL_KINDS.join(", ")} [rfc2217]
  --fixture             a second board beside it, wired to its button, plunger, LED and buzzer
  --mac MAC             of the chip; drawn from the seed unless told
  --flash FILE          keep the 4 MB of flash in this file; made blank if it is not there
  --ssid NAME           of the Wi-Fi around it [trapline]
  --password TEXT       of that Wi-Fi [mind-your-fingers]
  --speed N             how many seconds it lives in one [1]
  --seed N              of all chance; drawn unless told
  --interpreter BIN     run this Linux build of Espruino in place of the double [ESPRUINO_BIN]
  --write-images FOLDER write images of loader, table and interpreter that it boots, and end`;

const OPTIONS = {
  serial: { type: "string" },
  fixture: { type: "boolean" },
  mac: { type: "string" },
  flash: { type: "string" },
  ssid: { type: "string" },
  password: { type: "string" },
  speed: { type: "string" },
  seed: { type: "string" },
  interpreter: { type: "string" },
  "write-images": { type: "string" },
} as const;

/** @throws ConfigError */
export function parseVirtualBoardConfig(
  args: string[] = process.argv.slice(2),
  env: NodeJS.ProcessEnv = process.env,
): VirtualBoardConfig {
  const values = parseOptions(args);
  return {
    serial: parseSerial(values.serial ?? "rfc2217"),
    fixture: values.fixture ?? false,
    mac: values.mac === undefined ? undefined : parseMac(values.mac),
    flashFile: values.flash,
    ssid: values.ssid ?? "trapline",
    password: values.password ?? "mind-your-fingers",
    speed: parseNumber("--speed", values.speed ?? "1", 1, SPEED_MAX),
    seed: values.seed === undefined ? undefined : parseNumber("--seed", values.seed, 0, 0xffffffff),
    interpreter: values.interpreter ?? (env.ESPRUINO_BIN || undefined),
    environment: env,
    writeImages: values["write-images"],
  };
}

function parseOptions(args: string[]) {
  try {
    return parseArgs({ args, options: OPTIONS, allowPositionals: false }).values;
  } catch (thrown) {
    throw new ConfigError(thrown instanceof Error ? thrown.message : String(thrown));
  }
}

function parseSerial(text: string): SerialKind {
  const found = SERIAL_KINDS.find((kind) => kind === text);
  if (found !== undefined) return found;
  throw new ConfigError(`--serial must be one of ${SERIAL_KINDS.join(", ")}, not "${text}".`);
}

function parseMac(text: string): string {
  const mac = text.toLowerCase();
  if (/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(mac)) return mac;
  throw new ConfigError(`--mac must be six bytes in hexadecimal with colons, as 24:0a:c4:12:34:56, not "${text}".`);
}

function parseNumber(name: string, text: string, min: number, max: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new ConfigError(`${name} must be a whole number from ${min} to ${max}, not "${text}".`);
}
