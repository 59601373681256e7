// Owns how an alert is read: its row with the names of its trap and of the people who answered it, within one tenant [TENANT-2].
import { sql } from "kysely";
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { Alert, AlertPerson } from "../alerts.ts";

export function selectAlerts(trx: Transaction, tenantId: string) {
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

export function toAlert({ acknowledgerId, acknowledgerName, resolverId, resolverName, ...rest }: SelectedAlert): Alert {
  return {
    ...rest,
    acknowledgedBy: toPerson(acknowledgerId, acknowledgerName),
    resolvedBy: toPerson(resolverId, resolverName),
  };
}

function toPerson(id: string | null, name: string | null): AlertPerson | null {
  return id === null ? null : { id, name: name ?? "" };
}
