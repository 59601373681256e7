// Owns what an event of a trap means: when it can have happened, although the trap knows no time [EVENT-2], and which state of the trap it
// tells. Pure; where it is kept is queries/.
import { ACK_TIMEOUT_MS, type DeviceEvent, type EventKind, KEEP_ALIVE_S, type TrapState } from "#protocol";

/** An event as the API and the live stream tell it. */
export interface KeptEvent {
  id: string;
  deviceId: string;
  kind: EventKind;
  value: number;
  bootId: string;
  sequence: number;
  /** False: the trap has lost power since, and knows only that it is at least `ageMs` ago. */
  exact: boolean;
  ageMs: number;
  receivedAt: Date;
  /** It happened between these two. */
  occurredEarliest: Date;
  occurredLatest: Date;
  /** How long the trap kept it to itself, at least: without a network, mostly. */
  latencyMs: number;
}

export interface Interval {
  earliest: Date;
  latest: Date;
}

/**
 * How long a message may have been on its way. Not the trap's own patience: what it gives up on can still arrive. A connection on which
 * nothing arrives ends after one and a half keep alives, and at our door a message waits at most as long as the trap's patience.
 */
export const TRANSIT_MS_MAX = KEEP_ALIVE_S * 1_500 + ACK_TIMEOUT_MS;

/** How far the trap's oscillator may be off: two in a thousand, which no ESP32 was seen to reach. */
const DRIFT = 0.002;

/** No trap of ours is older; an age beyond it is a broken trap's, and a date must stay one that PostgreSQL can hold. */
const FIRST_MOMENT_MS = Date.UTC(2020, 0, 1);

/** What is known to be earlier than an event of a boot that is over; each null if there is nothing of the kind. */
export interface KnownBefore {
  /** When the trap was last heard in an earlier boot. */
  heardAt: Date | null;
  /** The latest of the earliest moments of events before it, by boot and sequence. */
  eventAt: Date | null;
  claimedAt: Date | null;
}

/**
 * Between which moments the event happened. Exact: `age` before it was sent, and it was sent at most TRANSIT_MS_MAX before it was
 * received. Not exact: at least `age` ago, and after whatever is known to be earlier.
 * @param known only looked at if the event is not exact
 */
export function decideInterval(event: DeviceEvent, receivedAt: Date, known: KnownBefore): Interval {
  const received = receivedAt.getTime();
  const driftMs = Math.ceil(event.age * DRIFT);
  const latestMs = clampMs(received - event.age + driftMs, FIRST_MOMENT_MS, received);
  const sentLongAgoMs = clampMs(received - event.age - driftMs - TRANSIT_MS_MAX, FIRST_MOMENT_MS, latestMs);
  const earliestMs = event.exact ? sentLongAgoMs : findEarliestMs(known, sentLongAgoMs, latestMs);
  return { earliest: new Date(clampMs(earliestMs, FIRST_MOMENT_MS, latestMs)), latest: new Date(latestMs) };
}

/** The claim is no proof, since a trap may have sprung before it: it only bounds what would have no bound. */
function findEarliestMs({ heardAt, eventAt, claimedAt }: KnownBefore, sentLongAgoMs: number, latestMs: number): number {
  const heardMs = heardAt === null ? FIRST_MOMENT_MS : heardAt.getTime() - TRANSIT_MS_MAX;
  const knownMs = Math.max(heardMs, eventAt?.getTime() ?? FIRST_MOMENT_MS);
  const isKnown = heardAt !== null || eventAt !== null;
  if (isKnown && knownMs <= latestMs) return knownMs;
  return Math.min(claimedAt?.getTime() ?? FIRST_MOMENT_MS, sentLongAgoMs);
}

function clampMs(ms: number, min: number, max: number): number {
  return Math.max(min, Math.min(max, ms));
}

/** The state a trap is in after such an event; null where the event does not say. */
export function stateAfter(kind: EventKind): TrapState | null {
  switch (kind) {
    case "sprung":
    case "armed":
    case "disarmed":
      return kind;
    case "sensor-fault":
    case "fault":
      return "fault";
    default:
      return null;
  }
}

/** What the cloud knows of the trap when one of its events arrives. */
export interface Standing {
  bootId: string | null;
  /** When the hello of the current session was received; null if there was none. */
  helloAt: Date | null;
  /** Highest sequence known of the event's boot, the event itself not counted; null for none. */
  sequenceMax: number | null;
}

/** An event that is older than the hello by less may have overtaken it in time, since each has its own way behind it. */
const OVERTAKEN_MS = 1_000;

/**
 * Whether the event tells how the trap is now. One of an earlier boot, one that a later one has overtaken, and one that is older than the
 * last hello are history: the hello has said how things stand.
 */
export function isNews(event: DeviceEvent, receivedAt: Date, standing: Standing): boolean {
  if (event.boot !== standing.bootId || !event.exact) return false;
  if (standing.sequenceMax !== null && standing.sequenceMax > event.seq) return false;
  return standing.helloAt === null || receivedAt.getTime() - event.age >= standing.helloAt.getTime() - OVERTAKEN_MS;
}
