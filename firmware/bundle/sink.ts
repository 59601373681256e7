// Owns giving memory back between rare events: functions that serve one rare function alone are moved into its body, so that they exist
// only while it runs. It costs the time to make them at each call, hence only for what a person or a cloud sets off now and then.
import { isFunction, listChildren, type Node, parseProgram } from "./syntax-tree.ts";

/**
 * Functions of the firmware that are called rarely, and make no function that outlives their call: such a one would keep all the others
 * with it. That is wanted of the last two alone, which make what an open portal consists of.
 */
export const RARE_FUNCTIONS: readonly string[] = [
  "createContext",
  "openRecordStore",
  "renewPage",
  "makeRoom",
  "readIdentity",
  "handleClaim",
  "handleConsole",
  "handleUpdate",
  "judgeUpdate",
  "openDoor",
  "openPortal",
];

/** Of the loader: it exists only until it has chosen. */
export const LOADER_FUNCTIONS: readonly string[] = ["findFirmware"];

/**
 * The same program, with every top-level function that is named nowhere but in one of the rare ones, or in functions moved there too,
 * declared inside that one. @param program ES5, declarations at its top level. Names it does not have are passed over.
 */
export function sinkFunctions(program: string, rare: readonly string[]): string {
  return rare.reduce((code, name) => sinkInto(code, name, rare), program);
}

function sinkInto(code: string, rare: string, kept: readonly string[]): string {
  const { body } = parseProgram(code);
  const places = new Map<string, { start: number; end: number; bodyStart: number }>();
  for (const node of body) {
    if (node.type !== "FunctionDeclaration" || node.id === null) continue;
    places.set(node.id.name, { start: node.start, end: node.end, bodyStart: node.body.start + 1 });
  }
  const target = places.get(rare);
  if (target === undefined) return code;
  const users = listUsers(body, new Set(places.keys()));
  const moved = new Set([...places.keys()].filter((name) => name !== rare && !kept.includes(name) && users.has(name)));
  for (let changed = true; changed; ) {
    const staying = [...moved].filter((name) => [...(users.get(name) ?? [])].some((u) => u !== rare && !moved.has(u)));
    for (const name of staying) moved.delete(name);
    changed = staying.length > 0;
  }
  const edits = [...moved].map((name) => ({ ...getPlace(places, name), text: "" }));
  const text = edits.map(({ start, end }) => code.slice(start, end)).join("\n");
  edits.push({ start: target.bodyStart, end: target.bodyStart, bodyStart: 0, text });
  return edits
    .sort((a, b) => b.start - a.start)
    .reduce((whole, edit) => whole.slice(0, edit.start) + edit.text + whole.slice(edit.end), code);
}

function getPlace<T>(places: ReadonlyMap<string, T>, name: string): T {
  const place = places.get(name);
  if (place === undefined) throw new Error(`${name} is no function of the program`);
  return place;
}

/** As listNamers, of those functions that the program can reach: what is left out later keeps nothing from moving. */
function listUsers(body: readonly Node[], names: ReadonlySet<string>): Map<string, Set<string>> {
  const users = listNamers(body, names);
  for (let changed = true; changed; ) {
    changed = false;
    for (const [name, own] of users) {
      for (const user of own) if (user !== "" && !users.has(user)) own.delete(user);
      if (own.size === 0) changed = users.delete(name) || changed;
    }
  }
  return users;
}

/** For each function that is named at all: which top-level functions name it; "" stands for the program itself. Itself it does not count. */
function listNamers(body: readonly Node[], names: ReadonlySet<string>): Map<string, Set<string>> {
  const users = new Map<string, Set<string>>();
  const visit = (node: Node, user: string): void => {
    if (node.type === "Identifier" && names.has(node.name) && node.name !== user) {
      users.set(node.name, (users.get(node.name) ?? new Set()).add(user));
    }
    for (const child of listChildren(node)) if (!isLabelOf(node, child)) visit(child, user);
  };
  for (const node of body) {
    const user = isFunction(node) && node.id ? node.id.name : "";
    for (const child of listChildren(node)) if (!isFunction(node) || child !== node.id) visit(child, user);
  }
  return users;
}

/** A name of a member is no use of a function. */
function isLabelOf(node: Node, child: Node): boolean {
  if (node.type === "MemberExpression") return !node.computed && child === node.property;
  return node.type === "Property" && !node.computed && child === node.key;
}
