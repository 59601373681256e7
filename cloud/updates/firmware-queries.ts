// Owns the SQL of published bundles. A version names one content per tenant, for ever. Reading the bytes by id asks for no tenant: the
// trap that fetches them has been told the id over its own authenticated connection, and checks the hash.
import { type Kysely, sql } from "kysely";
import type { Database } from "../db/schema.ts";
import type { Transaction } from "../db/tenant-transaction.ts";
import type { Firmware } from "./updates.ts";

interface FirmwareFacts {
  id: string;
  version: string | null;
  sha256: string | null;
  size: number | null;
  created_at: Date;
}

const COLUMNS = ["id", "version", "sha256", "size", "created_at"] as const;

function toFirmware(row: FirmwareFacts): Firmware {
  return {
    id: row.id,
    version: row.version ?? "",
    sha256: row.sha256 ?? "",
    size: row.size ?? 0,
    createdAt: row.created_at,
  };
}

export interface NewFirmware {
  tenantId: string;
  userId: string;
  version: string;
  sha256: string;
  content: Buffer;
  now: Date;
}

export type Published = { ok: true; firmware: Firmware; isNew: boolean } | { ok: false; reason: "firmware-conflict" };

/** Publish; the same content under the same version again is what it was. */
export async function insertFirmware(trx: Transaction, wish: NewFirmware): Promise<Published> {
  // Two that publish one version at once come one after the other.
  await sql`select pg_advisory_xact_lock(hashtextextended(${`firmware ${wish.tenantId} ${wish.version}`}, 0))`.execute(
    trx,
  );
  const known = await trx
    .selectFrom("firmware_versions")
    .select(COLUMNS)
    .where("tenant_id", "=", wish.tenantId)
    .where("type", "=", "firmware")
    .where("version", "=", wish.version)
    .executeTakeFirst();
  if (known !== undefined) {
    const isSame = known.sha256 === wish.sha256;
    return isSame
      ? { ok: true, firmware: toFirmware(known), isNew: false }
      : { ok: false, reason: "firmware-conflict" };
  }
  const row = await trx
    .insertInto("firmware_versions")
    .values({
      tenant_id: wish.tenantId,
      type: "firmware",
      version: wish.version,
      sha256: wish.sha256,
      size: wish.content.length,
      content: wish.content,
      created_by: wish.userId,
      created_at: wish.now,
    })
    .returning(COLUMNS)
    .executeTakeFirstOrThrow();
  return { ok: true, firmware: toFirmware(row), isNew: true };
}

/** The newest first. */
export async function listFirmware(trx: Transaction, tenantId: string, countMax: number): Promise<Firmware[]> {
  const rows = await trx
    .selectFrom("firmware_versions")
    .select(COLUMNS)
    .where("tenant_id", "=", tenantId)
    .where("type", "=", "firmware")
    .where("content", "is not", null)
    .orderBy("created_at", "desc")
    .orderBy("id", "desc")
    .limit(countMax)
    .execute();
  return rows.map(toFirmware);
}

export async function findFirmware(trx: Transaction, tenantId: string, id: string): Promise<Firmware | null> {
  const row = await trx
    .selectFrom("firmware_versions")
    .select(COLUMNS)
    .where("tenant_id", "=", tenantId)
    .where("id", "=", id)
    .where("type", "=", "firmware")
    .where("content", "is not", null)
    .executeTakeFirst();
  return row === undefined ? null : toFirmware(row);
}

export async function findContent(db: Kysely<Database>, id: string): Promise<Buffer | null> {
  const row = await db.selectFrom("firmware_versions").select("content").where("id", "=", id).executeTakeFirst();
  return row?.content ?? null;
}
