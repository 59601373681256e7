// Owns the seal of one connection [SEAL-1]: what proves each message to be the trap's own, said on this connection and in this place of
// it, and what proves ours to the trap. The key is the trap's; it stays in here. Nothing but arithmetic: what becomes of a connection
// whose messages prove nothing is publishing.ts's, how the texts look the contract's.
import { createHmac, timingSafeEqual } from "node:crypto";
import {
  type DownName,
  decodeHello,
  joinSealed,
  messageSealText,
  NONCE_CHARS,
  sessionKeyText,
  splitSealed,
  type UpName,
  type Will,
  willSealText,
} from "#protocol";

export const NONCE_BYTES = NONCE_CHARS / 2;

export interface Seal {
  /** Our part of the connection's key, hexadecimal. */
  readonly nonce: string;
  /** The session that the first proven message, its hello, was of; null before. */
  getSession(): Will | null;
  /** The record of a payload if the seal is right and the next in turn, else null and the connection is not to be believed any more. */
  open(name: UpName, payload: string): string | null;
  /** The payload for a record that goes to the trap. @throws before the trap has proven itself: there is no key yet */
  close(name: DownName, record: string): string;
}

/** @param key the trap's own, 32 bytes @param nonce random, for this connection alone */
export function createSeal({ key, deviceId, nonce }: { key: Uint8Array; deviceId: string; nonce: string }): Seal {
  let proven: { key: Uint8Array; session: Will } | null = null;
  let heard = 0;
  let said = 0;

  /** Of the session that a hello names; nobody else can know what its key is. */
  function beginSession(record: string): typeof proven {
    const hello = decodeHello(record);
    if (!hello.ok) return null;
    const { boot, session } = hello.value;
    return { key: sign(key, sessionKeyText(deviceId, boot, session, nonce)), session: { boot, session } };
  }

  return {
    nonce,
    getSession: () => proven?.session ?? null,
    open(name, payload) {
      const sealed = splitSealed(payload);
      // A gap is a message that somebody has taken away.
      if (!sealed.ok || sealed.count !== heard + 1) return null;
      const { record, count } = sealed;
      const named = name === "hello" ? beginSession(record) : proven;
      const session = proven ?? named;
      if (session === null || named === null || !isSameSession(named.session, session.session)) return null;
      if (!isSealedWith(session.key, messageSealText("up", name, count, record), sealed.seal)) return null;
      proven = session;
      heard = count;
      return record;
    },
    close(name, record) {
      if (proven === null) throw new TypeError("nothing can be sealed for a trap that has not proven itself");
      said += 1;
      return joinSealed(record, said, sign(proven.key, messageSealText("down", name, said, record)).toString("hex"));
    },
  };
}

/** Whether a will was left by whoever has the trap's key. An old one is harmless: it names the session that is over [PRES-1]. */
export function isWillProven(key: Uint8Array, deviceId: string, payload: string): boolean {
  const sealed = splitSealed(payload);
  return sealed.ok && sealed.count === 0 && isSealedWith(key, willSealText(deviceId, sealed.record), sealed.seal);
}

function isSameSession(a: Will, b: Will): boolean {
  return a.boot === b.boot && a.session === b.session;
}

function sign(key: Uint8Array, text: string): Buffer {
  return createHmac("sha256", key).update(text, "latin1").digest();
}

/** In a time that does not tell how far the two agree. */
function isSealedWith(key: Uint8Array, text: string, seal: string): boolean {
  return timingSafeEqual(Buffer.from(sign(key, text).toString("hex"), "latin1"), Buffer.from(seal, "latin1"));
}
