// Owns challenges: 16 bytes that say until when they are good and that they are ours, for one serial number. Nothing is stored when one is
// given away, so asking costs strangers more than us and known and unknown serial numbers look alike; the first proven use is what the
// database remembers (queries/insert-used-challenge.ts), and there is no second.
import { createHmac } from "node:crypto";
import type { Clock } from "../clock.ts";
import type { RandomBytes } from "./claiming.ts";
import { isEqual } from "./proofs.ts";

export const CHALLENGE_S = 60;
const HEAD_BYTES = 8;
const MARK_BYTES = 8;

export interface Challenges {
  /** 32 hexadecimal characters, good for 60 s and one use. */
  create(serial: string): string;
  /** Whether it was created here for this serial number and is not too old; whether it was used is not known here. */
  isFresh(serial: string, challenge: string): boolean;
  /** Until when a fresh one is good. */
  expiryOf(challenge: string): Date;
}

export interface ChallengeDeps {
  clock: Pick<Clock, "now">;
  randomBytes: RandomBytes;
  /** All instances of the cloud have the same; the key of the marks is derived from it. */
  sealKey: Uint8Array;
}

export function createChallenges({ clock, randomBytes, sealKey }: ChallengeDeps): Challenges {
  const key = createHmac("sha256", sealKey).update("trapline/challenges").digest();

  function markOf(serial: string, head: string): string {
    const mark = createHmac("sha256", key).update(`${serial}\n${head}`).digest();
    return mark.subarray(0, MARK_BYTES).toString("hex");
  }
  function expirySecondsOf(challenge: string): number {
    return Number.parseInt(challenge.slice(0, 8), 16);
  }
  function nowSeconds(): number {
    return clock.now().getTime() / 1000;
  }

  return {
    create(serial) {
      const head = Buffer.alloc(HEAD_BYTES);
      head.writeUInt32BE(Math.floor(nowSeconds()) + CHALLENGE_S, 0);
      head.set(randomBytes(4), 4);
      return head.toString("hex") + markOf(serial, head.toString("hex"));
    },
    isFresh(serial, challenge) {
      const head = challenge.slice(0, 2 * HEAD_BYTES);
      const leftS = expirySecondsOf(challenge) - nowSeconds();
      return isEqual(markOf(serial, head), challenge.slice(2 * HEAD_BYTES)) && leftS > 0 && leftS <= CHALLENGE_S;
    },
    expiryOf: (challenge) => new Date(expirySecondsOf(challenge) * 1000),
  };
}
