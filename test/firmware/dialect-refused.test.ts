// Every row of the dialect has a fixture that must be refused under it, by a message that names the replacement; what is allowed passes.
import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import * as assert from "uvu/assert";
import { checkFirmware } from "../../firmware/bundle/check-firmware.ts";
import { DIALECT, type DialectRule, formatRefusal, type Refusal } from "../../firmware/bundle/dialect.ts";
import { suite } from "../support/suite.ts";

const test = suite("dialect refused");
const root = path.resolve(import.meta.dirname, "../..");
const RULES: readonly DialectRule[] = DIALECT;

function listFixtures(folder: string): string[] {
  const whole = path.join(import.meta.dirname, "dialect", folder);
  return readdirSync(whole).map((file) => path.join(whole, file));
}

function readPromise(file: string): string {
  const id = /^\/\/ refuses: ([a-z-]+)$/m.exec(readFileSync(file, "utf8"))?.[1];
  if (id === undefined) throw new Error(`${file} does not say in its first line what refuses it`);
  return id;
}

const refused = listFixtures("refused");
let refusals: Refusal[] = [];
test.before(() => {
  refusals = checkFirmware(root, { files: refused });
});

function listRefusals(file: string): Refusal[] {
  const name = path.relative(root, file).replaceAll(path.sep, "/");
  return refusals.filter((refusal) => refusal.file === name);
}

test("every row found in the sources has a fixture", () => {
  const wanted = RULES.filter((rule) => rule.found !== "output").map((rule) => rule.id);
  assert.equal(refused.map(readPromise).sort(), wanted.sort());
});

for (const file of refused) {
  const id = readPromise(file);
  test(`${id} is refused, with what to write instead`, () => {
    const found = listRefusals(file).find((refusal) => refusal.id === id);
    assert.ok(found, `refused were: ${listRefusals(file).map(formatRefusal).join("\n")}`);
    const rule = RULES.find((one) => one.id === id);
    assert.ok(found.message.includes(`Instead: ${rule?.replacement}`), found.message);
    assert.ok(found.line > 1 && found.column >= 1, "it names the place");
  });
}

test("each fixture is refused for what it promises alone", () => {
  // A decorator, an enum and the like are refused by the compiler, too, and some need what is refused to be written at all.
  const allowed: { [id: string]: string[] } = { async: ["promise"], prototype: ["type-error"] };
  const faults = refused.flatMap((file) => {
    const id = readPromise(file);
    const others = listRefusals(file).filter((one) => one.id !== id && !allowed[id]?.includes(one.id));
    return others.map((one) => `${path.basename(file)}: ${formatRefusal(one)}`);
  });
  assert.equal(faults, []);
});

test("each row says what, why and what instead, and has an id of its own", () => {
  assert.is(new Set(RULES.map((rule) => rule.id)).size, RULES.length);
  for (const rule of RULES) {
    assert.match(rule.id, /^[a-z]+(-[a-z]+)*$/);
    for (const text of [rule.what, rule.why, rule.replacement]) assert.ok(text.length >= 4, rule.id);
    assert.is(rule.found === "types" || rule.names === undefined, true, rule.id);
  }
});

test("no name belongs to two rows", () => {
  const names = RULES.flatMap((rule) => rule.names ?? []);
  assert.equal(
    names.filter((name, index) => names.indexOf(name) !== index),
    [],
  );
});

test("what the dialect allows passes", () => {
  assert.equal(checkFirmware(root, { files: listFixtures("allowed") }).map(formatRefusal), []);
});
