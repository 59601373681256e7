// The report as JUnit XML: a strict parser takes it, whatever boards and people have said, and build servers find each verdict where they look.
import * as assert from "uvu/assert";
import { renderJunit } from "../../../hil/report/junit.ts";
import { suite } from "../../support/suite.ts";
import { parseStrictXml, type XmlElement } from "./strict-xml.ts";
import { buildModel } from "./told-run.ts";

const test = suite("JUnit report");

const SPICE = ` <&>"'\u0000\u001b[31m\t\n]]>\ud800\ufffe\u{1f42d}`;

function children(element: XmlElement, name: string): XmlElement[] {
  return element.children.filter((child) => child.name === name);
}

test("there is a testsuite for each board, a testcase for each suite, and the numbers fit", () => {
  const root = parseStrictXml(renderJunit(buildModel({ boards: 3, attempts: 2 })));
  assert.is(root.name, "testsuites");
  assert.equal(root.attributes, {
    name: "bench virtual",
    tests: "42",
    failures: "1",
    errors: "2",
    skipped: "6",
    time: "76.352",
  });
  const [first] = children(root, "testsuite");
  assert.equal(
    children(root, "testsuite").map((one) => one.attributes.name),
    ["loft-1", "cellar-2", "barn-3"],
  );
  assert.is(first?.attributes.timestamp, "2026-11-21T08:00:00");
  const names = children(first!, "testcase").map((one) => one.attributes.name);
  assert.is(names.length, 14);
  assert.ok(names.includes("alert") && names.includes("alert (attempt 2)"));
});

test("failures, errors and skips stand where they are looked for, measurements are properties, the console is the output", () => {
  const root = parseStrictXml(renderJunit(buildModel({ boards: 1 })));
  const cases = new Map(children(root.children[0]!, "testcase").map((one) => [one.attributes.name, one]));
  const [failure] = children(cases.get("bad-signature")!, "failure");
  assert.match(failure?.attributes.message ?? "", /waited 20000 ms/);
  assert.match(failure?.text ?? "", /last seen: TL 8123 update state=trial\n {2}TL 9001/);
  assert.match(failure?.text ?? "", /repeat: npm run hil -- run --bench virtual --board loft-1 --suite bad-signature/);
  const [error] = children(cases.get("broker-restart")!, "error");
  assert.is(error?.attributes.type, "port-gone");
  const [skipped] = children(cases.get("power-cut")!, "skipped");
  assert.is(skipped?.attributes.message, "this board has no relay");
  const [properties] = children(cases.get("alert")!, "properties");
  const told = properties?.children.map((one) => `${one.attributes.name}=${one.attributes.value}`) ?? [];
  assert.ok(
    told.includes("measured.spring to notice=2190 ms") && told.includes("measured.spring to notice.outcome=marginal"),
  );
  const [output] = children(cases.get("alert")!, "system-out");
  assert.match(output?.text ?? "", /console: TL \d+ trap state=armed/);
  assert.match(output?.text ?? "", /mqtt <: trapline/);
  assert.match(output?.text ?? "", /measured: spring to notice 2190 ms \(up to 2000, at most 5000\)/);
});

test("every text comes back as it was, but for characters that XML has not", () => {
  const xml = renderJunit(buildModel({ boards: 1, spice: SPICE }));
  const root = parseStrictXml(xml);
  const shown = ` <&>"'\\x00\\x1b[31m\t\n]]>\\ud800\\ufffe\u{1f42d}`;
  assert.is(root.attributes.name, `bench virtual${shown}`);
  assert.match(JSON.stringify(root), JSON.stringify(`TL 300 trap state=armed count=0${shown}`).slice(1, -1));
  assert.is(renderJunit(buildModel({ boards: 1, spice: SPICE })), xml, "the same run gives the same bytes");
});

test("a suite that was cut off is an error, and the report says that it is partial", () => {
  const root = parseStrictXml(renderJunit(buildModel({ isCut: true })));
  assert.match(JSON.stringify(root), "the run ended before this suite did");
  assert.match(JSON.stringify(root), '{"name":"partial","value":"true"}');
});
