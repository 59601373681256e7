// Owns the live view of a run in a terminal: what has ended stands above and scrolls away, and below it every board has one line that is
// redrawn: its suite, the step it is in, how long, how far. It leaves words to suite-lines.ts; plain.ts serves where there is no terminal.
import type { Clock } from "../clock.ts";
import type { EventStream, HilEvent } from "../steps/events.ts";
import { describeStart } from "./plain.ts";
import { createRunModel, isFailing, type RunModel, type StepModel, type SuiteModel } from "./run-model.ts";
import {
  type Paint,
  paintColours,
  paintNothing,
  renderFailure,
  renderSuiteLine,
  renderSummary,
} from "./suite-lines.ts";
import { formatDuration, PATH_SEPARATOR, toPrintable } from "./words.ts";

export interface TerminalOptions {
  stream: EventStream;
  clock: Clock;
  write(text: string): void;
  /** Asked at every drawing, since a person may widen the window. */
  columns(): number;
  hasColours: boolean;
}

interface Progress {
  what: string;
  done: number;
  total: number;
}

/** Drawings are at least this far apart, and at most, while something runs. */
const EVERY_MS = 100;
const COLUMNS_MIN = 20;
const BAR_COLUMNS = 16;

/** Returns how to stop it: the live lines are taken away. */
export function drawTerminal(options: TerminalOptions): () => void {
  const { stream, clock } = options;
  const paint = options.hasColours ? paintColours : paintNothing;
  const { model, apply } = createRunModel();
  const progress = new Map<string, Progress>();
  let above: string[] = [];
  let drawn = 0;
  let forget: (() => void) | undefined;

  function draw(live: string[]): void {
    // Up to the first live line and everything below it away, so that what has ended takes its place.
    const wipe = drawn === 0 ? "" : `\x1b[${drawn}A\x1b[0J`;
    const lines = [...above, ...live];
    if (wipe !== "" || lines.length > 0) options.write(wipe + lines.map((line) => `${line}\n`).join(""));
    above = [];
    drawn = live.length;
  }

  function tick(): void {
    draw(renderLive(model, progress, stream.now(), Math.max(options.columns(), COLUMNS_MIN), paint));
    forget = clock.setTimer(EVERY_MS, tick);
  }

  const unsubscribe = stream.subscribe((event) => {
    apply(event);
    noteProgress(progress, event);
    above.push(...renderAbove(model, event, paint));
    if (event.type === "run-ended") {
      forget?.();
      forget = undefined;
      draw([]);
    } else if (forget === undefined) tick();
  });
  return () => {
    unsubscribe();
    forget?.();
    draw([]);
  };
}

/** What stays, of what has just happened. */
function renderAbove(model: RunModel, event: HilEvent, paint: Paint): string[] {
  if (event.type === "run-started") return describeStart(model).map((line) => paint("faint", line));
  if (event.type === "remarked" && event.level === "warn")
    return [paint("marginal", toPrintable(`! ${event.board === undefined ? "" : `${event.board}: `}${event.text}`))];
  if (event.type === "run-ended") return renderSummary(model, paint);
  if (event.type !== "suite-ended") return [];
  const suite = model.suites.findLast((one) => one.board === event.board);
  if (suite === undefined) return [];
  const failure = isFailing(suite) ? renderFailure(suite, paint) : [];
  return [renderSuiteLine(suite, paint), ...failure];
}

function noteProgress(progress: Map<string, Progress>, event: HilEvent): void {
  if (event.type === "progress") {
    const { what, done, total } = event;
    if (done >= total) progress.delete(event.board);
    else progress.set(event.board, { what, done, total });
  }
  if (event.type === "suite-ended" || event.type === "step-ended") progress.delete(event.board);
}

function renderLive(
  model: RunModel,
  progress: Map<string, Progress>,
  nowMs: number,
  columns: number,
  paint: Paint,
): string[] {
  const width = Math.max(0, ...model.boards.map((board) => board.name.length));
  return model.boards.map((board) => {
    const suites = model.suites.filter((suite) => suite.board === board.name);
    const running = suites.findLast((suite) => suite.outcome === undefined);
    const name = toPrintable(board.name.padEnd(width));
    if (running === undefined)
      return paint("faint", cut(`  ${name}  ${suites.length === 0 ? "getting ready" : "waiting"}`, columns));
    return renderBoard(name, running, progress.get(board.name), nowMs, columns, paint);
  });
}

function renderBoard(
  name: string,
  suite: SuiteModel,
  progress: Progress | undefined,
  nowMs: number,
  columns: number,
  paint: Paint,
): string {
  const elapsed = formatDuration(nowMs - suite.beganAt).padStart(8);
  const path = [suite.suite, ...listOpen(suite).map((step) => step.title)].join(PATH_SEPARATOR);
  const bar = progress === undefined ? "" : renderBar(progress, columns);
  const head = cut(`${spinner(nowMs)} ${name} ${elapsed}  `, columns - 1);
  const room = Math.max(0, columns - 1 - head.length - bar.length);
  const body = keepEnd(toPrintable(path), room);
  return cutPainted(
    paint("strong", head),
    body.padEnd(bar === "" ? 0 : room),
    paint("passed", bar),
    columns - 1 - head.length,
  );
}

/** The bar goes first where there is no room for both. */
function cutPainted(head: string, body: string, bar: string, room: number): string {
  return room <= 0 ? head : head + body + bar;
}

/** Down the steps that are open, the one that was begun last at each level. */
function listOpen(place: SuiteModel | StepModel): StepModel[] {
  const open = place.steps.findLast((step) => step.outcome === undefined);
  return open === undefined ? [] : [open, ...listOpen(open)];
}

function renderBar({ what, done, total }: Progress, columns: number): string {
  const part = total > 0 ? Math.min(1, Math.max(0, done / total)) : 0;
  const percent = `${Math.floor(part * 100)} %`.padStart(5);
  if (columns < 60) return percent;
  const full = Math.round(part * BAR_COLUMNS);
  return `  ${toPrintable(what)} ${"\u2588".repeat(full)}${"\u2591".repeat(BAR_COLUMNS - full)}${percent}`;
}

const SPINNER = ["\u280b", "\u2819", "\u2838", "\u2834", "\u2826", "\u2807"];

function spinner(nowMs: number): string {
  return SPINNER[Math.floor(nowMs / EVERY_MS) % SPINNER.length] ?? "";
}

function cut(text: string, columns: number): string {
  return text.length <= columns ? text : `${text.slice(0, Math.max(0, columns - 1))}\u2026`;
}

/** Of a path the innermost step says most. */
function keepEnd(text: string, columns: number): string {
  if (text.length <= columns) return text;
  return columns <= 1 ? "" : `\u2026${text.slice(text.length - columns + 1)}`;
}
