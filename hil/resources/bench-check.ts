// Owns the comparison of a YAML document with the schema, node by node, so that every mistake is told with its place. What the schema
// cannot say (names and ports used twice, variables that are not set) is bench-rules.ts's.
import { type Document, isAlias, isMap, isScalar, isSeq, type LineCounter, type Node, type Pair } from "yaml";
import { isSecretName, type Mistake, NOT_SHOWN, printExample } from "./bench-mistakes.ts";
import { findNearest } from "./nearest.ts";

/** What is used of JSON schema here. */
export interface Shape {
  type?: string;
  description?: string;
  examples?: unknown[];
  enum?: unknown[];
  anyOf?: Shape[];
  properties?: Record<string, Shape>;
  patternProperties?: Record<string, Shape>;
  required?: string[];
  minProperties?: number;
  maxProperties?: number;
  items?: Shape;
  minItems?: number;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  multipleOf?: number;
}

/** A value that was found right, however wrong its neighbours are. */
export interface Visited {
  /** Keys and places from the top: ["boards", 0, "port"]. */
  trail: (string | number)[];
  value: unknown;
  offset: number;
}

export interface Inspection {
  document: Document;
  lines: LineCounter;
  mistakes: Mistake[];
  visited: Visited[];
}

/** What other formats and older habits call it. */
const SYNONYMS: Record<string, string> = {
  device: "port",
  serial: "usb",
  serialNumber: "usb",
  location: "usbLocation",
  id: "name",
  address: "mac",
  kind: "trapKind",
  trap: "trapKind",
  tags: "labels",
  password: "passwordEnv",
  psk: "passwordEnv",
  user: "username",
  hub: "usbHub",
  uhubctl: "usbHub",
  plug: "mqtt",
  virtual: "virtualBoards",
  network: "wifi",
  chip: "hardware",
};

export function addMistake(inspection: Inspection, offset: number, mistake: Omit<Mistake, "line" | "column">): void {
  const { line, col } = inspection.lines.linePos(Math.max(0, offset));
  inspection.mistakes.push({ line: Math.max(1, line), column: Math.max(1, col), ...mistake });
}

export function offsetOf(node: unknown, fallback: number): number {
  const range = typeof node === "object" && node !== null && "range" in node ? node.range : undefined;
  const start: unknown = Array.isArray(range) ? range[0] : undefined;
  return typeof start === "number" ? start : fallback;
}

/** The plain value, or undefined where it is wrong; what is wrong has been told then. `at` is where to point if the node is not there. */
export function checkNode(
  inspection: Inspection,
  node: unknown,
  shape: Shape,
  trail: Visited["trail"],
  at: number,
): unknown {
  const offset = offsetOf(node, at);
  const target = isAlias(node) ? node.resolve(inspection.document) : node;
  if (isAlias(node) && target === undefined) {
    addMistake(inspection, offset, {
      what: `*${node.source} stands for nothing`,
      found: `*${node.source}`,
      expected: `an anchor &${node.source} further up in the file`,
      example: `&${node.source}`,
    });
    return undefined;
  }
  const value = checkTarget({ inspection, trail, offset, shape, node: target });
  if (value !== undefined) inspection.visited.push({ trail, value, offset });
  return value;
}

interface Place {
  inspection: Inspection;
  trail: Visited["trail"];
  offset: number;
  shape: Shape;
  node: unknown;
}

function checkTarget(place: Place): unknown {
  const { node, shape } = place;
  const chosen = chooseShape(shape, node);
  if (chosen === undefined) return tellWrong(place, `${printTrail(place.trail)} is of the wrong kind`);
  const inner = {
    ...place,
    shape: {
      ...chosen,
      description: chosen.description ?? shape.description,
      examples: chosen.examples ?? shape.examples,
    },
  };
  if (inner.shape.properties !== undefined || inner.shape.patternProperties !== undefined) return checkMap(inner);
  if (inner.shape.type === "array") return checkList(inner);
  return checkScalar(inner);
}

/** Of the shapes it may have, the one of its kind: texts, or a map. */
function chooseShape(shape: Shape, node: unknown): Shape | undefined {
  if (shape.anyOf === undefined) return shape;
  const isOfMaps = (one: Shape): boolean => one.type === "object";
  if (isMap(node)) return shape.anyOf.find(isOfMaps);
  return isScalar(node) && typeof node.value === "string" ? shape.anyOf.find((one) => !isOfMaps(one)) : undefined;
}

