// Owns what the surroundings may decide about the cloud: every variable, its default, its bounds. The only file of the cloud that reads
// the environment. What the values mean belongs to the rooms that get them.
import { isIP } from "node:net";
import type { DatabaseUrls } from "./db/roles/logins.ts";

export const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The logs that lie in partitions by month, and how many whole months of each are kept beside the present one. */
export interface Retention {
  device_events: number;
  audit_logs: number;
  activity_logs: number;
}

/** A food factory is asked about the last two years, an auditor about three. */
export const RETENTION: Retention = { device_events: 25, audit_logs: 37, activity_logs: 13 };

export interface Config {
  /** Of the database's owner, who migrates and lets the three roles log in. Null only where the addresses of all three are given. */
  databaseUrl: string | null;
  /** Of the three roles the cloud works as; nobody's password is touched then. Null: derived from the owner's. */
  databaseUrls: DatabaseUrls | null;
  /** Connections of the three together, one each at least. */
  databasePoolMax: number;
  retention: Retention;
  httpHost: string;
  /** 0: any free port. */
  httpPort: number;
  mqttHost: string;
  /** 0: any free port. */
  mqttPort: number;
  /** What a trap is told to connect to. Null: what the broker listens on. */
  publicMqttHost: string | null;
  publicMqttPort: number | null;
  /** Lets a flashing host register identities. Null: nobody may. */
  factoryToken: string | null;
  /** Public keys in hexadecimal: firmware that one of them has signed may be published. None: no firmware may. */
  firmwareKeys: string[];
  /** 32 bytes in hexadecimal: seals the device keys in the database. */
  sealKey: string;
  /** Addresses or networks of proxies whose X-Forwarded headers are believed. */
  trustProxy: string[];
  /** Origins that may show the pages in a frame. */
  frameAncestors: string[];
  logLevel: LogLevel;
}

export type ParsedConfig = { ok: true; config: Config } | { ok: false; problems: string[] };

type Env = { readonly [name: string]: string | undefined };

/** Reads one variable after the other and keeps every problem, so that a person mends them all at once. */
function createReader(env: Env, problems: string[]) {
  function read<T>(name: string, fallback: T, accept: (text: string) => T | null, wants: string): T {
    const text = env[name];
    if (text === undefined || text === "") return fallback;
    const value = accept(text);
    if (value !== null) return value;
    problems.push(`${name} must be ${wants}`);
    return fallback;
  }
  return {
    text: (name: string, fallback: string) => read(name, fallback, (text) => text, "text"),
    matching: <T extends string | null>(name: string, fallback: T, pattern: RegExp, wants: string) =>
      read<string | T>(name, fallback, (text) => (pattern.test(text) ? text : null), wants),
    required(name: string, pattern: RegExp, wants: string): string {
      const value = read(name, "", (text) => (pattern.test(text) ? text : null), wants);
      if (!env[name]) problems.push(`${name} is missing; it must be ${wants}`);
      return value;
    },
    integer: <T extends number | null>(name: string, fallback: T, min: number, max: number) =>
      read<number | T>(name, fallback, (text) => parseInteger(text, min, max), `a whole number from ${min} to ${max}`),
    word: <W extends string>(name: string, fallback: W, words: readonly W[]) =>
      read(name, fallback, (text) => words.find((word) => word === text) ?? null, `one of ${words.join(", ")}`),
    list: (name: string, isItem: (item: string) => boolean, wants: string, countMax = Number.POSITIVE_INFINITY) =>
      read<string[]>(name, [], (text) => parseList(text, isItem, countMax), `${wants}, separated by commas`),
  };
}

const ROLE_VARIABLES = {
  app: "TRAPLINE_APP_DATABASE_URL",
  ingest: "TRAPLINE_INGEST_DATABASE_URL",
  system: "TRAPLINE_SYSTEM_DATABASE_URL",
} as const;
const ADDRESS = /^postgres(ql)?:\/\//;
const AN_ADDRESS = "a postgres:// address";

