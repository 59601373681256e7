// The guide for bench people says nothing that the bench would refuse: its files, its powers, its pins.
import * as fs from "node:fs";
import * as path from "node:path";
import * as assert from "uvu/assert";
import { parseBench } from "../../../hil/resources/bench-file.ts";
import { suite } from "../../support/suite.ts";

const test = suite("hil/README");
const HIL = path.join(import.meta.dirname, "../../../hil");
const guide = fs.readFileSync(path.join(HIL, "README.md"), "utf8");
const options = { path: "guide.yaml", environment: { BENCH_WIFI_PASSWORD: "mind-your-fingers" } };

test("the bench file of the first run is right", () => {
  const block = /(?:^ {8}.*\n)*^ {8}name: desk\n(?:^ {8}.*\n)*/m.exec(guide)?.[0] ?? "";
  const bench = parseBench(block.replaceAll(/^ {8}/gm, ""), options);
  assert.is(bench.boards[0]?.fixture, undefined);
  assert.equal(bench.cloud, { kind: "local", host: "192.168.7.20" });
});

test("every way to switch power that is shown is understood, and every kind is shown", () => {
  const shown = [...guide.matchAll(/^\|[^|]*\| `(power: [^`]*)`/gm)].map(([, text = ""]) =>
    text.replaceAll("ADDRESS", '"http://10.0.0.3/relay"'),
  );
  const kinds = shown.map((power) => {
    const board = `name: desk\nboards:\n  - name: anna\n    mac: 24:0a:c4:00:00:01\n    port: /dev/a\n    ${power}\n`;
    return parseBench(board, options).boards[0]?.power?.kind;
  });
  assert.equal(kinds, [undefined, "lines", "relay", "usb-hub", "mqtt", "http", "command"]);
});

test("the table of pins is the wiring that is meant where the file tells none", () => {
  const rows = [...guide.matchAll(/^\| (D\d+) \| GPIO\d+, (\w+)/gm)].map(([, pin = "", what = ""]) => [
    what.toLowerCase(),
    pin,
  ]);
  const text = "name: desk\nboards:\n  - {name: a, mac: '24:0a:c4:00:00:01', port: /dev/a, fixture: {port: /dev/b}}\n";
  assert.equal(Object.fromEntries(rows), parseBench(text, options).boards[0]?.fixture?.pins);
});

test("every file that the guide names is there", () => {
  const named = [...guide.matchAll(/`(hil\/[\w./-]+\.(?:yaml|ts))`/g)].map(([, file = ""]) => file);
  const own = ["hil/benches/desk.yaml", "hil/suites/my-promise.ts"];
  assert.ok(named.length > 4);
  for (const file of named.filter((one) => !own.includes(one)))
    assert.ok(fs.existsSync(path.join(HIL, "..", file)), `${file} is not there`);
});
