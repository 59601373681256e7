// Owns the wiring of `trapline up`: database, cloud, firmware, simulated trap, story, page; top to bottom, unwound in reverse. What each
// part does is the part's own.

import { randomInt } from "node:crypto";
import { join } from "node:path";
import { type Logger, pino } from "pino";
import { type Cloud, createCloud } from "../../cloud/compose.ts";
import { type Config, RETENTION } from "../../cloud/config.ts";
import { createSimulator } from "../../simulator/compose.ts";
import { createApiClient } from "./api-client.ts";
import { startBeside } from "./beside.ts";
import { startUpDatabase, type UpDatabase } from "./database.ts";
import { ensureStoryFirmwares, type StoryFirmwares } from "./firmware.ts";
import { type Home, openHome } from "./home.ts";
import { choosePorts, type PortName } from "./ports.ts";
import { createJsonReporter, createPersonReporter, type Facts, type Reporter } from "./reporter.ts";
import { tellStory, witnessConsole } from "./story.ts";
import { short, shortKey } from "./story-scene.ts";
import { createWitness } from "./witness.ts";

export interface UpOptions {
  /** The repository. */
  root: string;
  dataDir: string;
  /** Address of another PostgreSQL. */
  databaseUrl: string | undefined;
  once: boolean;
  json: boolean;
  verbose: boolean;
  ports: Partial<Record<PortName, number>>;
  out(line: string): void;
  err(line: string): void;
  colour: boolean;
  /** Resolves when a person wants it to end. */
  interrupted: Promise<void>;
}

interface Part {
  name: string;
  stop(): Promise<void> | void;
}

const HOST = "127.0.0.1";
const WIFI = { ssid: "trapline", password: "mind-your-fingers" };
const STORY_STEPS_BEFORE = 4;

function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** Stop what was started, the last first; a part that cannot stop is told and does not keep the others. */
async function unwind(parts: Part[], reporter: Reporter): Promise<void> {
  for (const part of parts.reverse()) {
    try {
      await part.stop();
    } catch (thrown) {
      reporter.remark(`${part.name} did not stop cleanly: ${errorOf(thrown).message}`);
    }
  }
}

/** Run one of the first steps, tell it, and hand its product on. */
async function tell<T>(
  reporter: Reporter,
  name: string,
  run: () => Promise<T>,
  say: (product: T) => { facts: Facts; words: string },
): Promise<T> {
  const t0 = performance.now();
  try {
    const product = await run();
    const { facts, words } = say(product);
    reporter.step(name, performance.now() - t0, facts, words);
    return product;
  } catch (thrown) {
    reporter.failed(name, performance.now() - t0, errorOf(thrown));
    throw thrown;
  }
}

/** What the parts are started with and put on. */
interface Stage {
  options: UpOptions;
  reporter: Reporter;
  /** What has been started, to be unwound. */
  parts: Part[];
  home: Home;
  ports: Record<PortName, number>;
  log: Logger;
}

async function openStage(options: UpOptions, reporter: Reporter, parts: Part[]): Promise<Stage> {
  const home = openHome(options.dataDir);
  parts.push({ name: "folder", stop: home.release });
  const ports = await choosePorts(options.ports, (text) => reporter.remark(text));
  const log = pino({ level: options.verbose ? "info" : "silent" }, pino.destination(2));
  return { options, reporter, parts, home, ports, log };
}

/** Signing takes seconds in which nothing else in this process moves, so it is done before anything lives. */
function buildFirmwares({ options, reporter, home }: Stage): Promise<StoryFirmwares> {
  return tell(
    reporter,
    "bundle",
    () => ensureStoryFirmwares(options.root, home.firmware),
    ({ flashed: { version, counter, sha256, size, fresh, signedBy } }) => ({
      facts: { version, counter, sha256, size, fresh, signedBy },
      words: `${version}, ${size} bytes, sha256 ${short(sha256)}, signed by key ${shortKey(signedBy)}${fresh ? "" : " (built before)"}`,
    }),
  );
}

function startDatabase({ options, reporter, home, parts, log }: Stage): Promise<UpDatabase> {
  return tell(
    reporter,
    "database",
    async () => {
      const started = await startUpDatabase(home.database, options.databaseUrl, log);
      parts.push({ name: "database", stop: started.stop });
      return started;
    },
    (d) => ({
      facts: { server: d.server, adopted: d.adopted, applied: d.applied, version: d.version },
      words: `PostgreSQL (${d.server}${d.adopted ? ", found running" : ""}), schema ${d.version}, ${d.applied} migrations applied`,
    }),
  );
}

