// The measured differences between Node and the interpreter, each held to the judgement in dialect/probe-classes.ts [BUNDLE-3].
import * as path from "node:path";
import * as assert from "uvu/assert";
import { buildProgram } from "../../firmware/bundle/build.ts";
import { checkFirmware } from "../../firmware/bundle/check-firmware.ts";
import { checkOutput } from "../../firmware/bundle/check-output.ts";
import type { Refusal } from "../../firmware/bundle/dialect.ts";
import { getEspruino } from "../support/espruino.ts";
import { suite } from "../support/suite.ts";
import { type Probe, readProbes, runOnInterpreter, runOnNode, toModule } from "./dialect/measured.ts";
import { HARMLESS, LOWERED, REFUSED } from "./dialect/probe-classes.ts";

const test = suite("dialect facts", { limitMs: 60_000 });
const root = path.resolve(import.meta.dirname, "../..");
const probes = readProbes();
const differing = probes.filter((probe) => !probe.same);
const overlay = new Map(probes.map((probe, index) => [fileOf(index), toModule(probe.code)]));
const AT_ONCE = 2;

function fileOf(index: number): string {
  return path.join(root, "firmware", `probe-${index}.ts`);
}

function entryOf(probe: Probe): string {
  return fileOf(probes.indexOf(probe));
}

/** Snippets know no types: what only strictness refuses says nothing about the dialect. */
const LENIENT = {
  ...{ strict: false, noUnusedLocals: false, noUnusedParameters: false, noImplicitReturns: false },
  ...{ noUncheckedIndexedAccess: false, noFallthroughCasesInSwitch: false },
};

let refusals: Refusal[] = [];
test.before(() => {
  refusals = checkFirmware(root, { files: [...overlay.keys()], overlay, compilerOptions: LENIENT });
});

function listIds(probe: Probe): string[] {
  const file = path.relative(root, entryOf(probe)).replaceAll(path.sep, "/");
  return refusals.filter((refusal) => refusal.file === file).map((refusal) => refusal.id);
}

async function lower(probe: Probe): Promise<string> {
  const { code } = await buildProgram({ root, entry: entryOf(probe), overlay });
  assert.equal(checkOutput(code, probe.name), []);
  return code;
}

function getProbe(name: string): Probe {
  const probe = differing.find((one) => one.name === name);
  if (probe === undefined) throw new Error(`no measured difference is called "${name}"`);
  return probe;
}

/** Runs `each` over all, a few at once, and answers what went wrong. */
async function listFaults(
  all: readonly Probe[],
  each: (probe: Probe) => Promise<string | undefined>,
): Promise<string[]> {
  const faults: string[] = [];
  const open = [...all];
  const work = async () => {
    for (let probe = open.shift(); probe !== undefined; probe = open.shift()) {
      const fault = await each(probe);
      if (fault !== undefined) faults.push(`${probe.name}: ${fault}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return faults;
}

async function findFaultOnNode(probe: Probe): Promise<string | undefined> {
  const answer = runOnNode(await lower(probe)).join("|");
  return answer === probe.node ? undefined : `answers ${answer} on Node, not ${probe.node}`;
}

async function findFaultOnEspruino(bin: string, probe: Probe): Promise<string | undefined> {
  const answer = (await runOnInterpreter(bin, await lower(probe))).join("|");
  return answer === probe.node ? undefined : `answers ${answer} there, not ${probe.node}`;
}

test("526 snippets were measured, 149 of them differ, and each of these has exactly one judgement", () => {
  assert.is(probes.length, 526);
  assert.is(differing.length, 149);
  const judged = [...Object.values(REFUSED).flat(), ...LOWERED, ...Object.keys(HARMLESS)];
  assert.equal(judged.sort(), differing.map((probe) => probe.name).sort());
});

test("the checker refuses what is judged refused, under the row named", () => {
  const faults = Object.entries(REFUSED).flatMap(([id, names]) =>
    names.filter((name) => !listIds(getProbe(name)).includes(id)).map((name) => `${name} is not refused as ${id}`),
  );
  assert.equal(faults, []);
});

test("the checker lets pass what is judged lowered or harmless", () => {
  const passing = [...LOWERED, ...Object.keys(HARMLESS)];
  // Calling a member that is not there is no business of a snippet about `?.`.
  const faults = passing.filter((name) => listIds(getProbe(name)).some((id) => id !== "type-error"));
  assert.equal(faults, []);
});

test("what is judged lowered answers on Node as it did before", async () => {
  assert.equal(await listFaults(LOWERED.map(getProbe), findFaultOnNode), []);
});

test("what is judged lowered answers on the interpreter as on Node", async () => {
  const bin = getEspruino();
  assert.equal(await listFaults(LOWERED.map(getProbe), (probe) => findFaultOnEspruino(bin, probe)), []);
});

test("what is judged harmless differs only because Node lacks a global of the board", () => {
  for (const [name, { global, reason }] of Object.entries(HARMLESS)) {
    assert.is(getProbe(name).node, `error: ${global} is not defined`, name);
    assert.ok(reason.length > 20, name);
  }
});

/** In the dialect, and using nothing that Node lacks. */
function listAgreeing(): Probe[] {
  return probes.filter((probe) => probe.same && listIds(probe).length === 0 && !probe.code.includes("clearTimeout"));
}

test("snippets that agreed before the pipeline agree behind it, on Node", async () => {
  const agreeing = listAgreeing();
  assert.ok(agreeing.length > 120, `${agreeing.length} of the agreeing snippets are in the dialect`);
  assert.equal(await listFaults(agreeing, findFaultOnNode), []);
});

test("snippets that agreed before the pipeline agree behind it, on the interpreter", async () => {
  const bin = getEspruino();
  assert.equal(await listFaults(listAgreeing(), (probe) => findFaultOnEspruino(bin, probe)), []);
});
