// What the pipeline does for the trap's memory: rare functions take their own with them, and names of members that nobody outside sees
// are shortened. Neither may change what the program does.
import * as path from "node:path";
import * as assert from "uvu/assert";
import { createDeviceProgram } from "../../firmware/bundle/check-firmware.ts";
import { shrinkProgram } from "../../firmware/bundle/shrink.ts";
import { RARE_FUNCTIONS, sinkFunctions } from "../../firmware/bundle/sink.ts";
import { listFunctions, parseProgram } from "../../firmware/bundle/syntax-tree.ts";
import { listVisibleMembers } from "../../firmware/bundle/visible-members.ts";
import { suite } from "../support/suite.ts";
import { runOnNode } from "./dialect/measured.ts";

const test = suite("bundle memory");
const root = path.resolve(import.meta.dirname, "../..");

/** Program, and what must stand at its top level once those named `rare` and `rare2` have taken their own. */
const PROGRAMS: [string, string, string[]][] = [
  ["one of its own", "function rare(){return a()}function a(){return 1}R(rare())", ["rare"]],
  ["a chain", "function rare(){return a()}function a(){return b()}function b(){return 2}R(rare())", ["rare"]],
  [
    "several users, all of them moved",
    "function rare(){return a()+b()}function a(){return c()}function b(){return c()}function c(){return 3}R(rare())",
    ["rare"],
  ],
  ["used elsewhere too", "function rare(){return a()}function a(){return 1}R(a()+rare())", ["rare", "a"]],
  [
    "used by one that stays",
    "function rare(){return a()}function a(){return 1}function other(){return a()}R(rare()+other())",
    ["rare", "a", "other"],
  ],
  ["handed on as a value", "function rare(){return[1].map(a)}function a(x){return x+1}R(rare())", ["rare"]],
  ["a member of that name", "function rare(){return a()}function a(){return 4}R(rare()+({a:1}).a)", ["rare"]],
  ["a computed member", "function rare(){return a()}function a(){return 4}R(rare()+[7][a()-4])", ["rare", "a"]],
  [
    "a rare one inside a rare one",
    "function rare(){return rare2()+a()}function rare2(){return b()}function a(){return b()}function b(){return 1}R(rare())",
    ["rare", "rare2", "b"],
  ],
  ["state at the top level", "var n=0;function rare(){return a()}function a(){return++n}rare();R(rare())", ["rare"]],
  ["calls itself", "function rare(){return a(3)}function a(x){return x?a(x-1):0}R(rare())", ["rare"]],
  ["nobody's", "function rare(){return 1}function a(){return 1}R(rare())", ["rare", "a"]],
];

function listTop(code: string): string[] {
  return listFunctions(parseProgram(code).body)
    .map((node) => node.id.name)
    .sort();
}

for (const [name, program, expected] of PROGRAMS) {
  test(`a function is moved only where nobody else uses it: ${name}`, () => {
    const sunk = sinkFunctions(program, ["rare", "rare2", "not there"]);
    assert.equal(listTop(sunk), [...expected].sort());
    assert.equal(runOnNode(sunk), runOnNode(program));
  });
}

test("every rare function is one of the firmware's, and none makes a function that would outlive its call", () => {
  const sources = createDeviceProgram(root).files.map((file) => file.text);
  for (const name of RARE_FUNCTIONS) {
    const text = sources.find((source) => source.includes(`function ${name}(`));
    assert.ok(text, `${name} is gone: take it off the list`);
  }
});

test("members that something outside the program sees keep their names", () => {
  const visible = listVisibleMembers(createDeviceProgram(root));
  for (const name of ["charCodeAt", "length", "SHA256", "erasePage", "setOptions", "TL", "TL_SLOT", "Connection"]) {
    assert.ok(visible.has(name), name);
  }
  for (const name of ["choresAt", "armDelayMs", "publishEvents"]) assert.not.ok(visible.has(name), name);
});

test("shortened are the members that are not visible, at every place alike; what stands in quotes anywhere stays", async () => {
  const program = `var o={inner:1,outer:2,"quoted":3,read:4};o.quoted+=o.inner;R(o["quoted"]+o.outer+o.read);R(Object.keys(o).length)`;
  const { code } = await shrinkProgram(program, { visibleMembers: new Set(["read", "keys", "length"]) });
  assert.not.match(code, "inner");
  assert.not.match(code, "outer");
  assert.match(code, "quoted");
  assert.match(code, "read");
  assert.equal(runOnNode(code), runOnNode(program));
});

test("without knowing what is visible, no member is touched", async () => {
  const { code } = await shrinkProgram("R({inner:1}.inner)");
  assert.match(code, "inner");
});
