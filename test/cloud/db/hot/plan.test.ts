// What is taken for a big table, or a big index, that is read from end to end: the judge of the plans alone.
import * as assert from "uvu/assert";
import { suite } from "../../../support/suite.ts";
import { judgePlan, type PlanNode, type Sizes } from "./plan.ts";

const test = suite("plans");
const MONTHS = ["events_1", "events_2", "events_3", "events_4"];
const SIZES: Sizes = {
  tables: new Map([
    ["devices", 100_000],
    ["tenants", 500],
    ["events_ahead", 0],
    ...MONTHS.map((name) => [name, 400_000] as const),
  ]),
  indexes: new Map([
    ["devices_mqtt_username", { table: "devices", firstColumn: "mqtt_username", rows: 100_000 }],
    ["devices_site", { table: "devices", firstColumn: "tenant_id", rows: 100_000 }],
    ["devices_lower", { table: "devices", firstColumn: "lower(name::text)", rows: 100_000 }],
    ["devices_open", { table: "devices", firstColumn: "tenant_id", rows: 900 }],
    ...MONTHS.map((name) => [`${name}_key`, { table: name, firstColumn: "id", rows: 400_000 }] as const),
  ]),
  wholes: new Map([...MONTHS, "events_ahead"].map((name) => [name, "events"])),
};

const index = (name: string, condition?: string, type = "Index Scan"): PlanNode => ({
  "Node Type": type,
  "Index Name": name,
  ...(condition === undefined ? {} : { "Index Cond": condition }),
});
const months = (names: string[]): PlanNode => ({
  "Node Type": "Append",
  Plans: names.map((name) => ({ ...index(`${name}_key`, "(id = 1)"), "Relation Name": name })),
});

const CASES: [what: string, plan: PlanNode, kinds: string[]][] = [
  ["a big table read in its order", { "Node Type": "Seq Scan", "Relation Name": "devices" }, ["seq-scan"]],
  ["a small table", { "Node Type": "Seq Scan", "Relation Name": "tenants" }, []],
  [
    "a big table deep in a plan",
    {
      "Node Type": "Limit",
      Plans: [{ "Node Type": "Hash", Plans: [{ "Node Type": "Seq Scan", "Relation Name": "devices" }] }],
    },
    ["seq-scan"],
  ],
  [
    "an index that is asked for its first column",
    index("devices_mqtt_username", "((mqtt_username)::text = 'a'::text)"),
    [],
  ],
  ["an index that is not asked for anything", index("devices_mqtt_username"), ["whole-index"]],
  ["a bitmap of all of an index", index("devices_site", undefined, "Bitmap Index Scan"), ["whole-index"]],
  ["an index that is asked for a later column alone", index("devices_site", "(site_id = 'a'::uuid)"), ["whole-index"]],
  ["an index of an expression", index("devices_lower", "(lower((name)::text) = 'a'::text)"), []],
  ["all of a small index", index("devices_open"), []],
  ["three months", months(MONTHS.slice(0, 3)), []],
  ["every month", months(MONTHS), ["many-partitions"]],
  ["three months and one that lies ahead", months([...MONTHS.slice(0, 3), "events_ahead"]), []],
];

for (const [what, plan, kinds] of CASES) {
  test(`${what}: ${kinds.length === 0 ? "nothing to say" : kinds.join(", ")}`, () => {
    assert.equal(
      judgePlan(plan, SIZES).map((finding) => finding.kind),
      kinds,
    );
  });
}
