// Owns the question which lines of the rooms' queries execute SQL, and which of them nobody has executed.
import * as fs from "node:fs";
import * as path from "node:path";

/** Kysely's ways to execute, and the driver's own. */
const EXECUTES = /\.execute(TakeFirst(OrThrow)?)?\(|\.query\(/;

/** As `cloud/<room>/queries/<operation>.ts:<line>`, without the files that are excused. */
export function listSites(root: string, excused: readonly string[]): string[] {
  const rooms = fs
    .readdirSync(path.join(root, "cloud"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory());
  return rooms
    .map((room) => path.join("cloud", room.name, "queries"))
    .filter((folder) => fs.existsSync(path.join(root, folder)))
    .flatMap((folder) => fs.readdirSync(path.join(root, folder)).map((name) => path.join(folder, name)))
    .filter((file) => !excused.includes(file))
    .flatMap((file) => {
      const lines = fs.readFileSync(path.join(root, file), "utf8").split("\n");
      return lines.flatMap((line, index) => (EXECUTES.test(line) ? [`${file}:${index + 1}`] : []));
    });
}
