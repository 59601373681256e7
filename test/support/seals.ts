// A hand of the tests' own at sealing messages, at either end: what trap and cloud make of the contract's texts is compared with what
// Node's HMAC makes of them. An attacker in a test is one with another key, or with what it has overheard.
import { createHmac } from "node:crypto";
import {
  type DownName,
  encodeWill,
  joinSealed,
  messageSealText,
  sessionKeyText,
  splitSealed,
  type UpName,
  type Will,
  willSealText,
} from "#protocol";

/** @param key hexadecimal */
export function hmacHex(key: string, text: string): string {
  return createHmac("sha256", Buffer.from(key, "hex")).update(text, "latin1").digest("hex");
}

export interface SealEnd {
  /** The key of this connection, hexadecimal. */
  readonly key: string;
  /** Of what was said last; a test may set it. */
  said: number;
  /** The payload of the next message from this end. */
  close(name: UpName | DownName, record: string): string;
  /** The record of a message from the other end; throws when its seal is wrong, or of a message that was opened before. */
  open(name: UpName | DownName, payload: string): string;
}

/** @param session names the connection together with `nonce` */
export function createSealEnd(
  end: "trap" | "cloud",
  device: { key: string; deviceId: string },
  session: Will,
  nonce: string,
): SealEnd {
  const key = hmacHex(device.key, sessionKeyText(device.deviceId, session.boot, session.session, nonce));
  const [own, other] = end === "trap" ? (["up", "down"] as const) : (["down", "up"] as const);
  const heard = new Set<number>();
  const seal: SealEnd = {
    key,
    said: 0,
    close(name, record) {
      seal.said += 1;
      return joinSealed(record, seal.said, hmacHex(key, messageSealText(own, name, seal.said, record)));
    },
    open(name, payload) {
      const sealed = splitSealed(payload);
      if (!sealed.ok) throw new Error(`no sealed message: ${payload}`);
      const { record, count } = sealed;
      if (heard.has(count)) throw new Error(`message ${count} once more`);
      if (hmacHex(key, messageSealText(other, name, count, record)) !== sealed.seal) throw new Error("a wrong seal");
      heard.add(count);
      return record;
    },
  };
  return seal;
}

/** The payload of the will that a trap leaves. */
export function sealWill(device: { key: string; deviceId: string }, session: Will): string {
  const record = encodeWill(session);
  return joinSealed(record, 0, hmacHex(device.key, willSealText(device.deviceId, record)));
}
