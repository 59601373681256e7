// Owns choosing by name and label which suites and boards a run is about. A name that fits nothing is told with those there are.
import { HilError } from "../error.ts";

/** In the order of `all`; every one unless names are given. @throws HilError "no-such-suite" */
export function selectSuites<S extends { name: string }>(all: S[], names: string[]): S[] {
  return selectByName(all, names, "suite", "no-such-suite");
}

export interface BoardChoice {
  names: string[];
  /** `key=value`, or `key` alone for any value; a board must have all of them. */
  labels: string[];
}

/** @throws HilError "no-such-board" */
export function selectBoards<B extends { name: string; labels: Record<string, string> }>(
  all: B[],
  choice: BoardChoice,
): B[] {
  const named = selectByName(all, choice.names, "board", "no-such-board");
  const fitting = named.filter((board) => choice.labels.every((label) => hasLabel(board.labels, label)));
  if (fitting.length > 0 || choice.labels.length === 0) return fitting;
  const there = new Set(all.flatMap((board) => Object.entries(board.labels).map(([key, value]) => `${key}=${value}`)));
  throw new HilError(
    "usage",
    "no-such-board",
    `no board has the label ${choice.labels.join(" and ")}; labels on this bench: ${[...there].sort().join(", ") || "none"}`,
  );
}

function hasLabel(labels: Record<string, string>, wanted: string): boolean {
  const at = wanted.indexOf("=");
  if (at < 0) return wanted in labels;
  return labels[wanted.slice(0, at)] === wanted.slice(at + 1);
}

function selectByName<T extends { name: string }>(all: T[], names: string[], what: string, code: string): T[] {
  for (const name of names)
    if (!all.some((one) => one.name === name))
      throw new HilError(
        "usage",
        code,
        `there is no ${what} "${name}"; there are: ${all.map((one) => one.name).join(", ") || "none"}`,
      );
  return names.length === 0 ? all : all.filter((one) => names.includes(one.name));
}
