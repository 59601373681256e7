// Owns the SQL of alerts: raising and settling them in the transaction of their event, answering them, listing them. Each change is told
// live in its own transaction. Every query names the tenant [TENANT-2].
import { sql } from "kysely";
import type { TrapKind } from "#protocol";
import { notifyLive } from "../db/live-notice.ts";
import type { AlertStatus } from "../db/schema.ts";
import type { Transaction } from "../db/tenant-transaction.ts";
import {
  type Alert,
  type AlertEffect,
  type AlertPerson,
  type AnswerDecision,
  decideAcknowledge,
  decideEffect,
  decideRaise,
  decideResolve,
} from "./alerts.ts";

interface DeviceKey {
  tenantId: string;
  deviceId: string;
}

/** What of an event an alert is made of. */
export interface AlertCause {
  id: string;
  kind: Parameters<typeof decideEffect>[0];
  occurredLatest: Date;
  receivedAt: Date;
}

function selectAlerts(trx: Transaction, tenantId: string) {
  return trx
    .selectFrom("device_alerts as a")
    .innerJoin("devices as d", (join) =>
      join.onRef("d.id", "=", "a.device_id").onRef("d.tenant_id", "=", "a.tenant_id"),
    )
    .leftJoin("users as acknowledger", "acknowledger.id", "a.acknowledged_by")
    .leftJoin("users as resolver", "resolver.id", "a.resolved_by")
    .select([
      "a.id",
      "a.device_id as deviceId",
      "d.name as deviceName",
      "a.alert_type as type",
      "a.alert_status as status",
      "a.severity",
      "a.message",
      "a.event_id as eventId",
      "a.triggered_at as triggeredAt",
      "a.created_at as createdAt",
      "a.acknowledged_at as acknowledgedAt",
      "a.resolved_at as resolvedAt",
      "acknowledger.id as acknowledgerId",
      "resolver.id as resolverId",
    ])
    .select(sql<string | null>`coalesce(acknowledger.name, acknowledger.email)`.as("acknowledgerName"))
    .select(sql<string | null>`coalesce(resolver.name, resolver.email)`.as("resolverName"))
    .where("a.tenant_id", "=", tenantId);
}

type SelectedAlert = Awaited<ReturnType<ReturnType<typeof selectAlerts>["execute"]>>[number];

function toAlert({ acknowledgerId, acknowledgerName, resolverId, resolverName, ...rest }: SelectedAlert): Alert {
  return {
    ...rest,
    acknowledgedBy: toPerson(acknowledgerId, acknowledgerName),
    resolvedBy: toPerson(resolverId, resolverName),
  };
}

function toPerson(id: string | null, name: string | null): AlertPerson | null {
  return id === null ? null : { id, name: name ?? "" };
}

async function findAlert(trx: Transaction, tenantId: string, id: string): Promise<Alert | null> {
  const row = await selectAlerts(trx, tenantId).where("a.id", "=", id).executeTakeFirst();
  return row === undefined ? null : toAlert(row);
}

async function tell(trx: Transaction, tenantId: string, id: string): Promise<void> {
  const alert = await findAlert(trx, tenantId, id);
  if (alert !== null) await notifyLive(trx, tenantId, { type: "alert", data: alert });
}

/** Raise or settle what the event calls for. The caller holds the trap's row, so that its events come one after the other. */
export async function applyEventToAlerts(
  trx: Transaction,
  device: DeviceKey,
  trap: { name: string; kind: TrapKind },
  cause: AlertCause,
): Promise<void> {
  const effect = decideEffect(cause.kind, trap);
  if (effect === null) return;
  const open = await trx
    .selectFrom("device_alerts")
    .select(["id", "alert_status as status"])
    .where("tenant_id", "=", device.tenantId)
    .where("device_id", "=", device.deviceId)
    .where("alert_type", "=", effect.type)
    .where("alert_status", "!=", "resolved")
    .forUpdate()
    .executeTakeFirst();
  if (effect.effect === "settle") {
    if (open !== undefined) await updateResolved(trx, device.tenantId, open.id, null, cause.receivedAt);
    return;
  }
  const decision = decideRaise(effect.type, open?.status ?? null);
  if (decision === "keep") return;
  if (decision === "replace" && open !== undefined) {
    await updateResolved(trx, device.tenantId, open.id, null, cause.receivedAt);
  }
  await insertAlert(trx, device, effect, cause);
}

