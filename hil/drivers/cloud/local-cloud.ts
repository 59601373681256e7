// Owns the cloud as the bench's own child: broker and API in one process beside a database, on addresses that stay the same from one start
// to the next, and the verbs that a power failure or a crash would use [BENCH-61]. What stands between it and the traps is taps.ts.
import { type Clock, pause } from "../../clock.ts";
import { HilError } from "../../error.ts";
import { type ChildProgram, startChild } from "../child/child-program.ts";
import type { CloudFolder } from "./cloud-folder.ts";
import { findFreePort } from "./free-port.ts";
import { type LocalDatabase, startLocalDatabase } from "./local-database.ts";

export interface LocalCloudOptions {
  /** The repository. */
  root: string;
  folder: CloudFolder;
  /** Of a PostgreSQL to use instead of the embedded one. */
  databaseUrl: string | undefined;
  /** In hexadecimal: firmware that one of them has signed may be published. */
  firmwareKeys: string[];
  /** Where traps are told to find the broker. */
  publicMqtt: { host: string; port: number };
  /** The surroundings its programs are started in. */
  environment: NodeJS.ProcessEnv;
  clock: Clock;
  /** Each line of the cloud's own log. */
  onLog?(line: string): void;
}

export interface LocalCloud {
  /** "http://127.0.0.1:4701", the same after every start. */
  readonly url: string;
  readonly mqtt: { host: string; port: number };
  readonly factoryToken: string;
  isUp(): boolean;
  /** Resolves when it answers. @throws HilError "cloud-not-started" */
  start(): Promise<void>;
  /** Asked to end, and given the time it needs. */
  stop(): Promise<void>;
  /** SIGKILL: nothing that it had not committed survives. Resolves when it is gone. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  /** Called when it has ended though nobody here wanted it to. */
  onCrash(listen: (reason: string) => void): () => void;
  /** The cloud, then its database. */
  close(): Promise<void>;
}

const HOST = "127.0.0.1";
const START_MS_MAX = 60_000;
const STOP_MS_MAX = 12_000;
const PROBE_MS = 40;

/** The database started, the cloud started and answering. @throws HilError */
export async function startLocalCloud(options: LocalCloudOptions): Promise<LocalCloud> {
  options.folder.enter();
  const database = await startLocalDatabase({ ...options, folder: options.folder.path, given: options.databaseUrl });
  const ports = { http: await findFreePort(HOST), mqtt: await findFreePort(HOST) };
  const cloud = new ChildCloud(options, database, ports);
  try {
    await cloud.start();
    return cloud;
  } catch (error) {
    await cloud.close();
    throw error;
  }
}

class ChildCloud implements LocalCloud {
  readonly url: string;
  readonly mqtt: { host: string; port: number };
  readonly factoryToken: string;
  readonly #options: LocalCloudOptions;
  readonly #database: LocalDatabase;
  readonly #crashed = new Set<(reason: string) => void>();
  #child: ChildProgram | undefined;

  constructor(options: LocalCloudOptions, database: LocalDatabase, ports: { http: number; mqtt: number }) {
    this.#options = options;
    this.#database = database;
    this.url = `http://${HOST}:${ports.http}`;
    this.mqtt = { host: HOST, port: ports.mqtt };
    this.factoryToken = options.folder.secrets.factoryToken;
  }

  isUp(): boolean {
    return this.#child !== undefined && !this.#child.hasEnded();
  }

  async start(): Promise<void> {
    if (this.isUp()) return;
    const { root, onLog, clock } = this.#options;
    const words = ["cloud/main.ts", "--migrate", "--with-parent"];
    const child = startChild({
      name: "the cloud",
      root,
      words,
      environment: this.#environment(),
      clock,
      onLine: onLog,
    });
    this.#child = child;
    await this.#answers(child);
    void child.ended.then(({ code, signal }) => {
      if (this.#child !== child) return;
      this.#child = undefined;
      const last = child.lastLines().slice(-3).join("\n  ");
      for (const listen of [...this.#crashed]) listen(`the cloud ended by itself with ${code ?? signal}:\n  ${last}`);
    });
  }

  stop(): Promise<void> {
    return this.#end((child) => child.stop(STOP_MS_MAX));
  }

  kill(): Promise<void> {
    return this.#end(async (child) => {
      child.signal("SIGKILL");
      await child.ended;
    });
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  onCrash(listen: (reason: string) => void): () => void {
    this.#crashed.add(listen);
    return () => void this.#crashed.delete(listen);
  }

  async close(): Promise<void> {
    await this.stop();
    if (this.#options.folder.leave()) await this.#database.stop();
  }

  async #end(how: (child: ChildProgram) => Promise<void>): Promise<void> {
    const child = this.#child;
    // Wanted from here on: its end is no crash.
    this.#child = undefined;
    if (child !== undefined) await how(child);
  }

  #environment(): NodeJS.ProcessEnv {
    const { environment, folder, firmwareKeys, publicMqtt } = this.#options;
    return {
      ...environment,
      DATABASE_URL: this.#database.url,
      TRAPLINE_HTTP_HOST: HOST,
      TRAPLINE_HTTP_PORT: new URL(this.url).port,
      TRAPLINE_MQTT_HOST: HOST,
      TRAPLINE_MQTT_PORT: String(this.mqtt.port),
      TRAPLINE_PUBLIC_MQTT_HOST: publicMqtt.host,
      TRAPLINE_PUBLIC_MQTT_PORT: String(publicMqtt.port),
      TRAPLINE_FACTORY_TOKEN: folder.secrets.factoryToken,
      TRAPLINE_SEAL_KEY: folder.secrets.sealKey,
      TRAPLINE_FIRMWARE_KEYS: firmwareKeys.join(","),
      // Every person of the bench speaks from an address of its own, as people do; only the bench itself can reach this port.
      TRAPLINE_TRUST_PROXY: HOST,
      TRAPLINE_LOG_LEVEL: "info",
    };
  }

  async #answers(child: ChildProgram): Promise<void> {
    const { clock } = this.#options;
    const deadline = clock.now() + START_MS_MAX;
    while (!child.hasEnded() && clock.now() < deadline) {
      if (await isWell(`${this.url}/api/v1/health`)) return;
      await pause(clock, PROBE_MS);
    }
    const how = child.hasEnded() ? "ended at its start" : `did not answer within ${START_MS_MAX / 1000} s`;
    this.#child = undefined;
    await child.stop(0);
    const said = child.lastLines().slice(-6).join("\n  ") || "nothing";
    throw new HilError("infrastructure", "cloud-not-started", `the local cloud ${how}; it said last:\n  ${said}`);
  }
}

async function isWell(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await answer.arrayBuffer();
    return answer.ok;
  } catch {
    // Nobody listens there yet.
    return false;
  }
}
