// The build: the same bytes whoever builds where [BUNDLE-2], made anew only when something changed, nothing at all of sources outside the dialect;
// and the real firmware within its budget, on the real interpreter too.
import { appendFile, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import * as assert from "uvu/assert";
import { DOWN_NAMES, PACKET_BYTES_MAX, RECORD_BYTES_MAX, UP_NAMES } from "#protocol";
import {
  BOOT_BYTES_MAX,
  BUNDLE_BYTES_MAX,
  REST_VARIABLES_MAX,
  START_STACK_BYTES_MAX,
} from "../../firmware/bundle/budget.ts";
import { buildFirmware } from "../../firmware/bundle/build.ts";
import type { BuildResult } from "../../firmware/bundle/built-firmware.ts";
import { firmwareCommand } from "../../firmware/bundle/command.ts";
import { formatRefusal } from "../../firmware/bundle/dialect.ts";
import { ensureFirmware } from "../../firmware/bundle/ensure-firmware.ts";
import { ensureImage, type ImageOptions } from "../../firmware/image/ensure-image.ts";
import { listLongestMessages } from "../../firmware/image/longest-messages.ts";
import { measureStart } from "../../firmware/image/measure.ts";
import { readTrapStats } from "../../firmware/image/trap-stats.ts";
import { createProgramEnvironment } from "../support/config.ts";
import { getEspruino } from "../support/espruino.ts";
import { skip, suite } from "../support/suite.ts";

const test = suite("bundle build", { limitMs: 60_000 });
const root = path.resolve(import.meta.dirname, "../..");
let folder = "";
/** A firmware of a few lines, free to be changed. */
let small = "";

/** Everything the pipeline reads, with the real library and a program of a few lines. */
async function createSmallFirmware(name: string): Promise<string> {
  const at = path.join(folder, name);
  await mkdir(path.join(at, "firmware", "boot"), { recursive: true });
  await mkdir(path.join(at, "firmware", "protocol"));
  for (const file of ["firmware/lib", "firmware/board/espruino.d.ts", "firmware/tsconfig.json", "package.json"]) {
    await cp(path.join(root, file), path.join(at, file), { recursive: true });
  }
  const files = {
    "main.ts":
      'import { LIMIT } from "#protocol";\nimport { FIRMWARE_VERSION } from "./version.ts";\nprint(FIRMWARE_VERSION + LIMIT);\n',
    "boot/boot.ts": 'eval(require("Storage").read("app-a") ?? "");\n',
    "version.ts": 'export const FIRMWARE_VERSION = "1.0.0";\n',
    "protocol/index.ts": "export const LIMIT = 5;\n",
  };
  for (const [file, text] of Object.entries(files)) await writeFile(path.join(at, "firmware", file), text);
  return at;
}

type Built = BuildResult & { ok: true };

function getBuilt(result: BuildResult): Built {
  if (!result.ok) throw new Error(result.refusals.map(formatRefusal).join("\n"));
  return result;
}

test.before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "trapline-build-"));
  small = await createSmallFirmware("small");
});
test.after(() => rm(folder, { recursive: true }));

async function build(from: string, out: string, version?: string): Promise<Built> {
  return getBuilt(await buildFirmware({ root: from, outDir: path.join(folder, out), version }));
}

test("two builds at two places give the same bytes, and the manifest tells what they are", async () => {
  const here = await build(small, "here");
  const there = await build(await createSmallFirmware("elsewhere"), "there");
  for (const file of ["bundle.js", "boot.js", "manifest.json"]) {
    assert.equal(
      await readFile(path.join(folder, "there", file)),
      await readFile(path.join(folder, "here", file)),
      file,
    );
  }
  assert.equal(JSON.parse(await readFile(path.join(folder, "here", "manifest.json"), "utf8")), here.manifest);
  assert.equal({ ...here.bundle, path: "" }, { ...there.bundle, path: "" });
  assert.is((await readFile(here.bundle.path)).length, here.bundle.size);
});

test("the firmware is in the dialect, and keeps its budget", async () => {
  const { manifest } = await build(root, "out");
  assert.ok(
    manifest.size <= BUNDLE_BYTES_MAX,
    `bundle.js has ${manifest.size} bytes, the budget is ${BUNDLE_BYTES_MAX}`,
  );
  assert.ok(
    manifest.boot.size <= BOOT_BYTES_MAX,
    `boot.js has ${manifest.boot.size} bytes, the budget is ${BOOT_BYTES_MAX}`,
  );
});