function checkMap(place: Place): unknown {
  const { inspection, node, shape, trail } = place;
  if (!isMap(node)) return tellWrong(place, `${printTrail(trail)} is no map`);
  const value: Record<string, unknown> = {};
  const keys = node.items.flatMap((pair) => readKey(place, pair));
  for (const { key, pair, offset } of keys) {
    const inner = shape.properties?.[key] ?? Object.values(shape.patternProperties ?? {})[0];
    if (inner === undefined) tellUnknownKey(place, key, offset);
    else value[key] = checkNode(inspection, pair.value, inner, [...trail, key], offset + key.length);
  }
  for (const key of shape.required ?? []) {
    if (keys.some((one) => one.key === key)) continue;
    const inner = shape.properties?.[key];
    addMistake(inspection, place.offset, {
      what: `${printTrail(trail)} has no ${key}`,
      found: describe(node, trail),
      expected: inner?.description ?? key,
      example: printExample(key, inner?.examples?.[0]),
    });
  }
  checkCount(place, keys.length);
  return value;
}

function readKey(place: Place, pair: Pair): { key: string; pair: Pair; offset: number }[] {
  const offset = offsetOf(pair.key, place.offset);
  if (isScalar(pair.key) && (typeof pair.key.value === "string" || typeof pair.key.value === "number"))
    return [{ key: String(pair.key.value), pair, offset }];
  addMistake(place.inspection, offset, {
    what: `a key in ${printTrail(place.trail)} is no word`,
    found: describe(pair.key, place.trail),
    expected: `one of ${Object.keys(place.shape.properties ?? {}).join(", ") || "your own words"}`,
  });
  return [];
}

function checkCount({ inspection, offset, shape, trail, node }: Place, count: number): void {
  if (count >= (shape.minProperties ?? 0) && count <= (shape.maxProperties ?? Number.POSITIVE_INFINITY)) return;
  addMistake(inspection, offset, {
    what: `${printTrail(trail)} must have exactly one key`,
    found: describe(node, trail),
    expected: `one of ${Object.keys(shape.properties ?? {}).join(", ")}`,
    example: exampleOf(shape, trail, true),
  });
}

function tellUnknownKey({ inspection, shape, trail }: Place, key: string, offset: number): void {
  const words = Object.keys(shape.properties ?? {});
  const synonym = SYNONYMS[key];
  const meant = findNearest(key, words) ?? (synonym !== undefined && words.includes(synonym) ? synonym : undefined);
  const inner = meant === undefined ? undefined : shape.properties?.[meant];
  const secret = isSecretName(key) ? "; a secret never stands in the file, the variable that holds it does" : "";
  addMistake(inspection, offset, {
    what: `unknown key "${shorten(key)}" in ${printTrail(trail)}`,
    found: shorten(key),
    expected: `${meant === undefined ? "" : `did you mean "${meant}"? `}known are ${words.join(", ")}${secret}`,
    example: meant === undefined ? exampleOf(shape, trail) : printExample(meant, inner?.examples?.[0]),
  });
}

function checkList(place: Place): unknown {
  const { inspection, node, shape, trail } = place;
  if (!isSeq(node)) return tellWrong(place, `${printTrail(trail)} is no list`);
  if (node.items.length < (shape.minItems ?? 0)) return tellWrong(place, `${printTrail(trail)} is empty`);
  const items = shape.items ?? {};
  return node.items.map((item, index) => checkNode(inspection, item, items, [...trail, index], place.offset));
}

function checkScalar(place: Place): unknown {
  const { node, shape, trail, inspection } = place;
  if (shape.type === undefined && shape.enum === undefined) return readAnything(place);
  const value: unknown = isScalar(node) ? node.value : undefined;
  if (!isScalar(node) || value === null)
    return tellWrong(
      place,
      `${printTrail(trail)} is ${isScalar(node) || node == null ? "empty" : "of the wrong kind"}`,
    );
  const isText = shape.type === "string" || shape.enum !== undefined;
  if (isText && typeof value !== "string") {
    addMistake(inspection, place.offset, {
      what: `${printTrail(trail)} must be a text, so put it in quotes`,
      found: describe(node, trail),
      expected: shape.description ?? "a text",
      example: printExample(lastKey(trail), node.source ?? String(value)),
    });
    return undefined;
  }
  if (typeof value === "string" && value.includes("${")) return tellVariable(place, value);
  const wrong = typeof value === "string" && isText ? findTextFault(value, shape) : findNumberFault(value, shape);
  return wrong === undefined ? value : tellWrong(place, `${printTrail(trail)} ${wrong}`);
}

