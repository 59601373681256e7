// Owns what the simulator reads from its surroundings when it is a program of its own: the command line and the environment. It checks
// forms, not whether files are there; compose.ts takes plain values and knows neither.
import { parseArgs } from "node:util";

export interface SimulatorConfig {
  /** Path of the composed Storage partition. */
  storageFile: string;
  /** Path of a JSON file with the trap's identity. */
  identityFile: string;
  /** Where the trap's flash is kept; undefined keeps it in memory. */
  imageFile: string | undefined;
  reflash: boolean;
  port: number;
  ssid: string;
  password: string;
  /** Undefined draws one. */
  seed: number | undefined;
  /** How many seconds the trap lives in one. */
  speed: number;
}

/** What is wrong with the configuration, in words for the person who gave it. */
export class ConfigError extends Error {
  override name = "ConfigError";
}

export const SIMULATOR_USAGE = `Options (environment variables in brackets):
  --identity FILE   the trap's identity as JSON [TRAPLINE_IDENTITY]
  --storage FILE    the Storage partition that "npm run firmware -- image" writes [TRAPLINE_STORAGE, .trapline/firmware/storage.bin]
  --image FILE      keep the trap's flash in this file [TRAPLINE_IMAGE]
  --reflash         flash anew, whatever is there
  --port N          of the control page; 0 for any that is free [TRAPLINE_SIMULATOR_PORT, 0]
  --ssid NAME       of the Wi-Fi around the trap [TRAPLINE_SSID, trapline]
  --password TEXT   of that Wi-Fi [TRAPLINE_WIFI_PASSWORD, mind-your-fingers]
  --seed N          of all chance in the trap; drawn unless told
  --speed N         how many seconds the trap lives in one [1]`;

const OPTIONS = {
  identity: { type: "string" },
  storage: { type: "string" },
  image: { type: "string" },
  reflash: { type: "boolean" },
  port: { type: "string" },
  ssid: { type: "string" },
  password: { type: "string" },
  seed: { type: "string" },
  speed: { type: "string" },
} as const;

/** @throws ConfigError */
export function parseSimulatorConfig(
  args: string[] = process.argv.slice(2),
  env: NodeJS.ProcessEnv = process.env,
): SimulatorConfig {
  const values = parseOptions(args);
  const identityFile = values.identity ?? env.TRAPLINE_IDENTITY;
  if (!identityFile) throw new ConfigError("Tell the trap's identity: --identity FILE");
  return {
    identityFile,
    storageFile: values.storage ?? (env.TRAPLINE_STORAGE || ".trapline/firmware/storage.bin"),
    imageFile: values.image ?? (env.TRAPLINE_IMAGE || undefined),
    reflash: values.reflash ?? false,
    port: parseNumber("--port", values.port ?? env.TRAPLINE_SIMULATOR_PORT ?? "0", 0, 65_535),
    ssid: values.ssid ?? env.TRAPLINE_SSID ?? "trapline",
    password: values.password ?? env.TRAPLINE_WIFI_PASSWORD ?? "mind-your-fingers",
    seed: values.seed === undefined ? undefined : parseNumber("--seed", values.seed, 0, 0xffffffff),
    speed: parseNumber("--speed", values.speed ?? "1", 1, 1000),
  };
}

function parseOptions(args: string[]) {
  try {
    return parseArgs({ args, options: OPTIONS, allowPositionals: false }).values;
  } catch (thrown) {
    throw new ConfigError(thrown instanceof Error ? thrown.message : String(thrown));
  }
}

function parseNumber(name: string, text: string, min: number, max: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new ConfigError(`${name} must be a whole number from ${min} to ${max}, not "${text}".`);
}
