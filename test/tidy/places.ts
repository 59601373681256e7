// Owns what a path says about a file: which program it belongs to, which room of the cloud, which part it plays there, and which few
// files may do what others may not. Each exception carries its reason.

export type Program =
  | "protocol"
  | "firmware"
  | "bundle"
  | "release"
  | "image"
  | "cloud"
  | "simulator"
  | "hil"
  | "bin"
  | "test"
  | "none";

export function programOf(file: string): Program {
  if (file.startsWith("firmware/protocol/")) return "protocol";
  if (file.startsWith("firmware/bundle/")) return "bundle";
  if (file.startsWith("firmware/release/")) return "release";
  if (file.startsWith("firmware/image/")) return "image";
  const [first] = file.split("/");
  for (const program of ["firmware", "cloud", "simulator", "hil", "bin", "test"] as const)
    if (first === program) return program;
  return "none";
}

/** Rooms of the cloud that are no subjects: everyone stands on them. */
export const GROUND_FLOOR = ["db", "http", "mqtt"];

/** Which part a file plays in its subject. What has no suffix and stands in no folder of a part is rules. */
export type Part = "rules" | "queries" | "routes" | "ingest" | "page";

export interface Subject {
  room: string;
  part: Part;
}

/** Room and part of a file of a subject; null for the ground floor, for files that stand in no room, and outside the cloud. */
export function subjectOf(file: string): Subject | null {
  const [program, room, ...rest] = file.split("/");
  if (program !== "cloud" || room === undefined || rest.length === 0 || GROUND_FLOOR.includes(room)) return null;
  if (rest.length > 1 && (rest[0] === "queries" || rest[0] === "page")) return { room, part: rest[0] };
  const suffix = /-(routes|ingest)\.ts$/.exec(file)?.[1];
  return { room, part: suffix === "routes" || suffix === "ingest" ? suffix : "rules" };
}

/** The room of the ground floor a file stands in, or null. */
export function groundOf(file: string): string | null {
  const [program, room, ...rest] = file.split("/");
  return program === "cloud" && rest.length > 0 && room !== undefined && GROUND_FLOOR.includes(room) ? room : null;
}

/** Does the path match the pattern? `*` stands for one level or a part of it, `**` for any number of levels. */
export function matches(file: string, pattern: string): boolean {
  return compile(pattern).test(file);
}

const compiled = new Map<string, RegExp>();

function compile(pattern: string): RegExp {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  const escaped = pattern.replaceAll(/[.+^$(){}|[\]\\]/g, "\\$&");
  const source = escaped.replaceAll(/\*\*\/|\*\*|\*/g, (stars) =>
    stars === "**/" ? "(?:.*/)?" : stars === "**" ? ".*" : "[^/]*",
  );
  const expression = new RegExp(`^${source}$`);
  compiled.set(pattern, expression);
  return expression;
}

/** A pattern of paths, and why the files it matches are excepted. */
export type Exception = [pattern: string, reason: string];

export function isExcepted(file: string, exceptions: readonly Exception[]): boolean {
  return exceptions.some(([pattern]) => matches(file, pattern));
}

/** Files that are run, not imported: things may happen when they are read. */
export const ENTRIES: Exception[] = [
  ["**/main.ts", "a program begins here"],
  ["bin/trapline.ts", "the command line begins here"],
  ["firmware/boot/boot.ts", "the boot loader begins here"],
  ["cloud/console/page/app.js", "the page begins here"],
  ["simulator/page/page.js", "the page of the controls begins here"],
  ["hil/report/page/page.js", "the report begins here"],
  ["test/support/run.ts", "the tests begin here"],
  ["test/**/*.test.ts", "a test file is run by itself"],
  ["test/**/*.fixture.ts", "a fixture of the runner is run by itself"],
  ["test/**/*-program.ts", "a program that a test starts as a process of its own"],
  ["test/firmware/dialect/allowed/*.ts", "run on the interpreter and on Node, to be compared"],
  ["test/firmware/dialect/refused/*.ts", "never run: the dialect refuses them"],
];
