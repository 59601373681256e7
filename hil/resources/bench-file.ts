// Owns the way from the text of a bench file to a Bench: YAML, schema, rules, and what stands for what was left out. All mistakes of a file
// are told at once, each with its place [BENCH-1].
import * as fs from "node:fs";
import * as path from "node:path";
import { Check } from "typebox/value";
import { LineCounter, parseDocument } from "yaml";
import { parsePort } from "../drivers/port/parse-port.ts";
import { HilError } from "../error.ts";
import type {
  Bench,
  BoardResource,
  CloudResource,
  FirmwareResource,
  FixtureResource,
  HttpRequestResource,
  PortResource,
  SwitchResource,
  WifiResource,
} from "./bench.ts";
import { addMistake, checkNode, type Inspection, type Shape } from "./bench-check.ts";
import { BenchFileError, type Mistake } from "./bench-mistakes.ts";
import { applyBenchRules, type Environment } from "./bench-rules.ts";
import { type BenchFile, type BenchFileBoard, BenchFileSchema, type BenchFileWifi } from "./bench-schema.ts";
import type { BenchFilePort, BenchFilePower, BenchFileRequest } from "./switch-schema.ts";

export interface BenchFileOptions {
  /** For messages, and the folder that relative paths are seen from. */
  path: string;
  /** Undefined where secrets are not needed: leases and statistics. */
  environment: Environment;
}

const LARGEST_BYTES = 1_000_000;
const DEFAULT_PINS: FixtureResource["pins"] = { button: "D18", plunger: "D19", led: "D21", buzzer: "D22" };

/** @throws BenchFileError with every mistake; HilError "bench-file-unreadable" */
export function readBenchFile(options: BenchFileOptions): Bench {
  return parseBench(readText(options.path), options);
}

function readText(file: string): string {
  try {
    if (fs.statSync(file).size > LARGEST_BYTES)
      throw new HilError("usage", "bench-file-unreadable", `${file} is no bench file: it has more than a megabyte.`);
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(fs.readFileSync(file));
  } catch (thrown) {
    if (thrown instanceof HilError) throw thrown;
    throw new HilError("usage", "bench-file-unreadable", `${explainUnreadable(file, thrown)} ${HOW_TO_NAME}`, thrown);
  }
}

const HOW_TO_NAME = "Name a bench file with --bench FILE; hil/benches/example.yaml shows what stands in one.";

function explainUnreadable(file: string, thrown: unknown): string {
  const code = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
  if (code === "ENOENT") return `There is no bench file ${file}.`;
  if (code === "EISDIR") return `${file} is a folder, not a bench file.`;
  if (code === "EACCES") return `You may not read the bench file ${file}.`;
  if (thrown instanceof TypeError) return `${file} is no text in UTF-8.`;
  return `The bench file ${file} cannot be read: ${thrown instanceof Error ? thrown.message : String(thrown)}.`;
}

/** @throws BenchFileError */
export function parseBench(text: string, options: BenchFileOptions): Bench {
  const { file, mistakes } = inspectBench(text, options.environment);
  if (file === undefined) throw new BenchFileError(options.path, text, mistakes);
  return toBench(file, options);
}

/** Either a file that is right, or what is wrong with it. */
function inspectBench(
  text: string,
  environment: Environment,
): { file: BenchFile; mistakes: [] } | { file: undefined; mistakes: Mistake[] } {
  const lines = countLines(text);
  const document = parseDocument(text, { prettyErrors: false, logLevel: "error" });
  const inspection: Inspection = { document, lines, mistakes: [], visited: [] };
  tellSyntax(inspection);
  if (inspection.mistakes.length === 0 || document.errors.every(({ code }) => code === "DUPLICATE_KEY")) {
    const value = checkNode(inspection, document.contents, getShape(), [], 0);
    applyBenchRules(inspection, environment);
    if (inspection.mistakes.length === 0 && Check(BenchFileSchema, value)) return { file: value, mistakes: [] };
  }
  if (inspection.mistakes.length === 0)
    addMistake(inspection, 0, { what: "the file is no bench", found: "something else", expected: "a bench" });
  return { file: undefined, mistakes: inspection.mistakes };
}

/** The parser's own count goes astray in quotes that are not closed. */
function countLines(text: string): LineCounter {
  const lines = new LineCounter();
  lines.addNewLine(0);
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) lines.addNewLine(at + 1);
  return lines;
}

/** The schema as its readers get it: plain JSON. */
function getShape(): Shape {
  return JSON.parse(JSON.stringify(BenchFileSchema));
}

