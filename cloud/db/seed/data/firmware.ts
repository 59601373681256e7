// The sample's firmware, its rollouts and how far traps have come with it. The content is a comment that a trap would run without effect;
// nothing of it is signed, so that a trap that asks for a signature takes none of it.
import { createHash } from "node:crypto";
import { sampleBootId, sampleId } from "../sample-id.ts";
import type { SampleRow, SampleSetting, SampleTable } from "../sample-table.ts";
import { getDevice } from "./devices.ts";
import { userId } from "./people.ts";
import { ACME, siteId, TECHSTART, tenantId } from "./tenants.ts";

const EVERYBODY = "00000000-0000-0000-0000-000000000000";

interface SampleFirmware {
  version: string;
  type: "firmware" | "filesystem";
  /** Null: everybody's. */
  tenant: string | null;
  counter: number;
  required: boolean;
  days: number;
  changelog: string;
  isActive: boolean;
}

const FIRMWARE: SampleFirmware[] = [
  {
    ...{ version: "1.0.0+sample", type: "firmware", tenant: null, counter: 1, required: false, days: 300 },
    ...{ changelog: "The first release", isActive: true },
  },
  {
    ...{ version: "1.1.0+sample", type: "firmware", tenant: null, counter: 2, required: true, days: 90 },
    ...{ changelog: "Fewer false triggers in draughty places; keeps events through a brown-out", isActive: true },
  },
  {
    ...{ version: "1.0.0+sample", type: "filesystem", tenant: null, counter: 1, required: false, days: 300 },
    ...{ changelog: "Sounds of the buzzer", isActive: true },
  },
  {
    ...{ version: "1.1.0+sample.acme.1", type: "firmware", tenant: ACME, counter: 3, required: false, days: 14 },
    ...{ changelog: "Longer arming delay on loading docks", isActive: true },
  },
  {
    ...{ version: "1.1.0+sample.acme.0", type: "firmware", tenant: ACME, counter: 2, required: false, days: 20 },
    ...{ changelog: "Withdrawn: armed too early", isActive: false },
  },
  {
    ...{
      version: "1.1.0+sample.techstart.1",
      type: "firmware",
      tenant: TECHSTART,
      counter: 3,
      required: false,
      days: 8,
    },
    ...{ changelog: "Quiet buzzer for offices", isActive: true },
  },
];

const ROLLOUTS = [
  {
    key: "spring",
    tenant: ACME,
    version: "1.1.0+sample",
    name: "1.1 everywhere",
    status: "completed",
    share: 100,
    days: 80,
  },
  {
    ...{
      key: "docks",
      tenant: ACME,
      version: "1.1.0+sample.acme.1",
      name: "Docks first",
      status: "running",
      share: 25,
    },
    ...{ days: 3, site: "warehouse", kind: "live-catch" },
  },
  {
    ...{
      key: "too early",
      tenant: ACME,
      version: "1.1.0+sample.acme.0",
      name: "Docks, first try",
      status: "cancelled",
    },
    ...{ share: 10, days: 19, site: "warehouse", kind: "live-catch" },
  },
  {
    ...{ key: "quiet", tenant: TECHSTART, version: "1.1.0+sample.techstart.1", name: "Quiet office", status: "paused" },
    ...{ share: 50, days: 6, site: "office" },
  },
  {
    ...{
      key: "rest",
      tenant: ACME,
      version: "1.1.0+sample.acme.1",
      name: "All the others",
      status: "draft",
      share: 100,
    },
    ...{ days: 2, kind: "snap" },
  },
] satisfies {
  key: string;
  tenant: string;
  version: string;
  name: string;
  status: string;
  share: number;
  days: number;
  site?: string;
  kind?: string;
}[];

/** By whom each tenant's firmware was published. */
const PUBLISHERS: Record<string, string> = { [ACME]: "acme-admin", [TECHSTART]: "techstart-admin" };