/** The owner's address, or those of the three roles, or all four; two of three would leave one to be derived from nothing. */
function readDatabase(
  env: Env,
  read: ReturnType<typeof createReader>,
  problems: string[],
): Pick<Config, "databaseUrl" | "databaseUrls"> {
  const names = Object.values(ROLE_VARIABLES);
  const missing = names.filter((name) => !env[name]);
  if (missing.length > 0 && missing.length < names.length) {
    problems.push(`${missing.join(", ")} missing; give all of ${names.join(", ")} or none`);
  }
  const urlOf = (name: string) => read.matching(name, "", ADDRESS, AN_ADDRESS);
  const { app, ingest, system } = ROLE_VARIABLES;
  const urls = { app: urlOf(app), ingest: urlOf(ingest), system: urlOf(system) };
  if (missing.length > 0)
    return { databaseUrl: read.required("DATABASE_URL", ADDRESS, AN_ADDRESS), databaseUrls: null };
  return { databaseUrl: read.matching("DATABASE_URL", null, ADDRESS, AN_ADDRESS), databaseUrls: urls };
}

function parseInteger(text: string, min: number, max: number): number | null {
  const value = /^[0-9]{1,9}$/.test(text) ? Number(text) : Number.NaN;
  return value >= min && value <= max ? value : null;
}

function parseList(text: string, isItem: (item: string) => boolean, countMax: number): string[] | null {
  const items = text.split(",").map((item) => item.trim());
  return items.every(isItem) && items.length <= countMax ? items : null;
}

/** An address, or a network as `address/bits`. */
function isNetwork(text: string): boolean {
  const [address = "", bits, ...rest] = text.split("/");
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return bits === undefined || parseInteger(bits, 0, family === 4 ? 32 : 128) !== null;
}

const FIRMWARE_KEYS_MAX = 8;
const FIRMWARE_KEYS_WANTED = `up to ${FIRMWARE_KEYS_MAX} public keys, each of 64 lower-case hexadecimal digits as \`npm run firmware -- inspect NAME.pub\` tells them`;

function isPublicKey(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}

/** A scheme, a host and perhaps a port, with nothing that could end or widen a content security policy. */
function isOrigin(text: string): boolean {
  return /^https?:\/\/[A-Za-z0-9.:[\]-]+$/.test(text);
}

/**
 * Read the configuration. The answer names every variable that is missing or wrong, and never a secret's value.
 * @param env the process's environment unless told
 */
export function parseConfig(env: Env = process.env): ParsedConfig {
  const problems: string[] = [];
  const read = createReader(env, problems);
  const config: Config = {
    ...readDatabase(env, read, problems),
    databasePoolMax: read.integer("TRAPLINE_DATABASE_POOL_MAX", 15, 1, 200),
    httpHost: read.text("TRAPLINE_HTTP_HOST", "127.0.0.1"),
    httpPort: read.integer("TRAPLINE_HTTP_PORT", 8080, 0, 65535),
    mqttHost: read.text("TRAPLINE_MQTT_HOST", "127.0.0.1"),
    mqttPort: read.integer("TRAPLINE_MQTT_PORT", 1883, 0, 65535),
    publicMqttHost: read.matching("TRAPLINE_PUBLIC_MQTT_HOST", null, /^[!-~]{1,253}$/, "a host name or address"),
    publicMqttPort: read.integer("TRAPLINE_PUBLIC_MQTT_PORT", null, 1, 65535),
    factoryToken: read.matching("TRAPLINE_FACTORY_TOKEN", null, /^[!-~]{16,200}$/, "16 to 200 printable characters"),
    firmwareKeys: read.list("TRAPLINE_FIRMWARE_KEYS", isPublicKey, FIRMWARE_KEYS_WANTED, FIRMWARE_KEYS_MAX),
    sealKey: read.required("TRAPLINE_SEAL_KEY", /^[0-9a-f]{64}$/, "32 bytes in lower-case hexadecimal"),
    trustProxy: read.list("TRAPLINE_TRUST_PROXY", isNetwork, "addresses or networks"),
    frameAncestors: read.list("TRAPLINE_FRAME_ANCESTORS", isOrigin, "origins such as http://host:port"),
    retention: {
      device_events: read.integer("TRAPLINE_EVENTS_KEPT_MONTHS", RETENTION.device_events, 2, 240),
      audit_logs: read.integer("TRAPLINE_AUDIT_KEPT_MONTHS", RETENTION.audit_logs, 2, 240),
      activity_logs: read.integer("TRAPLINE_ACTIVITY_KEPT_MONTHS", RETENTION.activity_logs, 2, 240),
    },
    logLevel: read.word("TRAPLINE_LOG_LEVEL", "info", LOG_LEVELS),
  };
  return problems.length === 0 ? { ok: true, config } : { ok: false, problems };
}
