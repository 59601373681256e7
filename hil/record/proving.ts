// Owns the arithmetic of trust as a replay needs it, at either end: proofs over a key, the mask over a password, the seal of a connection.
// Which texts are signed is the contract's. What another key made is told as null, never thrown.
import { createHmac } from "node:crypto";
import {
  type DownName,
  encodeWill,
  joinSealed,
  messageSealText,
  sealText,
  sessionKeyText,
  splitSealed,
  type UpName,
  type Will,
  willSealText,
} from "#protocol";

/** @param key hexadecimal @returns HMAC-SHA-256 in hexadecimal */
export function prove(key: string, text: string): string {
  return createHmac("sha256", Buffer.from(key, "hex")).update(text, "latin1").digest("hex");
}

/** Puts the mask of the pickup that used `asked` on a password, or takes it off; both 32 bytes in hexadecimal. */
export function maskPassword(key: string, serial: string, asked: string, password: string): string {
  const mask = Buffer.from(prove(key, sealText(serial, asked)), "hex");
  return Buffer.from(Buffer.from(password, "hex").map((byte, index) => byte ^ (mask[index] ?? 0))).toString("hex");
}

export interface SealEnd {
  /** The payload of the next message from this end. */
  close(name: UpName | DownName, record: string): string;
  /** The record of the other end's message; null if its seal is not of this connection, or not of a message later than the last. */
  open(name: UpName | DownName, payload: string): string | null;
}

/** @param session names the connection together with `nonce` */
export function createSealEnd(
  end: "trap" | "cloud",
  device: { key: string; deviceId: string },
  session: Will,
  nonce: string,
): SealEnd {
  const key = prove(device.key, sessionKeyText(device.deviceId, session.boot, session.session, nonce));
  const [own, other] = end === "trap" ? (["up", "down"] as const) : (["down", "up"] as const);
  let said = 0;
  let heard = 0;
  return {
    close(name, record) {
      said += 1;
      return joinSealed(record, said, prove(key, messageSealText(own, name, said, record)));
    },
    open(name, payload) {
      const sealed = splitSealed(payload);
      if (!sealed.ok || sealed.count <= heard) return null;
      const { record, count } = sealed;
      if (prove(key, messageSealText(other, name, count, record)) !== sealed.seal) return null;
      heard = count;
      return record;
    },
  };
}

/** The payload of the will that a trap leaves. */
export function sealWill(device: { key: string; deviceId: string }, session: Will): string {
  const record = encodeWill(session);
  return joinSealed(record, 0, prove(device.key, willSealText(device.deviceId, record)));
}