const SYNTAX: Record<string, string> = {
  TAB_AS_INDENT: "spaces before the first letter of a line, never tabs",
  BAD_INDENT: "as many spaces as the lines beside it have, and every bracket closed",
  DUPLICATE_KEY: "each key once in a map",
  MULTIPLE_DOCS: "one bench in a file, without a line of ---",
  MISSING_CHAR: "the sign that closes what was opened: a quote, a bracket, a colon",
  BLOCK_AS_IMPLICIT_KEY: "one `key: value` in a line; a value with a colon and a space in it stands in quotes",
  TAG_RESOLVE_FAILED: "a value without a tag; a text that begins with ! stands in quotes",
  UNEXPECTED_TOKEN: "lines of `key: value`, and lists of lines that begin with a hyphen",
};

function tellSyntax(inspection: Inspection): void {
  const { errors, warnings } = inspection.document;
  for (const one of [...errors, ...warnings]) {
    addMistake(inspection, one.pos[0], {
      what: one.code === "DUPLICATE_KEY" ? "the same key stands twice" : "this is not YAML",
      found: one.message.split("\n")[0] ?? one.message,
      expected: SYNTAX[one.code] ?? "lines of `key: value`, indented by spaces",
      example: "boards:\n              - name: anna",
    });
  }
}

function toBench(file: BenchFile, options: BenchFileOptions): Bench {
  const folder = path.dirname(path.resolve(options.path));
  const wifi = file.wifi && toWifi(file.wifi, options.environment, folder);
  return {
    name: file.name,
    path: options.path,
    boards: (file.boards ?? []).map((board) => toBoard(board, wifi, options.environment, folder)),
    virtualBoards: file.virtualBoards ?? 0,
    cloud: toCloud(file.cloud),
    firmware: toFirmware(file.firmware, folder),
  };
}

function toBoard(
  board: BenchFileBoard,
  wifi: WifiResource | undefined,
  environment: Environment,
  folder: string,
): BoardResource {
  const power = toSwitch(board.power, folder);
  const network = board.wifi === undefined ? wifi : toWifi(board.wifi, environment, folder);
  return {
    name: board.name,
    mac: board.mac.toLowerCase(),
    hardware: board.hardware ?? "esp32",
    trapKind: board.trapKind ?? "live-catch",
    labels: board.labels ?? {},
    port: toPort(board.port),
    ...(power && { power }),
    ...(board.fixture && {
      fixture: { port: toPort(board.fixture.port), pins: board.fixture.pins ?? { ...DEFAULT_PINS } },
    }),
    ...(network && { wifi: network }),
    ...(board.clock && { clock: board.clock }),
  };
}

function toWifi(wifi: BenchFileWifi, environment: Environment, folder: string): WifiResource {
  const power = toSwitch(wifi.power, folder);
  const password = wifi.passwordEnv === undefined ? undefined : environment?.[wifi.passwordEnv];
  return { ssid: wifi.ssid, password: password ?? "", ...(power && { power }) };
}

/** The text was found right before. */
function toPort(port: BenchFilePort): PortResource {
  if (typeof port === "string") return parsePort(port);
  if (port.usb !== undefined) return { kind: "usb", serialNumber: port.usb };
  return { kind: "usb-location", location: port.usbLocation ?? "" };
}

function toSwitch(power: BenchFilePower | undefined, folder: string): SwitchResource | undefined {
  if (power === undefined || power === "none") return undefined;
  if (power === "lines") return { kind: "lines" };
  const { relay, usbHub, mqtt, http, command } = power;
  if (relay) return { kind: "relay", port: toPort(relay.port), channel: relay.channel };
  if (usbHub) return { kind: "usb-hub", ...usbHub };
  if (mqtt) return { kind: "mqtt", ...mqtt, on: mqtt.on ?? "ON", off: mqtt.off ?? "OFF" };
  if (http) return { kind: "http", on: toRequest(http.on), off: toRequest(http.off) };
  if (!command) return undefined;
  const toArgv = ([program = "", ...rest]: string[]): string[] => [
    program.includes("/") ? path.resolve(folder, program) : program,
    ...rest,
  ];
  return { kind: "command", on: toArgv(command.on), off: toArgv(command.off), timeoutMs: command.timeoutMs ?? 10_000 };
}

function toRequest(request: BenchFileRequest): HttpRequestResource {
  if (typeof request === "string") return { url: request, method: "GET" };
  return { ...request, method: request.method ?? "GET" };
}

function toCloud(cloud: BenchFile["cloud"]): CloudResource {
  if (cloud === undefined || cloud === "local") return { kind: "local", host: "127.0.0.1" };
  if (cloud.remote) return { kind: "remote", ...cloud.remote };
  return { kind: "local", host: cloud.local?.host ?? "127.0.0.1" };
}

function toFirmware(firmware: BenchFile["firmware"], folder: string): FirmwareResource {
  const files = firmware?.interpreter?.files.map((file) => ({ ...file, path: path.resolve(folder, file.path) }));
  return {
    ...(files && { interpreter: { files } }),
    ...(firmware?.fault && { fault: firmware.fault }),
  };
}
