// Owns what it means for a trap to be there: which of two sessions is the newer one [PRES-1], when silence is absence, and when the cloud
// itself was away and knows nothing. Pure; presence lies in the database, session by session [PRES-2].
import { KEEP_ALIVE_S } from "#protocol";

/** A trap that was not heard for so long is offline. */
export const SILENT_MS = KEEP_ALIVE_S * 1_500;

export interface SessionName {
  boot: string;
  session: number;
}

/** The session the cloud takes for the trap's current one. */
export interface CurrentSession extends SessionName {
  /** When its hello was received. */
  helloAt: Date;
}

/** The boot counter of the trap's flash: the first eight digits of the boot id. */
function counterOf(boot: string): number {
  return Number.parseInt(boot.slice(0, 8), 16);
}

/**
 * Whether a hello tells of the trap's current session or of one that is over. A hello can be late: it waited for the database while the
 * trap gave up and connected anew. Within a boot the trap counts its sessions, and that is the truth. Between boots the higher counter is
 * newer; where it is not higher, its flash was wiped or replaced, and whatever was received later is newer, since its connection had good
 * credentials then.
 */
export function decideHello(
  current: CurrentSession | null,
  hello: SessionName,
  receivedAt: Date,
): "current" | "overtaken" {
  if (current === null) return "current";
  if (hello.boot === current.boot) return hello.session >= current.session ? "current" : "overtaken";
  if (counterOf(hello.boot) > counterOf(current.boot)) return "current";
  return receivedAt.getTime() > current.helloAt.getTime() ? "current" : "overtaken";
}

export interface Watch {
  /** Since when nothing has kept the cloud from hearing. */
  sinceMs: number;
  lastLookMs: number;
}

export function startWatch(now: Date): Watch {
  return { sinceMs: now.getTime(), lastLookMs: now.getTime() };
}

/**
 * Look at the clock before judging silence. Looks come every `lookMs`; a larger gap means that the machine slept or its clock was set, and
 * the watch begins anew, as it does when the cloud starts: nobody was heard meanwhile, and nobody's silence counts [PRES-2].
 * @returns the moment before which whoever was last heard is offline; null while it is too early to judge
 */
export function lookAt(watch: Watch, now: Date, lookMs: number): { watch: Watch; silentBefore: Date | null } {
  const nowMs = now.getTime();
  const gapMs = nowMs - watch.lastLookMs;
  const isKept = gapMs >= 0 && gapMs <= lookMs + SILENT_MS / 3;
  const sinceMs = isKept ? watch.sinceMs : nowMs;
  const silentBefore = nowMs - sinceMs >= SILENT_MS ? new Date(nowMs - SILENT_MS) : null;
  return { watch: { sinceMs, lastLookMs: nowMs }, silentBefore };
}
