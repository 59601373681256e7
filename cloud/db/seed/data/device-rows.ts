// Makes rows of the sample's devices: themselves, their properties, and what the cloud remembers of them (sessions, commands, codes).
// No session is open, since nobody is connected: the watch over presence would end it and put the trap offline within a minute.
import { sampleBootId, sampleId } from "../sample-id.ts";
import type { SampleRow, SampleSetting, SampleTable, SampleValue } from "../sample-table.ts";
import { DEVICES, getDevice, KINDS, type SampleDevice } from "./devices.ts";
import { findBundle } from "./firmware.ts";
import { userId } from "./people.ts";
import { DISPLAY_CATEGORIES, PROPERTIES, type SampleProperty } from "./properties.ts";
import { ACME, siteId, TECHSTART, TENANTS, tenantId } from "./tenants.ts";

const COMMANDS = [
  { number: "A01", command: "identify", by: "acme-operator", hours: 30, code: 0 },
  { number: "A07", command: "silence", by: "acme-manager", hours: 50, code: 0 },
  { number: "A09", command: "reboot", by: "acme-operator", hours: 75, code: null },
  { number: "A06", command: "release", by: "acme-admin", hours: 24 * 60, code: 0 },
  { number: "T02", command: "identify", by: "techstart-admin", hours: 12, code: 0 },
  { number: "T03", command: "silence", by: "techstart-member", hours: 80, code: 22 },
];

/** Codes have ten characters of the alphabet that no eye confuses. */
const CLAIM_CODES = [
  { code: "TRAPSAMP22", tenant: ACME, name: "Dock gate", status: "active", by: "acme-admin", hours: 3, number: null },
  {
    code: "TRAPSAMP33",
    tenant: ACME,
    name: "Kitchen",
    status: "claimed",
    by: "acme-admin",
    hours: 9_000,
    number: "A07",
  },
  {
    code: "TRAPSAMP44",
    tenant: TECHSTART,
    name: "Attic",
    status: "expired",
    by: "techstart-admin",
    hours: 900,
    number: null,
  },
];

const SESSION_ENDS = ["disconnected", "will", "silent", "superseded"];

export function deviceId(serial: string): string {
  return sampleId("device", serial);
}

/** The device of this number, as other rows name it. */
export function namedDevice(number: string): { tenant_id: string; device_id: string } {
  const { tenant, serial } = getDevice(number);
  return { tenant_id: tenantId(tenant), device_id: deviceId(serial) };
}

export function listDeviceTables(setting: SampleSetting): SampleTable[] {
  const properties = DEVICES.flatMap((device, place) => toProperties(device, place, setting));
  const sessions = DEVICES.flatMap((device, place) => toSessions(device, place, setting));
  return [
    { name: "devices", key: ["id"], isNeeded: true, rows: DEVICES.map((one, place) => toDevice(one, place, setting)) },
    { name: "device_properties", key: ["tenant_id", "device_id", "name"], rows: properties },
    { name: "device_sessions", key: ["device_id", "boot_id", "session"], rows: sessions },
    {
      name: "device_commands",
      key: ["device_id", "command", "created_at"],
      rows: COMMANDS.map((one) => toCommand(one, setting)),
    },
    { name: "claim_codes", key: ["claim_code"], rows: CLAIM_CODES.map((one) => toClaimCode(one, setting)) },
  ];
}

/** Since when the tenant has it, in days: some came with the tenant, the others later. */
function findDays(device: SampleDevice, place: number): number {
  const days = TENANTS.find((one) => one.key === device.tenant)?.days ?? 1;
  return Math.max(1, days - 3 - (place % 10) * (days / 12));
}

/** When it was last heard, in hours. */
function findHeardHours({ status }: SampleDevice, place: number): number {
  if (status === "online") return 0.01 * (1 + (place % 5));
  if (status === "decommissioned") return 24 * 40;
  return status === "offline" ? 5 + (place % 7) * 9 : 1 + (place % 4);
}

function toDevice(device: SampleDevice, place: number, { at }: SampleSetting): SampleRow {
  const { serial, tenant, site, kind, status, name, state, batteryMv } = device;
  const bundle = findBundle(place % 3 === 0 ? "1.0.0+sample" : "1.1.0+sample");
  const isTrap = KINDS.indexOf(kind) < 4;
  const settings = { telemetryS: 60, confirmMs: 30, armDelayMs: 5000, buzzer: place % 2 === 0 };
  return {
    id: deviceId(serial),
    tenant_id: tenantId(tenant),
    site_id: site === null ? null : siteId(tenant, site),
    name,
    place: device.place,
    description: null,
    mac_address: formatMac(tenant, place),
    serial_number: serial,
    kind,
    status,
    model: `TL-${kind}`,
    hardware: "esp32",
    online: status === "online",
    last_seen: at.hoursAgo(findHeardHours(device, place)),
    trap_state: state,
    battery_mv: batteryMv,
    rssi: status === "decommissioned" ? null : -45 - ((place * 7) % 40),
    firmware_version: bundle.version,
    firmware_sha256: bundle.sha256,
    boot_id: sampleBootId(serial, 3),
    session: 1,
    telemetry: toTelemetry(place),
    desired_config: isTrap ? settings : null,
    config_revision: isTrap ? 1 : 0,
    reported_config: isTrap ? settings : null,
    reported_revision: isTrap ? 1 : 0,
    alexa_display_categories: DISPLAY_CATEGORIES[kind],
    alexa_capabilities: toCapabilities(PROPERTIES[kind]),
    metadata: { sample: true, installed_by: tenant === ACME ? "acme-operator" : "owner" },
    claimed_by: userId(CLAIMED_BY[tenant] ?? "system-admin"),
    ...toLifetime(device, findDays(device, place), at),
  };
}

