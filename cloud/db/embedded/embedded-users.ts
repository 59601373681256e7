// Owns who uses a running embedded server, told by two advisory locks of its maintenance database, which end with the session that
// holds them, however that ends. HOLD: one program runs from this folder, and keeps a second of its kind out. USE: everybody who is in,
// shared; whoever leaves and can then have it alone was the last, and puts the light out.
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type pg from "pg";
import { DbStartError } from "./db-start-error.ts";
import type { Postmaster } from "./postmaster.ts";

const HOLD_KEY = 7_472_617_002;
const USE_KEY = 7_472_617_003;
/** How long the lock of a program that was killed a moment ago may linger. */
const LOCK_WITHIN_MS = 1_500;
const LOCK_POLL_MS = 15;

/** Keeps other programs off the server until the connection ends. False where a living one is in. */
export function takeHold(client: pg.Client): Promise<boolean> {
  return tryLock(client, "SELECT pg_try_advisory_lock($1) AS locked", HOLD_KEY);
}

/** Says that we are in. False where whoever was last is just stopping the server. */
export function enter(client: pg.Client): Promise<boolean> {
  return tryLock(client, "SELECT pg_try_advisory_lock_shared($1) AS locked", USE_KEY);
}

/**
 * Says that we are out. True if nobody else is in: then nobody gets in any more until the connection ends, and the caller
 * stops the server. Everybody gives up their own share first and asks then, so that of two who leave at once one is the last.
 */
export async function leave(client: pg.Client): Promise<boolean> {
  await client.query("SELECT pg_advisory_unlock_shared($1)", [USE_KEY]);
  return isAlone(client);
}

/** For whoever has not entered. True: nobody is in, and nobody gets in until the connection ends. */
export async function isAlone(client: pg.Client): Promise<boolean> {
  const answer = await client.query<{ locked: boolean }>("SELECT pg_try_advisory_lock($1) AS locked", [USE_KEY]);
  return answer.rows[0]?.locked === true;
}

async function tryLock(client: pg.Client, text: string, key: number): Promise<boolean> {
  const deadline = performance.now() + LOCK_WITHIN_MS;
  for (;;) {
    const answer = await client.query<{ locked: boolean }>(text, [key]);
    if (answer.rows[0]?.locked) return true;
    if (performance.now() > deadline) return false;
    await delay(LOCK_POLL_MS);
  }
}

/** A server that is kept stays when the last one leaves. The note names the process and its start: it ends with the server. */
export async function keepServer(dataDir: string, server: Postmaster): Promise<void> {
  await fs.writeFile(notePath(dataDir), describe(server), { mode: 0o644 });
}

export async function isKept(dataDir: string, server: Postmaster): Promise<boolean> {
  return (await fs.readFile(notePath(dataDir), "utf8").catch(() => "")) === describe(server);
}

export async function forgetKept(dataDir: string): Promise<void> {
  await fs.rm(notePath(dataDir), { force: true });
}

function notePath(dataDir: string): string {
  return path.join(dataDir, "kept");
}

function describe({ pid, startedAt }: Postmaster): string {
  return `${pid} ${startedAt}\n`;
}

export function inUse(dataDir: string, cause?: unknown): DbStartError {
  return new DbStartError(
    "data-in-use",
    `another Trapline is running with the data in ${dataDir}: stop it first, or give this one a folder of its own`,
    { data: { dataDir }, cause },
  );
}
