// Owns putting a recording's inputs into another board and telling where its outputs differ: hands, cable, power, Wi-Fi and the cloud's own
// words go in with the recorded pauses (in the board's time), what comes out is awaited in the recorded order, each channel by itself. What
// is compared is expectations.ts's, the cloud's answers are simulated-cloud.ts's [RECORD-2].
import type { Clock } from "../clock.ts";
import { pause } from "../clock.ts";
import { type Difference, IdMap, tellFields } from "./comparing.ts";
import type { TimedEntry } from "./entries.ts";
import { compareOutputs, isCounted, type Output, readOutput } from "./expectations.ts";
import { createInbox } from "./inbox.ts";
import { beginReplay } from "./prologue.ts";
import type { Recording } from "./recording.ts";
import type { ReplayBoard } from "./replay-board.ts";
import type { ReplayOutcome } from "./replay-cloud.ts";
import { fillOrder, type Secrets } from "./secrets.ts";
import type { SimulatedCloud } from "./simulated-cloud.ts";

export interface TrapReplayOptions {
  recording: Recording;
  /** Flashed, without power, with the identity whose cloud is `cloud`. */
  board: ReplayBoard;
  cloud: SimulatedCloud;
  /** At least the Wi-Fi's. */
  secrets: Secrets;
  clock: Clock;
  /** How much faster than ours the board's time runs; 1 unless told. */
  speed?: number;
  /** What a board may be late, in milliseconds of our time; 8000 unless told. */
  slackMs?: number;
  signal?: AbortSignal;
}

const SLACK_MS = 8_000;
/** So much earlier than recorded a board may be. */
const HASTE_MS = 100;
const DIFFERENCES_MAX = 20;
/** In a row: the board has gone another way, and what else it does not do would only take time. */
const MISSING_MAX = 5;
/** A recorded pause may last so much longer before something counts as missing. */
const PATIENCE = 2;
/** Any will do where nobody redeems it. */
const CLAIM_CODE = "ABCDEFGHJK";

export async function replayAgainstTrap(options: TrapReplayOptions): Promise<ReplayOutcome> {
  const replay = new TrapReplay(options);
  try {
    await replay.run();
  } finally {
    replay.stop();
  }
  return replay.outcome;
}

class TrapReplay {
  readonly outcome: ReplayOutcome = { differences: [], remarks: [], compared: 0, seen: [] };
  readonly #options: TrapReplayOptions;
  readonly #outputs;
  readonly #ids = new IdMap();
  readonly #seen = { recorded: new Set<string>(), replayed: new Set<string>() };
  readonly #unlisten: () => void;
  #isRunning = true;
  /** Outputs in a row that did not come. */
  #missing = 0;
  /** Fields that are drawn anew in this replay, beside what always is. */
  #drawn: readonly string[] = [];
  /** Where the replay is: a moment of the recording, and when it was reached by our clock. */
  #reached: { at: number; ms: number };
  /** Of the recording, as its clock entries say. */
  #recordedSpeed = 1;

  constructor(options: TrapReplayOptions) {
    this.#options = options;
    this.#outputs = createInbox<Output>(options.clock);
    this.#reached = { at: 0, ms: options.clock.now() };
    this.#unlisten = options.board.onLine((text) => this.#take({ kind: "line", text, at: 0 }));
  }

