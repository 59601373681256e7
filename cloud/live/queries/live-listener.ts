// Owns the one connection that listens for notices. When it is lost it is made again, and everybody is told to look again, since nobody
// knows what was missed. That it still lives is asked regularly: a cut network says nothing.
import pg from "pg";
import type { Logger } from "pino";
import type { Clock, Timer } from "../../clock.ts";
import { LIVE_CHANNEL } from "../../db/live-notice.ts";
import { createHearers, decodeNotice, type Hearers } from "../live.ts";

export interface LiveListenerDeps {
  /** Of the database; the connection is not one of the pool's. */
  url: string;
  clock: Clock;
  log: Logger;
}

export interface LiveListener extends Pick<Hearers, "hear"> {
  /** Listen. Rejects if the first connection fails; later ones are made again and again. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 2_000;
const ASK_MS = 5_000;
const ANSWER_MS = 5_000;

export function createLiveListener({ url, clock, log }: LiveListenerDeps): LiveListener {
  const hearers = createHearers();
  let current: pg.Client | null = null;
  let timer: Timer | null = null;
  let retryMs = RETRY_MS_MIN;
  let isStopped = false;

  async function connect(): Promise<void> {
    const client = createClient(url);
    current = client;
    client.on("error", (error) => lose(client, error));
    client.on("end", () => lose(client, new Error("the connection has ended")));
    client.on("notification", ({ payload }) => {
      const notice = decodeNotice(payload ?? "");
      if (notice === null) log.warn({}, "live notice cannot be read");
      else hearers.tell(notice.tenantId, { type: notice.type, data: notice.data });
    });
    try {
      await client.connect();
      await client.query(`LISTEN ${LIVE_CHANNEL}`);
    } catch (error) {
      lose(client, error);
      throw error;
    }
    retryMs = RETRY_MS_MIN;
    askLater(client);
  }

  function askLater(client: pg.Client): void {
    if (isStopped || current !== client) return;
    timer = clock.setTimer(ASK_MS, () => {
      client.query("SELECT 1").then(
        () => askLater(client),
        (error: unknown) => lose(client, error),
      );
    });
  }

  function lose(client: pg.Client, error: unknown): void {
    if (isStopped || current !== client) return;
    current = null;
    timer?.stop();
    log.warn({ err: error }, "live connection lost, made again");
    client.end().catch(() => undefined); // it is lost already
    timer = clock.setTimer(retryMs, reconnect);
    retryMs = Math.min(retryMs * 2, RETRY_MS_MAX);
  }

  function reconnect(): void {
    connect().then(
      () => {
        log.info({}, "live connection made again");
        hearers.tellAll({ type: "resync", data: {} });
      },
      () => undefined, // logged, and the next attempt is under way
    );
  }

  return {
    hear: hearers.hear,
    start: connect,
    async stop() {
      isStopped = true;
      timer?.stop();
      await current?.end().catch((error: unknown) => log.warn({ err: error }, "live connection did not end well"));
    },
  };
}

function createClient(url: string): pg.Client {
  return new pg.Client({
    connectionString: url,
    application_name: "trapline-live",
    connectionTimeoutMillis: ANSWER_MS,
    query_timeout: ANSWER_MS,
    keepAlive: true,
  });
}
