// Owns writing recordings while a run goes on: it hears the stream and keeps a file for each board and suite, line by line, so that what
// ends early is kept as far as it went. A disk that is full ends the recording, never the run. How an entry looks is entries.ts's.
import * as fs from "node:fs";
import * as path from "node:path";
import { parseConsoleCommand, parseConsoleLine } from "#protocol";
import type { Clock } from "../clock.ts";
import type { BoardFacts, EventStream, HilEvent } from "../steps/events.ts";
import type { RecordedEntry, TimedEntry } from "./entries.ts";
import { type FirmwareFacts, formatEnd, formatEntry, formatHeader } from "./recording.ts";
import { createMask, type Mask } from "./secrets.ts";
import { createSerialLines, type SerialLines } from "./serial-lines.ts";

export interface RecorderOptions {
  stream: EventStream;
  /** The run's; made when the first recording begins. */
  folder: string;
  clock: Pick<Clock, "date">;
}

export interface Recorder {
  /** Of the recordings begun so far, complete or not. */
  files(): string[];
  /** Hears no more, and closes what is open. */
  stop(): void;
}

/** Records every suite of every board from now on. */
export function startRecorder(options: RecorderOptions): Recorder {
  const { stream, folder, clock } = options;
  const boards = new Map<string, BoardFacts>();
  const firmware = new Map<string, FirmwareFacts>();
  /** How fast each board's time runs; pauses mean nothing without it. */
  const speeds = new Map<string, number>();
  const open = new Map<string, OpenRecording>();
  const files: string[] = [];

  function begin(event: Extract<HilEvent, { type: "suite-started" }>): void {
    open.get(event.board)?.close();
    const { suite, attempt } = event;
    const board = boards.get(event.board) ?? { name: event.board, mac: "", isVirtual: false, labels: {} };
    const file = path.join(folder, `${fileName(event.board)}.${fileName(suite)}.${attempt}.jsonl`);
    const recordedAt = clock.date().toISOString();
    const header = formatHeader({ board, firmware: firmware.get(event.board) ?? null, suite, attempt, recordedAt });
    const tell = (text: string) => stream.publish({ type: "remarked", board: event.board, level: "warn", text });
    files.push(file);
    const recording = new OpenRecording(file, header, event.at, tell);
    open.set(event.board, recording);
    const speed = speeds.get(event.board);
    if (speed !== undefined) recording.add(event.at, { kind: "clock", speed });
  }

  function hear(event: HilEvent): void {
    if (event.type === "run-started") for (const board of event.boards) boards.set(board.name, board);
    if (event.type === "suite-started") begin(event);
    if (event.type === "suite-ended") {
      const { outcome, failure } = event;
      open
        .get(event.board)
        ?.end(event.at, (durationMs) => ({ outcome, failure: failure?.message ?? null, durationMs }));
      open.delete(event.board);
    }
    if (event.type !== "logged" && event.type !== "recorded") return;
    const entry = event.type === "recorded" ? event.entry : toEntry(event);
    if (entry === null) return;
    const facts = readFirmware(entry);
    if (facts !== null) firmware.set(event.board, facts);
    if (entry.kind === "clock") speeds.set(event.board, entry.speed);
    open.get(event.board)?.add(event.at, entry);
  }

  const unsubscribe = stream.subscribe(hear);
  return {
    files: () => [...files],
    stop() {
      unsubscribe();
      for (const one of open.values()) one.close();
      open.clear();
    },
  };
}

/** What the board says that it runs. */
export function readFirmware(entry: RecordedEntry): FirmwareFacts | null {
  if (entry.kind === "firmware") return { version: entry.version, sha256: entry.sha256 };
  const line = entry.kind === "line" ? parseConsoleLine(entry.text) : null;
  const { version, sha256 } = line?.name === "boot" ? line.fields : {};
  return version === undefined || sha256 === undefined ? null : { version, sha256 };
}

/** What of a line for people is worth replaying; the rest is told as data. `out` is from the bench here: what was typed. */
function toEntry({ source, direction, text }: Extract<HilEvent, { type: "logged" }>): RecordedEntry | null {
  if (source !== "console" && source !== "rom") return null;
  // While a tool flashes, its packets look like lines.
  if (direction !== "out") return /^[\t -~]*$/.test(text) || parseConsoleLine(text) ? { kind: "line", text } : null;
  const order = unwrapOrder(text);
  return parseConsoleCommand(order) === null ? { kind: "remark", text: order } : { kind: "order", text: order };
}

/** An order travels as a call of the interpreter's: TL("wifi ssid=..."). */
function unwrapOrder(text: string): string {
  const quoted = /^TL\((".*")\)\s*$/s.exec(text)?.[1];
  if (quoted === undefined) return text;
  try {
    return String(JSON.parse(quoted));
  } catch {
    return text;
  }
}

function fileName(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9-]/g, "_").slice(0, 80) || "_";
}

class OpenRecording {
  readonly #startMs: number;
  readonly #mask: Mask = createMask();
  readonly #serial: SerialLines = createSerialLines();
  readonly #tell: (text: string) => void;
  readonly #file: string;
  #handle: number | null = null;
  #lastMs = 0;

  constructor(file: string, header: string, startMs: number, tell: (text: string) => void) {
    this.#file = file;
    this.#startMs = startMs;
    this.#tell = tell;
    this.#attempt(() => {
      fs.mkdirSync(path.dirname(file), { recursive: true });
      this.#handle = fs.openSync(file, "w", 0o600);
      fs.writeSync(this.#handle, header);
    });
  }

  add(atMs: number, entry: RecordedEntry): void {
    // Pieces of a line would hide a secret that is cut in two.
    if (entry.kind === "serial") for (const whole of this.#serial.add(atMs, entry)) this.#write(whole);
    else this.#write({ ...entry, at: atMs });
  }

  end(atMs: number, create: (durationMs: number) => Parameters<typeof formatEnd>[0]): void {
    for (const rest of this.#serial.flush()) this.#write(rest);
    const end = create(Math.max(this.#lastMs, atMs - this.#startMs));
    this.#append(formatEnd({ ...end, failure: end.failure === null ? null : this.#mask.text(end.failure) }));
    this.close();
  }

  close(): void {
    const handle = this.#handle;
    this.#handle = null;
    if (handle !== null) this.#attempt(() => fs.closeSync(handle));
  }

  #write({ at, ...entry }: TimedEntry): void {
    this.#lastMs = Math.max(this.#lastMs, at - this.#startMs);
    this.#append(formatEntry({ ...this.#mask.entry(entry), at: this.#lastMs }));
  }

  #append(line: string): void {
    const handle = this.#handle;
    if (handle !== null) this.#attempt(() => fs.writeSync(handle, line));
  }

  /** What fails is told once: afterwards nothing is written any more. */
  #attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#handle = null;
      const reason = error instanceof Error ? error.message : String(error);
      this.#tell(`the recording ${this.#file} ends here, the run goes on: ${reason}`);
    }
  }
}
