// Owns which database a command works on: that of DATABASE_URL, or the embedded server's in the data folder, which is started for the
// command or joined where it runs already.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Identity, readIdentity } from "../../cloud/db/administration/database-report.ts";
import { endSessions, nameSessions } from "../../cloud/db/administration/end-sessions.ts";
import type { DatabaseLog } from "../../cloud/db/connection.ts";
import { joinEmbeddedPostgres } from "../../cloud/db/embedded/embedded.ts";
import { withOwner } from "../../cloud/db/migrations/owner-connection.ts";
import { ensureDatabase } from "../../cloud/db/own-database.ts";
import { findProgram } from "../up/home.ts";
import { refusal } from "./problem.ts";

/** Of the embedded server's own database. */
const DATABASE = "trapline";

export interface AddressOptions {
  databaseUrl: string | undefined;
  /** The folder of the installation; the embedded server keeps its data in a folder of it. */
  dataDir: string;
  /** How every session of this command is called on the server. */
  sessions: string;
  log: DatabaseLog;
  /** Says what takes a while. */
  onWait(words: string): void;
}

export interface OpenDatabase extends Identity {
  url: string;
  server: "embedded" | "DATABASE_URL";
  /** host:port, or the folder of a socket. */
  where: string;
  /** started: for this command alone. */
  how: "started" | "joined" | "given";
  /** The process of `npm start` that runs from the same folder. */
  program: number | null;
  /** Ends whatever this command has open there. */
  breakOff(): Promise<unknown>;
  close(): Promise<void>;
}

export function postgresFolder(dataDir: string): string {
  return join(dataDir, "postgres");
}

export function hasEmbeddedData(dataDir: string): boolean {
  return existsSync(join(postgresFolder(dataDir), "cluster"));
}

/** @throws DbStartError, MigrationError of connecting, Problem `address-malformed` */
export async function openDatabase(options: AddressOptions): Promise<OpenDatabase> {
  return options.databaseUrl === undefined ? openEmbedded(options) : openGiven(options.databaseUrl, options);
}

async function openGiven(address: string, { sessions }: AddressOptions): Promise<OpenDatabase> {
  const url = nameSessions(parseAddress(address).href, sessions);
  const identity = await withOwner(url, readIdentity);
  return {
    ...identity,
    url,
    server: "DATABASE_URL",
    where: describeServer(url),
    how: "given",
    program: null,
    breakOff: () => endSessions(url, sessions),
    close: async () => undefined,
  };
}

async function openEmbedded(options: AddressOptions): Promise<OpenDatabase> {
  const { dataDir, sessions, log } = options;
  options.onWait(hasEmbeddedData(dataDir) ? "opening the embedded database" : "creating the embedded database");
  const server = await joinEmbeddedPostgres({ dataDir: postgresFolder(dataDir), log });
  try {
    const url = nameSessions(await ensureDatabase(server.url, DATABASE), sessions);
    return {
      ...(await withOwner(url, readIdentity)),
      url,
      server: "embedded",
      where: describeServer(url),
      how: server.adopted ? "joined" : "started",
      program: findProgram(dataDir),
      breakOff: () => endSessions(url, sessions),
      close: () => server.stop(),
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** The message never repeats the address, which may hold a password. @throws Problem `address-malformed` */
export function parseAddress(text: string): URL {
  const malformed = () =>
    refusal(
      "address-malformed",
      "DATABASE_URL is no address of a PostgreSQL database",
      "write postgres://user:password@host:port/database, and the signs @ : / ? # % of a password as %40 %3A %2F %3F %23 %25",
    );
  if (!URL.canParse(text)) throw malformed();
  const url = new URL(text);
  if (url.protocol !== "postgres:" && url.protocol !== "postgresql:") throw malformed();
  return url;
}

/** As pg reads the address: what stands in the query wins. Pure. */
export function describeServer(text: string): string {
  const { hostname, port, searchParams } = new URL(text);
  const host = searchParams.get("host") || decodeURIComponent(hostname) || "localhost";
  return host.startsWith("/") ? host : `${host}:${searchParams.get("port") || port || "5432"}`;
}