test("a version asked for takes the place of the one in the sources, and changes nothing else", async () => {
  const plain = await build(small, "plain");
  const next = await build(small, "next", "9.8.7");
  const text = await readFile(next.bundle.path, "latin1");
  assert.is(next.manifest.version, "9.8.7");
  assert.is(text.split("9.8.7").length, 2, "it stands there once");
  assert.is(text.replace("9.8.7", plain.manifest.version), await readFile(plain.bundle.path, "latin1"));
});

test("what is built already is left alone, until a source, the version or the file changes", async () => {
  const options = { root: small, outDir: path.join(folder, "kept") };
  assert.is((await ensureFirmware(options)).fresh, true, "nothing was there");
  assert.is((await ensureFirmware(options)).fresh, false, "nothing changed");
  assert.is((await ensureFirmware({ ...options, version: "2.0.0" })).fresh, true, "another version");
  assert.is((await ensureFirmware({ ...options, version: "2.0.0" })).fresh, false);
  await writeFile(path.join(options.outDir, "bundle.js"), "damaged");
  assert.is((await ensureFirmware({ ...options, version: "2.0.0" })).fresh, true, "damaged");
  await appendFile(path.join(small, "firmware", "main.ts"), "// Another comment.\n");
  assert.is((await ensureFirmware({ ...options, version: "2.0.0" })).fresh, true, "another source");
});

test("of sources outside the dialect nothing is written", async () => {
  const main = path.join(small, "firmware", "main.ts");
  const before = await readFile(main, "utf8");
  await writeFile(main, `${before}export const seen = new Map<string, number>();\n`);
  const result = await buildFirmware({ root: small, outDir: path.join(folder, "never") });
  await writeFile(main, before);
  assert.is(result.ok, false);
  if (result.ok) return;
  assert.equal(
    result.refusals.map((refusal) => [refusal.id, refusal.file]),
    [["collection", "firmware/main.ts"]],
  );
  assert.is((await readdir(folder)).includes("never"), false);
});

function createIo() {
  const lines: string[] = [];
  return {
    io: {
      ...{ root, write: (line: string) => lines.push(line), writeError: (line: string) => lines.push(line) },
      readTrapStats: (options: ImageOptions) => readTrapStats(options, undefined),
    },
    lines,
  };
}

test("the command tells sizes against the budget, for people and for programs", async () => {
  const people = createIo();
  const programs = createIo();
  await firmwareCommand(["stats"], people.io);
  const code = await firmwareCommand(["stats", "--json"], programs.io);
  assert.match(people.lines.join("\n"), /bundle: \d+ of \d+ bytes \(\d+ %\), sha256 [0-9a-f]{16}/);
  const told = JSON.parse(programs.lines.join("")) as { ok: boolean; bundle: { sha256: string; functions: number } };
  assert.is(told.ok, code === 0);
  assert.match(told.bundle.sha256, /^[0-9a-f]{64}$/);
  assert.ok(told.bundle.functions >= 0);
});

for (const argv of [[], ["bake"], ["build", "--fast"], ["build", "again"]]) {
  test(`the command does not understand "${argv.join(" ")}", and says what it does`, async () => {
    const { io, lines } = createIo();
    assert.is(await firmwareCommand(argv, io), 2);
    assert.match(lines.join("\n"), /^usage: /);
  });
}

test("no message of a trap is longer than what the interpreter was seen to bear", () => {
  const lengths = listLongestMessages();
  assert.equal(new Set(lengths.map((one) => one.name)), new Set([...UP_NAMES, ...DOWN_NAMES]));
  for (const { name, recordBytes, packetBytes } of lengths) {
    // A record that grows too long is written without its fields.
    assert.ok(recordBytes > '{"v":1}'.length, name);
    assert.ok(recordBytes <= RECORD_BYTES_MAX && packetBytes <= PACKET_BYTES_MAX, `${name}: ${packetBytes}`);
  }
});

test("the interpreter boots the very bytes, and they leave memory and stack to work with", async () => {
  const bin = getEspruino();
  const { storage } = await ensureImage({ root, outDir: path.join(root, ".trapline", "firmware") });
  const { restVariables, startStackBytes } = await measureStart(
    { bin, environment: createProgramEnvironment() },
    storage,
  );
  assert.ok(restVariables <= REST_VARIABLES_MAX, `${restVariables} variables, the budget is ${REST_VARIABLES_MAX}`);
  const stackBytes = startStackBytes ?? skip("this build of the interpreter cannot be told its stack");
  assert.ok(stackBytes <= START_STACK_BYTES_MAX, `${stackBytes} bytes, the budget is ${START_STACK_BYTES_MAX}`);
});