/** The broker and the API are one program; each is told when it answers. */
async function startCloud(stage: Stage, databaseUrl: string, publicKey: string): Promise<Cloud> {
  const { reporter, parts, home, ports, log } = stage;
  const config: Config = {
    ...{ databaseUrl, databaseUrls: null, databasePoolMax: 15, retention: RETENTION, logLevel: "info", trustProxy: [] },
    ...{ httpHost: HOST, httpPort: ports.api, mqttHost: HOST, mqttPort: ports.mqtt },
    ...{ publicMqttHost: null, publicMqttPort: null },
    ...{ factoryToken: home.secrets.factoryToken, sealKey: home.secrets.sealKey },
    firmwareKeys: [publicKey],
    frameAncestors: [`http://${HOST}:${ports.page}`],
  };
  const cloud = await tell(
    reporter,
    "broker",
    async () => {
      const started = await createCloud({ config, log });
      parts.push({ name: "cloud", stop: started.stop });
      return started;
    },
    (c) => ({ facts: { port: c.mqttAddress.port }, words: `mqtt://${HOST}:${c.mqttAddress.port}` }),
  );
  await tell(
    reporter,
    "api",
    () => createApiClient(cloud.httpAddress).get("/api/v1/health"),
    () => ({ facts: { address: cloud.httpAddress }, words: cloud.httpAddress }),
  );
  return cloud;
}

/** Everything up, the story told, the page open until the person leaves. Returns the exit status. */
async function perform(stage: Stage): Promise<number> {
  const { options, reporter, home } = stage;
  const { secrets } = home;
  const begun = performance.now();
  const { flashed, next, publicKey } = await buildFirmwares(stage);
  const database = await startDatabase(stage);
  const cloud = await startCloud(stage, database.url, publicKey);

  const witness = createWitness(() => performance.now());
  void options.interrupted.then(() => witness.stop("stopped by the person"));
  const simulator = await startTrap(stage, cloud.httpAddress, flashed.storage);
  const { trap } = simulator;
  trap.onConsoleLine(({ line }) => {
    if (options.verbose) options.err(line);
    witnessConsole(witness, line);
  });
  const poweredAt = performance.now();
  trap.powerOn();

  let token = "";
  const end = await tellStory(
    {
      ...{ api: createApiClient(cloud.httpAddress), witness, reporter, flashed, wifi: WIFI, poweredAt },
      hands: {
        serialNumber: secrets.trap.serialNumber,
        setPlunger: () => trap.setPlunger(),
        spring: () => trap.spring(),
        pressButton: (ms) => trap.pressButton(ms),
        typeCommand: (line) => trap.typeCommand(line),
      },
      next,
      account: { email: secrets.email, password: secrets.password },
      onSession: (value) => {
        token = value;
      },
      now: () => performance.now(),
    },
    STORY_STEPS_BEFORE,
    begun,
  );
  if (options.once || !end.ok) return end.ok ? 0 : 1;
  await stayUp(stage, { left: `${cloud.httpAddress}/#token=${token}`, right: `${simulator.address}/` });
  return 0;
}

async function stayUp({ options, reporter, parts, home, ports }: Stage, frames: { left: string; right: string }) {
  const beside = await startBeside(ports.page, () => frames);
  parts.push({ name: "page", stop: beside.stop });
  const { email, password } = home.secrets;
  reporter.remark("");
  reporter.remark(`open ${beside.address} to play; sign in elsewhere as ${email}, password ${password}`);
  reporter.remark("Ctrl-C ends everything; the data stays");
  await options.interrupted;
}

/** The simulated trap: registered with the cloud as the host that flashes it does, flashed with the bundle, not yet powered. */
async function startTrap({ options, home, ports, parts }: Stage, cloudAddress: string, storage: Uint8Array) {
  const { trap } = home.secrets;
  const cloud = new URL(cloudAddress);
  const factory = createApiClient(cloudAddress);
  factory.useToken(home.secrets.factoryToken);
  const hardware = "esp32";
  await factory.post("/api/v1/factory/devices", { ...trap, hardware, kind: "live-catch" });
  const simulator = await createSimulator({
    identity: {
      serial: trap.serialNumber,
      mac: trap.macAddress,
      key: trap.key,
      hardware,
      kind: "live-catch",
      host: cloud.hostname,
      port: Number(cloud.port),
    },
    storage,
    wifi: WIFI,
    seed: randomInt(2 ** 31),
    imageFile: options.once ? undefined : join(home.simulator, "flash.bin"),
    reflash: true,
    controlPort: ports.simulator,
  });
  parts.push({ name: "simulator", stop: () => simulator.stop() });
  return simulator;
}

/**
 * From an empty machine to an answered alert. Never throws.
 * @returns the exit status: 0 if the whole story was seen, 1 if not, 130 if the person ended it before its end
 */
export async function up(options: UpOptions): Promise<number> {
  const reporter = options.json
    ? createJsonReporter(options.out, options.err)
    : createPersonReporter(options.out, options.colour);
  const parts: Part[] = [];
  let interrupted = false;
  void options.interrupted.then(() => {
    interrupted = true;
  });
  try {
    const status = await perform(await openStage(options, reporter, parts));
    return interrupted && status !== 0 ? 130 : status;
  } catch (thrown) {
    reporter.remark(errorOf(thrown).message);
    return interrupted ? 130 : 1;
  } finally {
    await unwind(parts, reporter);
  }
}
