// What a bench file may say, what it becomes, and how each mistake is told.
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as fc from "fast-check";
import * as assert from "uvu/assert";
import { FAULTS } from "../../../firmware/bundle/faults.ts";
import type { Bench } from "../../../hil/resources/bench.ts";
import { parseBench, readBenchFile } from "../../../hil/resources/bench-file.ts";
import { BenchFileError } from "../../../hil/resources/bench-mistakes.ts";
import { BenchFileSchema, FAULT_NAMES, printBenchSchema } from "../../../hil/resources/bench-schema.ts";
import { checkProperty } from "../../support/property.ts";
import { suite } from "../../support/suite.ts";

const test = suite("hil/resources/bench-file");
const BENCHES = path.join(import.meta.dirname, "../../../hil/benches");
const ENVIRONMENT = {
  BENCH_WIFI_PASSWORD: "mind-your-fingers",
  BENCH_FAR_PASSWORD: "far-far-away",
  BENCH_MQTT_PASSWORD: "mqtt-secret",
  BENCH_FACTORY_TOKEN: "token-secret",
  BENCH_EMAIL: "bench@example.org",
  BENCH_PASSWORD: "bench-secret",
};

function parse(text: string, environment: Record<string, string> | undefined = ENVIRONMENT): Bench {
  return parseBench(text, { path: "bench.yaml", environment });
}

function getError(text: string, environment?: Record<string, string>): BenchFileError {
  try {
    parse(text, environment);
  } catch (thrown) {
    if (thrown instanceof BenchFileError) return thrown;
    throw thrown;
  }
  throw new Error(`was taken for right:\n${text}`);
}

/** A bench with one board, whose keys are told. */
function withBoard(rest: string): string {
  return `name: desk\nboards:\n  - name: anna\n    mac: 24:0a:c4:00:00:01\n    port: /dev/ttyUSB0\n    ${rest}\n`;
}

test("the benches that come with the project are right", () => {
  for (const name of fs.readdirSync(BENCHES).filter((one) => one.endsWith(".yaml"))) {
    const bench = readBenchFile({ path: path.join(BENCHES, name), environment: ENVIRONMENT });
    assert.ok(bench.boards.length + bench.virtualBoards > 0, name);
  }
});

test("the example shows every key of the schema, and the schema explains every key with an example", () => {
  const example = fs.readFileSync(path.join(BENCHES, "example.yaml"), "utf8");
  const missing: string[] = [];
  const visit = (shape: unknown, trail: string): void => {
    if (typeof shape !== "object" || shape === null) return;
    const { properties = {}, anyOf = [], items } = shape as { properties?: object; anyOf?: unknown[]; items?: unknown };
    for (const [key, inner] of Object.entries(properties)) {
      const { description, examples } = inner as { description?: string; examples?: unknown[] };
      if (!description || !examples?.length) missing.push(`${trail}.${key} explains nothing`);
      if (!new RegExp(`\\b${key}:`).test(example)) missing.push(`${trail}.${key} is not in the example`);
      visit(inner, `${trail}.${key}`);
    }
    for (const inner of anyOf) visit(inner, trail);
    visit(items, trail);
  };
  visit(BenchFileSchema, "bench");
  assert.equal(missing, []);
});

test("the published schema is the one files are checked by", () => {
  const published: unknown = JSON.parse(fs.readFileSync(path.join(BENCHES, "bench.schema.json"), "utf8"));
  assert.equal(published, JSON.parse(printBenchSchema()), "npm run hil -- schema > hil/benches/bench.schema.json");
});

