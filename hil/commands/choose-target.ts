// Owns which port a person means, by what they typed, by the bench they named, or by being asked. It never asks where nobody can answer:
// then the choices are told, and the command ends [BENCH-34].
import { createInterface } from "node:readline";
import { listPorts, type PortFacts, type PortSource } from "../drivers/port/list-ports.ts";
import { formatPort, looksLikePort, PORT_EXAMPLES, parsePort } from "../drivers/port/parse-port.ts";
import { HilError } from "../error.ts";
import type { Bench, BoardResource, PortResource } from "../resources/bench.ts";
import { readBenchFile } from "../resources/bench-file.ts";
import { findNearest } from "../resources/nearest.ts";
import type { CommandIo } from "./command-io.ts";

export interface Target {
  port: PortResource;
  /** Where the bench knows it. */
  board?: BoardResource;
}

export type AskIo = Pick<CommandIo, "isTerminal" | "signal" | "writeError"> & { stdin: NodeJS.ReadableStream };

export interface ChooseOptions {
  /** A port or the name of a board. */
  typed: string | undefined;
  bench: Bench | undefined;
  io: AskIo;
  source?: PortSource;
}

/** @throws HilError "port-unreadable", "no-board", "no-port", "which-port" */
export async function chooseTarget({ typed, bench, io, source }: ChooseOptions): Promise<Target> {
  if (typed !== undefined) return findTarget(typed, bench);
  const choices = bench === undefined ? portChoices(await listPorts(source)) : boardChoices(bench);
  const [first] = choices;
  if (first === undefined) throw new HilError("infrastructure", "no-port", NO_PORT);
  if (choices.length === 1) return first.target;
  const list = choices.map(({ text }, at) => `  ${at + 1}  ${text}`).join("\n");
  if (!io.isTerminal) {
    const message = `There are several, and nobody is here to choose. Name one of them:\n${list}`;
    throw new HilError("usage", "which-port", message);
  }
  io.writeError(list);
  const answer = await ask(io, `Which one? 1 to ${choices.length}: `);
  const chosen = choices[Number(answer) - 1];
  if (chosen !== undefined) return chosen.target;
  throw new HilError("usage", "which-port", `"${answer ?? ""}" is none of them. Type its number.`);
}

const NO_PORT = `There is no serial port on this machine: look at cables and hubs. A port that is elsewhere is named: ${PORT_EXAMPLES}.`;

interface Choice {
  text: string;
  target: Target;
}

function findTarget(typed: string, bench: Bench | undefined): Target {
  const boards = bench?.boards ?? [];
  const named = boards.find((board) => board.name === typed);
  if (named !== undefined) return { port: named.port, board: named };
  if (looksLikePort(typed)) {
    const port = parsePort(typed);
    const board = boards.find((one) => formatPort(one.port) === formatPort(port));
    return board === undefined ? { port } : { port, board };
  }
  throw new HilError("usage", "no-board", explainNoBoard(typed, bench));
}

function explainNoBoard(typed: string, bench: Bench | undefined): string {
  if (bench === undefined) {
    return `"${typed}" is no port, and no bench was named whose board it could be. Write --bench FILE, or one of: ${PORT_EXAMPLES}.`;
  }
  const names = bench.boards.map((board) => board.name);
  const nearest = findNearest(typed, names);
  const next = nearest === undefined ? `It has: ${names.join(", ") || "none"}.` : `Did you mean ${nearest}?`;
  return `The bench ${bench.name} has no board "${typed}". ${next}`;
}

function boardChoices(bench: Bench): Choice[] {
  return bench.boards.map((board) => ({
    text: `${board.name}  ${formatPort(board.port)}`,
    target: { port: board.port, board },
  }));
}

/** Adapters, if there are any: a machine's own ports have no board on them. */
function portChoices(ports: PortFacts[]): Choice[] {
  const adapters = ports.filter((port) => port.location !== undefined || port.vendorId !== undefined);
  return (adapters.length > 0 ? adapters : ports).map((port) => ({
    text: describePort(port),
    target: { port: { kind: "path", path: port.path } },
  }));
}

export function describePort({ path, manufacturer, serialNumber, location }: PortFacts): string {
  const known = [manufacturer, serialNumber && `serial number ${serialNumber}`, location && `place ${location}`];
  return [path, ...known.filter(Boolean)].join("  ");
}

/** Undefined where no bench was named. @throws HilError of the bench file */
export function openBenchFile(file: string | undefined, io: Pick<CommandIo, "environment">): Bench | undefined {
  return file === undefined ? undefined : readBenchFile({ path: file, environment: io.environment });
}

/** The line that was typed; undefined when the input ended, or the person broke it off. */
export function ask(io: AskIo, question: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const lines = createInterface({ input: io.stdin, terminal: false });
    const end = (answer: string | undefined): void => {
      io.signal.removeEventListener("abort", onAbort);
      resolve(answer);
      lines.close();
    };
    const onAbort = (): void => end(undefined);
    io.signal.addEventListener("abort", onAbort);
    lines.once("line", (line) => end(line.trim()));
    lines.once("close", () => end(undefined));
    io.writeError(question);
    if (io.signal.aborted) end(undefined);
  });
}