/** The index on open alerts has the last word: where two would be open, the second is none [ALERT-2]. */
async function insertAlert(
  trx: Transaction,
  device: DeviceKey,
  effect: Extract<AlertEffect, { effect: "raise" }>,
  cause: AlertCause,
): Promise<void> {
  const row = await trx
    .insertInto("device_alerts")
    .values({
      tenant_id: device.tenantId,
      device_id: device.deviceId,
      event_id: cause.id,
      alert_type: effect.type,
      severity: effect.severity,
      message: effect.message,
      triggered_at: cause.occurredLatest,
      created_at: cause.receivedAt,
    })
    .onConflict((conflict) =>
      conflict.columns(["device_id", "alert_type"]).where("alert_status", "!=", "resolved").doNothing(),
    )
    .returning("id")
    .executeTakeFirst();
  if (row !== undefined) await tell(trx, device.tenantId, row.id);
}

async function updateResolved(
  trx: Transaction,
  tenantId: string,
  id: string,
  userId: string | null,
  now: Date,
): Promise<void> {
  await trx
    .updateTable("device_alerts")
    .set({ alert_status: "resolved", resolved_at: now, resolved_by: userId })
    .where("tenant_id", "=", tenantId)
    .where("id", "=", id)
    .execute();
  await tell(trx, tenantId, id);
}

async function updateAcknowledged(
  trx: Transaction,
  tenantId: string,
  id: string,
  userId: string,
  now: Date,
): Promise<void> {
  await trx
    .updateTable("device_alerts")
    .set({ alert_status: "acknowledged", acknowledged_at: now, acknowledged_by: userId })
    .where("tenant_id", "=", tenantId)
    .where("id", "=", id)
    .execute();
  await tell(trx, tenantId, id);
}

export interface AlertAnswer {
  tenantId: string;
  id: string;
  userId: string;
  now: Date;
}

export type AnsweredAlert = { ok: true; alert: Alert } | { ok: false; reason: "alert-not-found" | "alert-resolved" };

export function acknowledgeAlert(trx: Transaction, answer: AlertAnswer): Promise<AnsweredAlert> {
  return answerAlert(trx, answer, decideAcknowledge, updateAcknowledged);
}

export function resolveAlert(trx: Transaction, answer: AlertAnswer): Promise<AnsweredAlert> {
  return answerAlert(trx, answer, decideResolve, updateResolved);
}

async function answerAlert(
  trx: Transaction,
  { tenantId, id, userId, now }: AlertAnswer,
  decide: (status: AlertStatus) => AnswerDecision,
  update: (trx: Transaction, tenantId: string, id: string, userId: string, now: Date) => Promise<void>,
): Promise<AnsweredAlert> {
  const row = await trx
    .selectFrom("device_alerts")
    .select("alert_status as status")
    .where("tenant_id", "=", tenantId)
    .where("id", "=", id)
    .forUpdate()
    .executeTakeFirst();
  if (row === undefined) return { ok: false, reason: "alert-not-found" };
  const decided = decide(row.status);
  if (!decided.ok) return decided;
  if (decided.next === "change") await update(trx, tenantId, id, userId, now);
  const alert = await findAlert(trx, tenantId, id);
  return alert === null ? { ok: false, reason: "alert-not-found" } : { ok: true, alert };
}

export interface AlertPage {
  tenantId: string;
  countMax: number;
  /** All of them unless told. */
  statuses?: AlertStatus[];
}

/** The newest first. */
export async function listAlerts(trx: Transaction, page: AlertPage): Promise<Alert[]> {
  const { statuses } = page;
  const rows = await selectAlerts(trx, page.tenantId)
    .$if(statuses !== undefined, (query) => query.where("a.alert_status", "in", statuses ?? []))
    .orderBy("a.created_at", "desc")
    .orderBy("a.id", "desc")
    .limit(page.countMax)
    .execute();
  return rows.map(toAlert);
}