test("what is left out has its default, and what is written arrives", () => {
  const bench = parse(
    `${withBoard("fixture: {port: {usb: '0002'}}")}wifi: {ssid: bench, passwordEnv: BENCH_WIFI_PASSWORD}\n`,
  );
  assert.equal(bench, {
    name: "desk",
    path: "bench.yaml",
    boards: [
      {
        name: "anna",
        mac: "24:0a:c4:00:00:01",
        hardware: "esp32",
        trapKind: "live-catch",
        labels: {},
        port: { kind: "path", path: "/dev/ttyUSB0" },
        fixture: {
          port: { kind: "usb", serialNumber: "0002" },
          pins: { button: "D18", plunger: "D19", led: "D21", buzzer: "D22" },
        },
        wifi: { ssid: "bench", password: "mind-your-fingers" },
      },
    ],
    virtualBoards: 0,
    cloud: { kind: "local", host: "127.0.0.1" },
    firmware: {},
  });
});

const POWERS: [text: string, kind: unknown][] = [
  ["none", undefined],
  ["lines", { kind: "lines" }],
  [
    "{relay: {port: /dev/ttyUSB3, channel: 2}}",
    { kind: "relay", port: { kind: "path", path: "/dev/ttyUSB3" }, channel: 2 },
  ],
  ["{usbHub: {location: 1-1, port: 2}}", { kind: "usb-hub", location: "1-1", port: 2 }],
  ["{mqtt: {url: 'mqtt://h', topic: a/b}}", { kind: "mqtt", url: "mqtt://h", topic: "a/b", on: "ON", off: "OFF" }],
  [
    "{http: {on: 'http://h/1', off: {url: 'http://h/0', method: POST, body: {on: false}}}}",
    {
      kind: "http",
      on: { url: "http://h/1", method: "GET" },
      off: { url: "http://h/0", method: "POST", body: { on: false } },
    },
  ],
  [
    "{command: {on: [plug, on], off: [plug, off]}}",
    { kind: "command", on: ["plug", "on"], off: ["plug", "off"], timeoutMs: 10_000 },
  ],
];
for (const [text, kind] of POWERS)
  test(`power ${text} is understood`, () => assert.equal(parse(withBoard(`power: ${text}`)).boards[0]?.power, kind));

const PORTS: [text: string, port: unknown][] = [
  ["COM7", { kind: "path", path: "COM7" }],
  ["tcp://10.0.0.1:23", { kind: "tcp", host: "10.0.0.1", port: 23 }],
  ["rfc2217://[fe80::1]:4000", { kind: "rfc2217", host: "fe80::1", port: 4000 }],
  ['{usb: "0001"}', { kind: "usb", serialNumber: "0001" }],
  ["usb:0001", { kind: "usb", serialNumber: "0001" }],
  ["{usbLocation: 1-1.2}", { kind: "usb-location", location: "1-1.2" }],
];
for (const [text, port] of PORTS)
  test(`port ${text} is understood`, () =>
    assert.equal(parse(withBoard("").replace("/dev/ttyUSB0", text)).boards[0]?.port, port));