const UPDATES = [
  { number: "A01", rollout: "docks", status: "booted", hours: 70, part: 1, code: null },
  { number: "A02", rollout: "docks", status: "fetching", hours: 2, part: 0.4, code: null },
  { number: "A04", rollout: "docks", status: "offered", hours: 1, part: 0, code: null },
  { number: "A07", rollout: "spring", status: "booted", hours: 79 * 24, part: 1, code: null },
  { number: "A13", rollout: "spring", status: "booted", hours: 78 * 24, part: 1, code: null },
  { number: "A11", rollout: "spring", status: "failed", hours: 78 * 24, part: 1, code: 33 },
  { number: "A09", rollout: "too early", status: "refused", hours: 18 * 24, part: 0, code: 34 },
  { number: "T01", rollout: "quiet", status: "verified", hours: 5, part: 1, code: null },
  { number: "T02", rollout: "quiet", status: "accepted", hours: 4, part: 0, code: null },
];

export interface SampleBundle {
  version: string;
  sha256: string;
  bytes: Buffer;
}

/** The bytes of a version, and their hash. */
export function findBundle(version: string, type = "firmware"): SampleBundle {
  const bytes = Buffer.from(`// Trapline sample ${type} ${version}: runs, and does nothing.\n`);
  return { version, sha256: createHash("sha256").update(bytes).digest("hex"), bytes };
}

export function listFirmwareTables(setting: SampleSetting): SampleTable[] {
  return [
    { name: "firmware_versions", key: ["id"], isNeeded: true, rows: FIRMWARE.map((one) => toFirmware(one, setting)) },
    { name: "firmware_rollouts", key: ["id"], isNeeded: true, rows: ROLLOUTS.map((one) => toRollout(one, setting)) },
    { name: "device_updates", key: ["id"], rows: UPDATES.map((one) => toUpdate(one, setting)) },
  ];
}

function toFirmware(one: SampleFirmware, { at }: SampleSetting): SampleRow {
  const { version, type, tenant, counter, required, days, changelog, isActive } = one;
  const { bytes, sha256 } = findBundle(version, type);
  return {
    id: sampleId("firmware", type, version),
    version,
    type,
    global: tenant === null,
    tenant_id: tenant === null ? null : tenantId(tenant),
    sha256,
    size: bytes.length,
    content: `\\x${bytes.toString("hex")}`,
    signature: null,
    counter,
    target_hardware: "esp32",
    changelog,
    required,
    is_active: isActive,
    deleted_at: isActive ? null : at.daysAgo(days - 1),
    created_by: userId(tenant === null ? "system-admin" : (PUBLISHERS[tenant] ?? "system-admin")),
    created_at: at.daysAgo(days),
  };
}

/** Its firmware, and whose that is: everybody's, or a tenant's own. */
function nameFirmware(version: string): { firmware_scope_id: string; firmware_version_id: string } {
  const tenant = FIRMWARE.find((one) => one.version === version)?.tenant ?? null;
  return {
    firmware_scope_id: tenant === null ? EVERYBODY : tenantId(tenant),
    firmware_version_id: sampleId("firmware", "firmware", version),
  };
}

function toRollout(rollout: (typeof ROLLOUTS)[number], { at }: SampleSetting): SampleRow {
  const { key, tenant, version, name, status, share, days } = rollout;
  const isOver = status === "completed" || status === "cancelled";
  return {
    id: sampleId("rollout", tenant, key),
    tenant_id: tenantId(tenant),
    ...nameFirmware(version),
    name,
    status,
    percentage: share,
    site_id: "site" in rollout ? siteId(tenant, rollout.site) : null,
    kind: "kind" in rollout ? rollout.kind : null,
    created_by: userId(PUBLISHERS[tenant] ?? "system-admin"),
    started_at: status === "draft" ? null : at.daysAgo(days),
    completed_at: isOver ? at.daysAgo(days - 1.5) : null,
    created_at: at.daysAgo(days + 0.1),
  };
}

function toUpdate(
  { number, rollout, status, hours, part, code }: (typeof UPDATES)[number],
  { at }: SampleSetting,
): SampleRow {
  const { tenant, serial } = getDevice(number);
  const version = ROLLOUTS.find((one) => one.key === rollout)?.version ?? "";
  return {
    id: sampleId("update", serial, rollout),
    tenant_id: tenantId(tenant),
    device_id: sampleId("device", serial),
    ...nameFirmware(version),
    rollout_id: sampleId("rollout", tenant, rollout),
    status,
    boot_id_at_offer: sampleBootId(serial, 2),
    received: Math.floor(findBundle(version).bytes.length * part),
    code,
    offered_at: at.hoursAgo(hours),
    booted_at: status === "booted" ? at.hoursAgo(hours - 0.5) : null,
    created_at: at.hoursAgo(hours),
  };
}