function findTextFault(value: string, shape: Shape): string | undefined {
  if (shape.enum !== undefined && !shape.enum.includes(value)) {
    const near = findNearest(value, shape.enum.map(String));
    return `is none of ${shape.enum.join(", ")}${near === undefined ? "" : `; did you mean ${near}?`}`;
  }
  if (value.length < (shape.minLength ?? 0)) return "is empty";
  if (value.length > (shape.maxLength ?? Number.POSITIVE_INFINITY))
    return `is longer than ${shape.maxLength} characters`;
  return shape.pattern !== undefined && !new RegExp(shape.pattern).test(value) ? "is malformed" : undefined;
}

function findNumberFault(value: unknown, shape: Shape): string | undefined {
  if (typeof value !== "number" || !Number.isInteger(value)) return "is no whole number";
  if (value < (shape.minimum ?? value)) return `is less than ${shape.minimum}`;
  if (value > (shape.maximum ?? value)) return `is more than ${shape.maximum}`;
  return shape.multipleOf !== undefined && value % shape.multipleOf !== 0
    ? `is no multiple of 0x${shape.multipleOf.toString(16)}`
    : undefined;
}

/** The body of a request may be anything that JSON can say. */
function readAnything(place: Place): unknown {
  const { node, inspection } = place;
  try {
    const value: unknown = (node as Node | null)?.toJS(inspection.document, { maxAliasCount: 50 });
    return JSON.parse(JSON.stringify(value ?? null));
  } catch (thrown) {
    return tellWrong(
      place,
      `${printTrail(place.trail)} cannot be said in JSON (${thrown instanceof Error ? thrown.message : String(thrown)})`,
    );
  }
}

function tellVariable(place: Place, value: string): undefined {
  addMistake(place.inspection, place.offset, {
    what: `${printTrail(place.trail)} holds a variable, and variables are not put into bench files`,
    found: isSecretName(lastKey(place.trail)) ? NOT_SHOWN : JSON.stringify(shorten(value)),
    expected: "the value itself; secrets are named by passwordEnv, factoryTokenEnv and emailEnv",
    example: "passwordEnv: BENCH_WIFI_PASSWORD",
  });
  return undefined;
}

function tellWrong({ inspection, offset, node, shape, trail }: Place, what: string): undefined {
  const words = shape.enum === undefined ? "" : `one of ${shape.enum.join(", ")}: `;
  addMistake(inspection, offset, {
    what,
    found: describe(node, trail),
    expected: `${words}${shape.description ?? (shape.type === "string" ? "a text" : "something else")}`,
    example: exampleOf(shape, trail),
  });
  return undefined;
}

function exampleOf(shape: Shape, trail: Visited["trail"], wantsMap = false): string | undefined {
  const examples = shape.examples ?? [];
  const example = (wantsMap ? examples.find((one) => typeof one === "object") : undefined) ?? examples[0];
  return example === undefined ? undefined : printExample(lastKey(trail), example);
}

export function lastKey(trail: Visited["trail"]): string {
  const last = trail.at(-1);
  return typeof last === "number" ? "-" : (last ?? "");
}

export function printTrail(trail: Visited["trail"]): string {
  if (trail.length === 0) return "the file";
  return trail
    .map((key, index) => (typeof key === "number" ? `[${key + 1}]` : `${index > 0 ? "." : ""}${key}`))
    .join("");
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}

function describe(node: unknown, trail: Visited["trail"]): string {
  if (isMap(node)) {
    const keys = node.items.map((pair) => (isScalar(pair.key) ? String(pair.key.value) : "?"));
    return keys.length === 0 ? "an empty map" : `a map with ${shorten(keys.join(", "))}`;
  }
  if (isSeq(node)) return node.items.length === 0 ? "an empty list" : `a list of ${node.items.length}`;
  if (!isScalar(node) || node.value === null) return "nothing";
  if (trail.some((key) => typeof key === "string" && isSecretName(key))) return NOT_SHOWN;
  if (typeof node.value === "string") return JSON.stringify(shorten(node.value));
  return `${typeof node.value === "number" ? "the number" : ""} ${shorten(node.source ?? String(node.value))}`.trim();
}