const MISTAKES: [what: string, text: string, place: string, told: RegExp][] = [
  ["an empty file", "", "1:1", /the file is no map/],
  ["a file that is a text", "hello", "1:1", /the file is no map/],
  ["a tab", "name: desk\nboards:\n\t- name: anna\n", "3:1", /spaces before the first letter/],
  ["an open bracket", "name: [desk\n", "2:1", /every bracket closed/],
  ["a key twice", "name: desk\nname: desk\nvirtualBoards: 1\n", "2:1", /the same key stands twice/],
  ["two documents", "name: desk\n---\nname: desk\n", "2:1", /one bench in a file/],
  ["an anchor that is not there", "name: desk\nvirtualBoards: 1\nwifi: *net\n", "3:7", /\*net stands for nothing/],
  ["a tag", "name: !x desk\nvirtualBoards: 1\n", "1:7", /this is not YAML/],
  ["no name", "virtualBoards: 1\n", "1:1", /has no name/],
  ["no boards", "name: desk\n", "1:1", /the bench has no boards/],
  ["an empty list of boards", "name: desk\nboards: []\n", "2:9", /the bench has no boards/],
  ["no virtual boards", "name: desk\nvirtualBoards: 0\n", "2:16", /the bench has no boards/],
  ["an unknown key", "name: desk\nvirtualBoard: 1\n", "2:1", /did you mean "virtualBoards"/],
  ["another word for a key", withBoard("serial: x"), "6:5", /unknown key "serial"/],
  ["another word that is known", "name: desk\nvirtual: 1\n", "2:1", /did you mean "virtualBoards"/],
  ["a half number", "name: desk\nvirtualBoards: 1.5\n", "2:16", /no whole number/],
  ["a number that is a text", "name: desk\nvirtualBoards: two\n", "2:16", /no whole number[\s\S]*"two"/],
  ["too many", "name: desk\nvirtualBoards: 65\n", "2:16", /more than 64/],
  ["nothing behind a key", "name:\nvirtualBoards: 1\n", "1:6", /name is empty/],
  ["a list for a map", "name: desk\nvirtualBoards: 1\ncloud: [local]\n", "3:8", /cloud is of the wrong kind/],
  ["a word that is none of them", "name: desk\nvirtualBoards: 1\ncloud: locale\n", "3:8", /did you mean local/],
  [
    "a malformed MAC",
    withBoard("").replace("24:0a:c4:00:00:01", "24-0a-c4-00-00-01"),
    "4:10",
    /six pairs of hex digits/,
  ],
  ["a MAC of no chip", withBoard("").replace("24:0a", "25:0a"), "4:10", /no chip has this MAC/],
  ["a name with capitals", withBoard("").replace("anna", "Anna"), "3:11", /small letters, digits and hyphens/],
  [
    "a name of a virtual board",
    `${withBoard("").replace("anna", "virtual-1")}virtualBoards: 1\n`,
    "3:11",
    /own virtual boards/,
  ],
  [
    "a serial number without quotes",
    withBoard("").replace("/dev/ttyUSB0", "{usb: 0001}"),
    "5:17",
    /put it in quotes[\s\S]*usb: "0001"/,
  ],
  [
    "two ways to one port",
    withBoard("").replace("/dev/ttyUSB0", '{usb: "1", usbLocation: 1-1}'),
    "5:11",
    /exactly one key/,
  ],
  ["no way to a port", withBoard("").replace("/dev/ttyUSB0", "{}"), "5:11", /exactly one key/],
  ["an unknown scheme", withBoard("").replace("/dev/ttyUSB0", "telnet://h:1"), "5:11", /rfc2217:\/\/host:port/],
  ["a port beyond TCP", withBoard("").replace("/dev/ttyUSB0", "tcp://h:65536"), "5:11", /from 1 to 65535/],
  [
    "a port in two spellings",
    `${withBoard("").replace("/dev/ttyUSB0", "usb:7")}    fixture: {port: {usb: "7"}}\n`,
    "7:21",
    /is used twice/,
  ],
  ["a port used twice", withBoard("fixture: {port: /dev/ttyUSB0}"), "6:21", /is used twice[\s\S]*line 5/],
  [
    "a relay on the board's port",
    withBoard("power: {relay: {port: /dev/ttyUSB0, channel: 1}}"),
    "6:27",
    /is used twice/,
  ],
  ["a relay that is not there", withBoard("power: {relay: {port: /dev/ttyUSB3, channel: 9}}"), "6:50", /more than 8/],
  ["an unknown power", withBoard("power: {battery: {}}"), "6:13", /unknown key "battery"/],
  ["an unknown word for power", withBoard("power: line"), "6:12", /did you mean lines/],
  ["lines on raw TCP", withBoard("power: lines").replace("/dev/ttyUSB0", "tcp://h:1"), "6:12", /rfc2217:\/\/h:1/],
  ["a command of no words", withBoard("power: {command: {on: [], off: [x]}}"), "6:27", /is empty/],
  ["a command as one text", withBoard("power: {command: {on: plug on, off: [x]}}"), "6:27", /is no list/],
  [
    "an address that is none",
    withBoard("power: {http: {on: 'http://h:99999/', off: 'http://h/'}}"),
    "6:24",
    /is no address/,
  ],
  [
    "a password in an address",
    withBoard("power: {mqtt: {url: 'mqtt://u:hunter2@h', topic: t}}"),
    "6:25",
    /holds a password/,
  ],
  ["a pin of the flash", withBoard("fixture: {port: /dev/b, pins: {button: D6, plunger: D19}}"), "6:44", /D6 to D11/],
  ["no pin at all", withBoard("fixture: {port: /dev/b, pins: {button: A0, plunger: D19}}"), "6:44", /"A0"/],
  [
    "an input as an output",
    withBoard("fixture: {port: /dev/b, pins: {button: D34, plunger: D19}}"),
    "6:44",
    /D34 to D39/,
  ],
  ["a pin wired twice", withBoard("fixture: {port: /dev/b, pins: {button: D18, plunger: D18}}"), "6:58", /wired twice/],
  [
    "a password in the file",
    withBoard("wifi: {ssid: x, password: hunter2}"),
    "6:21",
    /passwordEnv: BENCH_WIFI_PASSWORD/,
  ],
  ["a variable that is not set", withBoard("wifi: {ssid: x, passwordEnv: NOT_SET}"), "6:34", /export NOT_SET=/],
  ["a variable as a value", withBoard(`wifi: {ssid: "\${SSID}"}`), "6:18", /variables are not put into bench files/],
  ["an access point with lines", withBoard("wifi: {ssid: x, power: lines}"), "6:28", /no reset lines/],
  ["a label that is a number", withBoard("labels: {desk: 3}"), "6:20", /desk: "3"/],
  [
    "a fault that nobody knows",
    "name: desk\nvirtualBoards: 1\nfirmware: {fault: drops-everything}\n",
    "3:19",
    /drops-alerts/,
  ],
  [
    "an image without its hash",
    "name: desk\nvirtualBoards: 1\nfirmware: {interpreter: {files: [{path: a, address: 0x1000}]}}\n",
    "3:34",
    /has no sha256/,
  ],
  [
    "an image between pages",
    `name: desk\nvirtualBoards: 1\nfirmware: {interpreter: {files: [{path: a, address: 100, sha256: "${"a".repeat(64)}"}]}}\n`,
    "3:53",
    /no multiple of 0x1000/,
  ],
  [
    "two boards with one MAC",
    `${withBoard("")}  - {name: berta, mac: "24:0A:C4:00:00:01", port: /dev/b}\n`,
    "7:24",
    /24:0A:C4:00:00:01 stands twice[\s\S]*line 4/,
  ],
];
for (const [what, text, place, told] of MISTAKES)
  test(`[BENCH-1] ${what} is told at its place`, () => {
    const { message, mistakes, kind } = getError(text);
    assert.is(kind, "usage");
    assert.ok(
      mistakes.some(({ line, column }) => `${line}:${column}` === place),
      `no mistake at ${place}:\n${message}`,
    );
    assert.match(message, told);
    assert.not.match(message, "hunter2");
  });

