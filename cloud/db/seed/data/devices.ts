// The sample's traps and what stands beside them: every kind in every lifecycle status at Acme, a few elsewhere. Data alone; rows are made
// of it in device-rows.ts, and what happened to them is alerts.ts.
import { ACME, BETA, DEMO, TECHSTART } from "./tenants.ts";

export const KINDS = ["live-catch", "snap", "bait-station", "monitor", "gateway", "sensor", "switch"] as const;
export type SampleKind = (typeof KINDS)[number];
export type SampleStatus = "online" | "offline" | "maintenance" | "error" | "decommissioned";
type State = "disarmed" | "armed" | "sprung" | "fault";

export interface SampleDevice {
  serial: string;
  tenant: string;
  site: string | null;
  kind: SampleKind;
  status: SampleStatus;
  name: string;
  place: string;
  /** Null for what never springs. */
  state: State | null;
  batteryMv: number | null;
  /** Of a decommissioned one: given back, so that anybody may claim it, or kept and out of use. */
  end: "released" | "kept" | null;
}

type Line = [
  number: string,
  site: string | null,
  kind: SampleKind,
  status: SampleStatus,
  name: string,
  place: string,
  state: State | null,
  batteryMv: number | null,
  end?: "released" | "kept",
];

const HQ = "headquarters";
const WH = "warehouse";

const ACME_LINES: Line[] = [
  ["A01", WH, "live-catch", "online", "Loading dock north", "Dock 1, behind the ramp", "armed", 4080],
  ["A02", WH, "live-catch", "online", "Loading dock south", "Dock 12, beside the scales", "sprung", 3990],
  ["A03", HQ, "live-catch", "offline", "Roof hatch", "Stairwell C, top landing", "armed", 3610],
  ["A04", WH, "live-catch", "maintenance", "Packing hall", "Line 2, under the belt", "disarmed", 3870],
  ["A05", HQ, "live-catch", "error", "Boiler room", "Basement, left of the boiler", "fault", 3740],
  [
    "A06",
    HQ,
    "live-catch",
    "decommissioned",
    "Old canteen",
    "Ground floor, behind the counter",
    null,
    null,
    "released",
  ],
  ["A07", HQ, "snap", "online", "Kitchen", "Behind the refrigerator", "armed", 4120],
  ["A08", HQ, "snap", "online", "Pantry", "Lowest shelf", "sprung", 3950],
  ["A09", WH, "snap", "offline", "Pallet racks east", "Row E, bay 14", "armed", 3420],
  ["A10", WH, "snap", "maintenance", "Pallet racks west", "Row W, bay 3", "disarmed", 3810],
  ["A11", HQ, "snap", "error", "Archive", "Basement, under shelf 7", "fault", 3680],
  ["A12", WH, "snap", "decommissioned", "Gate house", "Beside the barrier", null, null, "kept"],
  ["A13", WH, "bait-station", "online", "Fence line 1", "North fence, post 20", "armed", 4010],
  ["A14", WH, "bait-station", "offline", "Fence line 2", "East fence, post 8", "armed", 3330],
  ["A15", WH, "bait-station", "maintenance", "Waste yard", "Container 3", "disarmed", 3790],
  ["A16", HQ, "bait-station", "error", "Courtyard", "Beside the drain", "fault", 3700],
  ["A17", HQ, "bait-station", "decommissioned", "Bicycle shed", "Rear wall", null, null, "released"],
  ["A18", HQ, "monitor", "online", "Server room", "Raised floor, tile 12", "armed", 4150],
  ["A19", HQ, "monitor", "offline", "Conference room", "Behind the cabinet", "armed", 3380],
  ["A20", WH, "monitor", "maintenance", "Cold store", "Door frame, inside", "disarmed", 3560],
  ["A21", WH, "monitor", "error", "Returns desk", "Under the desk", "fault", 3640],
  ["A22", HQ, "monitor", "decommissioned", "Mail room", "Beside the chute", null, null, "kept"],
  ["A23", HQ, "gateway", "online", "Gateway HQ", "Comms room, rack 1", null, null],
  ["A24", WH, "gateway", "offline", "Gateway yard", "Mast at gate 2", null, null],
  ["A25", WH, "gateway", "maintenance", "Gateway hall", "Ceiling, column 9", null, null],
  ["A26", WH, "gateway", "error", "Gateway dock", "Above dock 6", null, null],
  ["A27", HQ, "gateway", "decommissioned", "Gateway annex", "Annex, stairwell", null, null, "kept"],
  ["A28", WH, "sensor", "online", "Cold store climate", "Centre of the ceiling", null, 3900],
  ["A29", HQ, "sensor", "offline", "Cellar climate", "Cellar door", null, 3310],
  ["A30", WH, "sensor", "maintenance", "Dock climate", "Above dock 4", null, 3720],
  ["A31", HQ, "sensor", "error", "Kitchen climate", "Above the range", null, 3580],
  ["A32", HQ, "sensor", "decommissioned", "Canteen climate", "Rear wall", null, null, "released"],
  ["A33", HQ, "switch", "online", "Kitchen lamp", "Kitchen, entrance", null, null],
  ["A34", WH, "switch", "offline", "Yard siren", "Mast at gate 1", null, null],
  ["A35", WH, "switch", "maintenance", "Dock light", "Dock 1", null, null],
  ["A36", HQ, "switch", "error", "Ventilator", "Waste room", null, null],
  ["A37", WH, "switch", "decommissioned", "Old siren", "Gate house", null, null, "kept"],
];

