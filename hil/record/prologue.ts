// Owns bringing the board of a replay to where its recording begins: with power, in the Wi-Fi, claimed, in a session, as the first entries
// take for granted. Nothing of it is compared.
import { parseConsoleLine } from "#protocol";
import type { Clock } from "../clock.ts";
import { HilError } from "../error.ts";
import type { RecordFields, TimedEntry } from "./entries.ts";
import type { Output } from "./expectations.ts";
import type { Inbox } from "./inbox.ts";
import type { ReplayBoard } from "./replay-board.ts";
import { fillOrder, type Secrets } from "./secrets.ts";
import type { SimulatedCloud } from "./simulated-cloud.ts";

export interface PrologueOptions {
  recording: { entries: readonly TimedEntry[] };
  board: ReplayBoard;
  secrets: Secrets;
  clock: Clock;
  slackMs?: number;
  outputs: Inbox<Output>;
  cloud: Pick<SimulatedCloud, "say">;
}

export interface Prologue {
  remarks: string[];
  /** The board has a past that the recording's board had not: its events are counted from another number. */
  hasPast: boolean;
}

/** A new board boots, joins and connects within this, at any speed. */
const STEP_MS = 30_000;
/** Nothing more of what was begun comes out after a silence of this length, in milliseconds. */
const SETTLE_MS = 300;

interface Needs {
  power: boolean;
  wifi: boolean;
  session: boolean;
  /** The plunger was set long enough. */
  armed: boolean;
  /** A configuration that was in force already. */
  config: RecordFields | null;
}

/** @throws HilError "replay-not-begun" */
export async function beginReplay(options: PrologueOptions): Promise<Prologue> {
  const { recording, board, secrets, outputs } = options;
  const needs = listNeeds(recording.entries);
  if (!needs.power) return { remarks: [], hasPast: false };
  await board.setPlunger(needs.armed);
  await board.setPower(true);
  await awaited(options, "boots", (output) => output.name === "boot");
  if (needs.wifi) {
    await board.order(fillOrder("wifi ssid=<wifi-ssid> pass=<wifi-password>", secrets).text);
    await awaited(options, "joins the Wi-Fi", (output) => output.name === "link" && output.fields.state === "joined");
  }
  if (needs.armed) {
    await awaited(options, "is armed", (output) => output.name === "trap" && output.fields.state === "armed");
  }
  if (needs.session) {
    await board.order("claim code=ABCDEFGHJK");
    await awaited(options, "is claimed and connected", (output) => {
      return output.name === "session" && output.fields.state === "online";
    });
  }
  if (needs.session && needs.config !== null) {
    const { rev } = needs.config;
    options.cloud.say("config", needs.config);
    await awaited(
      options,
      "reports its configuration",
      ({ name, fields }) => name === "reported" && fields.rev === rev,
    );
  }
  const made = [needs.wifi && "joined the Wi-Fi", needs.session && "claimed", needs.armed && "armed"].filter(Boolean);
  // What was said on the way, and answers to it, is nobody's output.
  while ((await outputs.take(() => true, SETTLE_MS)) !== null);
  return { remarks: [`before the recording begins, the board was ${["booted", ...made].join(", ")}`], hasPast: true };
}

/** What came before the recording, as its first entries show. */
function listNeeds(entries: readonly TimedEntry[]): Needs {
  const first = (fits: (entry: TimedEntry) => boolean) => {
    const at = entries.findIndex(fits);
    return at < 0 ? Number.POSITIVE_INFINITY : at;
  };
  const isLine = (name: string, value: string) => (entry: TimedEntry) => {
    const line = entry.kind === "line" ? parseConsoleLine(entry.text) : null;
    return line?.name === name && (value === "" || line.fields.state === value);
  };
  const boots = Math.min(
    first(isLine("boot", "")),
    first((entry) => entry.kind === "power" && entry.on),
  );
  const talks = first((entry) => ["request", "mqtt-connect", "mqtt"].includes(entry.kind));
  const joins = Math.min(
    first((entry) => entry.kind === "order" && entry.text.startsWith("wifi")),
    first(isLine("link", "joined")),
  );
  const says = first((entry) => entry.kind === "mqtt");
  const ready = first((entry) => entry.kind === "answer" && entry.fields.status === "ready");
  const springs = first((entry) => entry.kind === "pin" && entry.pin === "plunger" && entry.value === false);
  const arms = Math.min(first(isLine("trap", "armed")), first(isLine("trap", "arming")));
  const acts = Math.min(
    talks,
    springs,
    first((entry) => entry.kind === "order" || entry.kind === "pin"),
  );
  const power = boots > acts;
  return {
    power,
    wifi: power && talks < joins,
    session: power && says < ready,
    armed: power && springs < arms,
    config: findConfig(entries),
  };
}

/** What is reported first and was never wished within the recording. */
function findConfig(entries: readonly TimedEntry[]): RecordFields | null {
  const isConfig = (entry: TimedEntry) =>
    entry.kind === "mqtt" && (entry.name === "reported" || entry.name === "config");
  const first = entries.find(isConfig);
  if (first?.kind !== "mqtt" || first.name !== "reported" || first.record.rev === 0) return null;
  return first.record;
}

async function awaited(options: PrologueOptions, what: string, fits: (output: Output) => boolean): Promise<void> {
  if ((await options.outputs.take(fits, STEP_MS)) !== null) return;
  const last = options.outputs.rest().at(-1);
  const seen = last === undefined ? "nothing" : `${last.channel} ${last.name} ${JSON.stringify(last.fields)}`;
  const message = `the board of the replay was to be brought to where the recording begins, but it never ${what}; last seen: ${seen}`;
  throw new HilError(
    "infrastructure",
    "replay-not-begun",
    `${message}. See that its firmware is a trap's and the Wi-Fi its own.`,
  );
}