test("[BENCH-1] all mistakes are told at once, in the order of the lines", () => {
  const { mistakes } = getError("name: Desk\nvirtualBoards: -1\ncloud: loca\nwifi: {passwordEnv: NOT_SET}\n");
  assert.equal(
    mistakes.map(({ line }) => line),
    [1, 2, 3, 4, 4],
  );
});

test("variables are not asked for where secrets are not needed", () => {
  const bench = parseBench(withBoard("wifi: {ssid: x, passwordEnv: NOT_SET}"), {
    path: "b.yaml",
    environment: undefined,
  });
  assert.is(bench.boards[0]?.wifi?.password, "");
});

test("an anchor may stand for a network that boards share", () => {
  const text = `${withBoard("wifi: &net {ssid: far}")}  - {name: berta, mac: "24:0a:c4:00:00:02", port: /dev/b, wifi: *net}\n`;
  assert.is(parse(text).boards[1]?.wifi?.ssid, "far");
});

test("a file that is not there, a folder and bytes that are no text are told as such", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "trapline-bench-"));
  try {
    fs.writeFileSync(path.join(folder, "bytes.yaml"), Uint8Array.of(0xff, 0xfe, 0x80));
    const told = (file: string): string => {
      try {
        readBenchFile({ path: path.join(folder, file), environment: {} });
      } catch (thrown) {
        return thrown instanceof Error ? thrown.message : String(thrown);
      }
      return "nothing";
    };
    assert.match(told("none.yaml"), "There is no bench file");
    assert.match(told("."), "is a folder");
    assert.match(told("bytes.yaml"), "no text in UTF-8");
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});