const CLAIMED_BY: Record<string, string> = {
  "acme-corp": "acme-operator",
  techstart: "techstart-admin",
  "beta-solutions": "beta-admin",
  "demo-company": "demo-owner",
};

function toLifetime({ end }: SampleDevice, days: number, at: SampleSetting["at"]): SampleRow {
  return {
    is_active: end !== "kept",
    claimed_at: at.daysAgo(days),
    unclaimed_at: end === "released" ? at.daysAgo(40) : null,
    deleted_at: end === "kept" ? at.daysAgo(40) : null,
    created_at: at.daysAgo(days),
  };
}

/** Locally administered, so that no board on earth has it. */
function formatMac(tenant: string, place: number): string {
  const tenantPlace = TENANTS.findIndex((one) => one.key === tenant);
  return ["02", "54", "4c", "5a", tenantPlace, place].map((part) => toHex(part)).join(":");
}

function toHex(part: string | number): string {
  return typeof part === "string" ? part : part.toString(16).padStart(2, "0");
}

function toTelemetry(place: number): SampleRow {
  return {
    ...{ uptimeMs: 3_600_000 * (5 + place), memFree: 2100 - place * 9, memTotal: 5000 },
    ...{ falseTriggers: place % 4, outbox: 0, refusals: 0 },
  };
}

function toCapabilities(properties: SampleProperty[]): SampleValue {
  return properties.flatMap(({ alexa }) =>
    alexa === undefined
      ? []
      : [
          {
            type: "AlexaInterface",
            interface: alexa[0],
            version: "3",
            properties: { supported: [{ name: alexa[1] }] },
          },
        ],
  );
}

function toProperties(device: SampleDevice, place: number, { at }: SampleSetting): SampleRow[] {
  return PROPERTIES[device.kind].map((property) => ({
    id: sampleId("property", device.serial, property.name),
    tenant_id: tenantId(device.tenant),
    device_id: deviceId(device.serial),
    name: property.name,
    value: property.values[place % property.values.length] ?? null,
    data_type: property.type,
    unit: property.unit ?? null,
    min_value: property.min ?? null,
    max_value: property.max ?? null,
    allowed_values: property.allowed ?? null,
    alexa_interface: property.alexa?.[0] ?? null,
    alexa_property_name: property.alexa?.[1] ?? null,
    last_changed_by: property.changedBy ?? "device",
    last_changed_at: at.hoursAgo(findHeardHours(device, place) + 3),
    created_at: at.daysAgo(findDays(device, place)),
  }));
}

function toSessions(device: SampleDevice, place: number, { at }: SampleSetting): SampleRow[] {
  const heardHours = findHeardHours(device, place);
  return [1, 2].map((boot) => ({
    device_id: deviceId(device.serial),
    boot_id: sampleBootId(device.serial, boot),
    session: 1,
    tenant_id: tenantId(device.tenant),
    connected_at: at.hoursAgo(heardHours + 24 * (9 - 3 * boot)),
    last_heard_at: at.hoursAgo(heardHours + 24 * (7 - 3 * boot)),
    ended_at: at.hoursAgo(heardHours + 24 * (7 - 3 * boot)),
    end_reason: device.end === "released" && boot === 2 ? "released" : (SESSION_ENDS[(place + boot) % 4] ?? "will"),
    created_at: at.hoursAgo(heardHours + 24 * (9 - 3 * boot)),
  }));
}

function toCommand({ number, command, by, hours, code }: (typeof COMMANDS)[number], { at }: SampleSetting): SampleRow {
  return {
    ...namedDevice(number),
    command,
    created_by: userId(by),
    created_at: at.hoursAgo(hours),
    expires_at: at.hoursAgo(hours - 1 / 60),
    sent_at: code === null ? null : at.hoursAgo(hours),
    answered_at: code === null ? null : at.hoursAgo(hours - 1 / 3600),
    code,
  };
}

function toClaimCode(one: (typeof CLAIM_CODES)[number], { at }: SampleSetting): SampleRow {
  const { code, tenant, name, status, by, hours, number } = one;
  return {
    claim_code: code,
    device_name: name,
    status,
    expires_at: at.hoursAgo(status === "active" ? hours - 7 * 24 : hours - 24),
    claimed_by_device_id: number === null ? null : namedDevice(number).device_id,
    tenant_id: tenantId(tenant),
    created_by: userId(by),
    created_at: at.hoursAgo(hours),
    claimed_at: status === "claimed" ? at.hoursAgo(hours - 1) : null,
  };
}