const TECHSTART_LINES: Line[] = [
  ["T01", "office", "live-catch", "online", "Coffee corner", "Under the sink", "sprung", 3920],
  ["T02", "office", "snap", "online", "Snack wall", "Behind the dispenser", "armed", 4060],
  ["T03", "office", "snap", "offline", "Bicycle room", "Beside the pump", "armed", 3400],
  ["T04", "office", "monitor", "maintenance", "Phone booth", "Skirting board", "disarmed", 3800],
  ["T05", "office", "gateway", "online", "Office gateway", "Rack", null, null],
  ["T06", "office", "sensor", "error", "Lounge climate", "Bookshelf", null, 3600],
  ["T07", "office", "switch", "online", "Corner lamp", "Coffee corner", null, null],
  ["T08", "office", "bait-station", "decommissioned", "Terrace", "Planter 2", null, null, "released"],
];

const BETA_LINES: Line[] = [
  ["B01", "lab", "live-catch", "online", "Clean bench", "Left of the bench", "armed", 4000],
  ["B02", "lab", "snap", "offline", "Storage", "Shelf of solvents", "sprung", 3350],
];

const DEMO_LINES: Line[] = [
  ["D01", null, "snap", "online", "First trap", "Reception", "sprung", 4170],
  ["D02", null, "monitor", "offline", "Second trap", "Still in its box", "armed", 4180],
];

export const DEVICES: SampleDevice[] = [
  ...ACME_LINES.map((line) => readLine(ACME, line)),
  ...TECHSTART_LINES.map((line) => readLine(TECHSTART, line)),
  ...BETA_LINES.map((line) => readLine(BETA, line)),
  ...DEMO_LINES.map((line) => readLine(DEMO, line)),
];

function readLine(tenant: string, line: Line): SampleDevice {
  const [number, site, kind, status, name, place, state, batteryMv, end] = line;
  return { serial: `TL-SAMPLE-${number}`, tenant, site, kind, status, name, place, state, batteryMv, end: end ?? null };
}

/** By the number alone. @throws Error for one that is not there */
export function getDevice(number: string): SampleDevice {
  const device = DEVICES.find((one) => one.serial === `TL-SAMPLE-${number}`);
  if (device === undefined) throw new Error(`the sample has no device ${number}`);
  return device;
}