/** What slips a person's fingers, or a disk's. */
const mutation = fc.record({
  act: fc.constantFrom("insert", "delete", "delete-line", "double-line", "cut", "swap", "indent", "word"),
  at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  text: fc.oneof(
    fc.constantFrom(..."\t:-{}[]\"'&*!|>#%@`,?\0\n", "<<: ", "null", "*a", "&a ", "0x", "é", "\r\n"),
    fc.string({ maxLength: 4 }),
  ),
});

function mutate(text: string, { act, at, text: put }: { act: string; at: number; text: string }): string {
  const place = Math.floor(at * text.length);
  const lines = text.split("\n");
  const line = Math.floor(at * lines.length);
  if (act === "insert") return text.slice(0, place) + put + text.slice(place);
  if (act === "delete") return text.slice(0, place) + text.slice(place + 1);
  if (act === "cut") return text.slice(0, place);
  if (act === "swap")
    return text.slice(0, place) + (text[place + 1] ?? "") + (text[place] ?? "") + text.slice(place + 2);
  if (act === "word")
    return text.replace(/(?<=: )[^\s{[]+/g, (word, offset: number) =>
      offset > place && offset < place + 60 ? put : word,
    );
  const changed =
    act === "delete-line" ? [] : act === "indent" ? [` ${lines[line]}`] : [lines[line] ?? "", lines[line] ?? ""];
  lines.splice(line, 1, ...changed);
  return lines.join("\n");
}

test("[BENCH-1] two thousand spoiled files never crash, and what is wrong always has a place in the file", async () => {
  const example = fs.readFileSync(path.join(BENCHES, "example.yaml"), "utf8").replaceAll(/^ *#.*\n/gm, "");
  const property = fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), (mutations) => {
    const text = mutations.reduce(mutate, example);
    try {
      parse(text);
    } catch (thrown) {
      if (!(thrown instanceof BenchFileError)) throw thrown;
      const lines = text.split("\n");
      for (const { line, column, found, expected, what } of thrown.mistakes) {
        assert.ok(line >= 1 && line <= lines.length, `line ${line} of ${lines.length}`);
        assert.ok(column >= 1 && column <= (lines[line - 1] ?? "").length + 1, `column ${column} in line ${line}`);
        assert.ok(found !== "" && expected !== "" && what !== "");
        assert.is.not(what, "the file is no bench", `the check is milder than the schema:\n${text}`);
      }
      assert.ok(thrown.mistakes.length > 0);
    }
  });
  await checkProperty(property, 2000);
});

test("a bench may ask for a firmware that is broken on purpose, in the ways in which the build can break it", () => {
  assert.equal(FAULT_NAMES, Object.keys(FAULTS));
  for (const fault of FAULT_NAMES) {
    const read = parse(`name: desk\nvirtualBoards: 1\nfirmware: {fault: ${fault}}\n`);
    assert.equal(read.firmware, { fault });
  }
});