  async run(): Promise<void> {
    const { recording, board, clock } = this.#options;
    void this.#hearCloud();
    await board.setSpeed(this.#speed());
    const { remarks, hasPast } = await beginReplay({ ...this.#options, outputs: this.#outputs });
    this.outcome.remarks.push(...remarks);
    this.outcome.seen.length = 0;
    if (hasPast) this.#drawn = ["seq"];
    this.#reached = { at: 0, ms: clock.now() };
    for (const [index, entry] of recording.entries.entries()) {
      this.#options.signal?.throwIfAborted();
      if (this.#missing >= MISSING_MAX || this.outcome.differences.length >= DIFFERENCES_MAX) {
        this.outcome.remarks.push("it went too far another way: from here on nothing more was compared");
        return;
      }
      const output = readOutput(entry);
      if (output !== null) await this.#expect(output, entry, index + 2);
      else if (isInput(entry)) await this.#put(entry);
    }
    // What comes later than the recording listened, it cannot have.
    const endMs = recording.end?.durationMs ?? this.#reached.at;
    await pause(clock, this.#toReal(endMs - this.#reached.at) - HASTE_MS, this.#options.signal);
    this.#tellExtras(endMs);
    this.outcome.remarks.push(...this.#options.cloud.remarks());
  }

  stop(): void {
    this.#isRunning = false;
    this.#unlisten();
  }

  #speed(): number {
    return this.#options.speed ?? 1;
  }

  async #hearCloud(): Promise<void> {
    // Ends with the cloud's own inbox, or with the replay at its next word.
    while (this.#isRunning) {
      const entry = await this.#options.cloud.heard.take(() => true, 60_000);
      if (entry !== null) this.#take({ ...entry, at: 0 });
      else if (!this.#isRunning) return;
      else await pause(this.#options.clock, 1);
    }
  }

  #take(entry: TimedEntry): void {
    const output = readOutput(entry);
    if (output === null || !isFirst(output, this.#seen.replayed)) return;
    this.outcome.seen.push(output);
    this.#outputs.push(output);
  }

  async #expect(recorded: Output, entry: TimedEntry, line: number): Promise<void> {
    if (!isFirst(recorded, this.#seen.recorded)) return;
    const isIt = (one: Output) => one.channel === recorded.channel && one.name === recorded.name;
    // What only marks a way may come several times: the one that fits is awaited.
    const fits = (one: Output) => isIt(one) && (isCounted(recorded) || isAlike(recorded, one));
    const withinMs = PATIENCE * this.#toReal(entry.at - this.#reached.at) + (this.#options.slackMs ?? SLACK_MS);
    const found = await this.#outputs.take(fits, withinMs);
    this.outcome.compared += 1;
    const what = `${recorded.channel} ${recorded.name}`;
    this.#missing = found === null ? this.#missing + 1 : 0;
    if (found === null) {
      const others = this.#outputs.rest().filter(isIt);
      const last = others.at(-1);
      const replayed =
        last === undefined ? `nothing within ${Math.round(withinMs)} ms` : tellFields(last.name, last.fields);
      this.#differ({ line, at: entry.at, what, recorded: tellFields(recorded.name, recorded.fields), replayed });
    } else {
      for (const one of compareOutputs(recorded, found, this.#ids, this.#drawn)) {
        this.#differ({
          line,
          at: entry.at,
          what: `${what}: ${one.field}`,
          recorded: one.recorded,
          replayed: one.replayed,
        });
      }
    }
    this.#reach(entry.at);
  }

  async #put(entry: TimedEntry): Promise<void> {
    const { clock, board, cloud, signal } = this.#options;
    const dueMs = this.#reached.ms + this.#toReal(entry.at - this.#reached.at);
    await pause(clock, dueMs - clock.now(), signal);
    switch (entry.kind) {
      case "order":
        await board.order(this.#fill(entry.text));
        break;
      case "power":
        await board.setPower(entry.on);
        break;
      case "wifi":
        await board.setWifi(entry.up);
        break;
      case "pin":
        if (entry.pin === "button" && entry.forMs !== undefined) await board.pressButton(entry.forMs);
        else if (entry.pin === "button") await board.setButton(entry.value === true);
        else await board.setPlunger(entry.value === true);
        break;
      case "clock":
        this.#recordedSpeed = entry.speed;
        break;
      case "cloud":
        await cloud.setUp(entry.up);
        break;
      case "mqtt":
        if (entry.direction === "in") await this.#say(entry);
        break;
      default:
        cloud.endConnection();
    }
    this.#reach(entry.at);
  }

  /** The trap may be on its way back. */
  async #say(entry: Extract<TimedEntry, { kind: "mqtt"; direction: "in" }>): Promise<void> {
    const { clock, cloud, signal } = this.#options;
    const untilMs = clock.now() + (this.#options.slackMs ?? SLACK_MS);
    while (!cloud.say(entry.name, entry.record)) {
      if (clock.now() >= untilMs) {
        this.outcome.remarks.push(`nobody was there to be told ${tellFields(entry.name, entry.record)}`);
        return;
      }
      await pause(clock, 20, signal);
    }
  }

  #tellExtras(at: number): void {
    for (const extra of this.#outputs.rest().filter(isCounted)) {
      const what = `${extra.channel} ${extra.name}`;
      this.#differ({ line: 0, at, what, recorded: "nothing more", replayed: tellFields(extra.name, extra.fields) });
    }
  }

  #fill(text: string): string {
    const { text: filled, missing } = fillOrder(text, { "claim-code": CLAIM_CODE, ...this.#options.secrets });
    for (const one of missing) this.outcome.remarks.push(`there is nothing to put in for <${one}>`);
    return filled;
  }

  /** Milliseconds of the recording in milliseconds of ours. */
  #toReal(recordedMs: number): number {
    return (Math.max(0, recordedMs) * this.#recordedSpeed) / this.#speed();
  }

  #reach(at: number): void {
    this.#reached = { at, ms: this.#options.clock.now() };
  }

  #differ(difference: Difference): void {
    this.outcome.differences.push(difference);
  }
}

/** What the cloud says by itself; its answers come from the simulated cloud. */
const ANSWERS: readonly string[] = ["session", "welcome", "ack"];

function isInput(entry: TimedEntry): boolean {
  if (entry.kind === "pin") return entry.pin === "button" || entry.pin === "plunger";
  if (entry.kind === "mqtt") return entry.direction === "in" && !ANSWERS.includes(entry.name);
  if (entry.kind === "mqtt-end") return entry.by === "cloud";
  return ["order", "power", "wifi", "clock", "cloud"].includes(entry.kind);
}

/** An event that is said again until it is acknowledged is one. */
function isFirst({ channel, name, fields }: Output, seen: Set<string>): boolean {
  if (channel !== "mqtt" || name !== "event") return true;
  const id = `${fields.boot}/${fields.seq}`;
  if (seen.has(id)) return false;
  seen.add(id);
  return true;
}

/** Whatever is drawn anew is taken for granted here: it is compared when it is taken. */
function isAlike(recorded: Output, replayed: Output): boolean {
  return compareOutputs(recorded, replayed, new IdMap()).length === 0;
}
