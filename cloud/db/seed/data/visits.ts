// The visits of the sample, in every status and priority. A sprung trap's visit is opened by a trigger when its alert comes; what becomes of
// it is DRESSED. Data alone.
import { sampleId } from "../sample-id.ts";
import type { SampleRow, SampleSetting, SampleTable } from "../sample-table.ts";
import { ALERTS, alertId, type SampleAlert, SETTLED_AFTER_HOURS } from "./alerts.ts";
import { namedDevice } from "./device-rows.ts";
import { getDevice } from "./devices.ts";
import { userId } from "./people.ts";
import { ACME, BETA, siteId, TECHSTART, tenantId } from "./tenants.ts";

/** By the number of the sprung trap: to whom the open visit was given, and how far they are. Who is not named has nobody yet. */
const GIVEN: Record<string, { person: string; status: "assigned" | "in_progress" }> = {
  A08: { person: "acme-operator", status: "in_progress" },
  T01: { person: "consultant", status: "assigned" },
  B02: { person: "beta-admin", status: "assigned" },
};

const PLANNED = [
  {
    ...{ key: "round", tenant: ACME, site: "warehouse", title: "Monthly round of the warehouse", priority: "medium" },
    ...{ status: "assigned", person: "consultant", by: "acme-manager", dueDays: -4, days: 6 },
    description: "All docks and racks; replace the bait of the fence line.",
  },
  {
    ...{ key: "batteries", tenant: ACME, site: "headquarters", title: "Replace batteries", priority: "low" },
    ...{ status: "open", person: null, by: "acme-manager", dueDays: -10, days: 2 },
    description: "Roof hatch, cellar climate, conference room.",
  },
  {
    ...{ key: "boiler", tenant: ACME, site: "headquarters", title: "Mend the plunger in the boiler room" },
    ...{ priority: "high", status: "in_progress", person: "acme-operator", by: "acme-admin", dueDays: 0.5, days: 1 },
    description: "Overdue: the part has come today.",
  },
  {
    ...{ key: "canteen", tenant: ACME, site: "headquarters", title: "Take down the traps of the old canteen" },
    ...{ priority: "medium", status: "done", person: "acme-operator", by: "acme-manager", dueDays: 41, days: 45 },
    description: "Closed for good.",
  },
  {
    ...{ key: "annex", tenant: ACME, site: "headquarters", title: "Survey of the annex", priority: "urgent" },
    ...{ status: "cancelled", person: "consultant", by: "acme-admin", dueDays: 30, days: 35 },
    description: "The annex was given up.",
  },
  {
    ...{ key: "bicycles", tenant: TECHSTART, site: "office", title: "See why the bicycle room is silent" },
    ...{ priority: "high", status: "open", person: null, by: "techstart-admin", dueDays: -1, days: 0.8 },
    description: "Nothing heard since yesterday.",
  },
  {
    ...{
      key: "solvents",
      tenant: BETA,
      site: "lab",
      title: "Quarterly inspection",
      priority: "low",
      status: "assigned",
    },
    ...{ person: "beta-admin", by: "beta-admin", dueDays: -20, days: 9 },
    description: "Badge needed.",
  },
];

export function listVisitTables(setting: SampleSetting): SampleTable[] {
  const made = ALERTS.filter((one) => one.type === "sprung" && one.status === "resolved");
  const rows = [...PLANNED.map((one) => toPlanned(one, setting)), ...made.map((one) => toMade(one, setting))];
  return [{ name: "tasks", key: ["id"], rows }];
}

/** What becomes of the visits that the trigger opens; by alert_id. */
export function listDressed({ at }: SampleSetting): SampleRow[] {
  return ALERTS.filter((one) => one.type === "sprung" && one.status !== "resolved").map((alert) => {
    const given = GIVEN[alert.number];
    return {
      id: sampleId("visit", alertId(alert)),
      alert_id: alertId(alert),
      status: given?.status ?? "open",
      assignee_id: given === undefined ? null : userId(given.person),
      created_at: at.hoursAgo(alert.hours - 0.001),
    };
  });
}

function toPlanned(one: (typeof PLANNED)[number], { at }: SampleSetting): SampleRow {
  const isOver = one.status === "done" || one.status === "cancelled";
  return {
    id: sampleId("visit", one.tenant, one.key),
    tenant_id: tenantId(one.tenant),
    title: one.title,
    description: one.description,
    priority: one.priority,
    status: one.status,
    due_date: at.daysAgo(one.dueDays),
    assignee_id: one.person === null ? null : userId(one.person),
    created_by: userId(one.by),
    site_id: siteId(one.tenant, one.site),
    device_id: null,
    alert_id: null,
    completed_at: isOver ? at.daysAgo(one.dueDays + 0.3) : null,
    completed_by: isOver ? userId(one.person ?? one.by) : null,
    created_at: at.daysAgo(one.days),
  };
}

function toMade(alert: SampleAlert, { at }: SampleSetting): SampleRow {
  const { tenant, site, name, kind } = getDevice(alert.number);
  const isUrgent = kind === "live-catch";
  const person = alert.by === null ? null : userId(alert.by);
  return {
    id: sampleId("visit", alertId(alert)),
    ...namedDevice(alert.number),
    title: `Visit ${name}`,
    description: "Emptied and rearmed.",
    priority: isUrgent ? "urgent" : "high",
    status: "done",
    due_date: at.hoursAgo(alert.hours - (isUrgent ? 1 : 24)),
    assignee_id: person,
    created_by: null,
    site_id: site === null ? null : siteId(tenant, site),
    alert_id: alertId(alert),
    completed_at: at.hoursAgo(alert.hours - SETTLED_AFTER_HOURS),
    completed_by: person,
    created_at: at.hoursAgo(alert.hours - 0.001),
  };
}
