// Owns the texts that are signed with a trap's key (HMAC-SHA-256, hexadecimal). Purpose and every field stand on lines of their own,
// and no field can hold a line break, so that no two different statements share a text [CLAIM-2].
import type { ClaimAnswer, ClaimRequest, CredentialsAnswer, ProvenRequest, ReleaseAnswer } from "./claiming.ts";

function proofText(purpose: string, parts: string[]): string {
  return "trapline/1/" + purpose + "\n" + parts.join("\n");
}

/** The trap: "I am in claiming mode". */
export function claimRequestText(m: ClaimRequest): string {
  return proofText("claim", [m.serial, m.mac, m.challenge, m.code]);
}

/** The cloud's answer to the claim request that used `asked` as its challenge. */
export function claimAnswerText(serial: string, asked: string, m: ClaimAnswer): string {
  return proofText("claim-answer", [serial, asked, m.status, "" + m.expiresInS, m.challenge]);
}

/** The trap: "give me my credentials". */
export function credentialsRequestText(m: ProvenRequest): string {
  return proofText("credentials", [m.serial, m.challenge]);
}

/** The cloud's answer to the credentials request that used `asked` as its challenge. */
export function credentialsAnswerText(serial: string, asked: string, m: CredentialsAnswer): string {
  const c = m.credentials;
  const parts = [serial, asked, m.status, m.challenge];
  if (c) parts.push(c.tenant, c.device, c.host, "" + c.port, c.user, c.sealed);
  return proofText("credentials-answer", parts);
}

/** HMAC of this text is the mask over the password of the pickup that used `asked` as its challenge. */
export function sealText(serial: string, asked: string): string {
  return proofText("seal", [serial, asked]);
}

/** The trap: "I was reset; nobody owns me". */
export function releaseRequestText(m: ProvenRequest): string {
  return proofText("release", [m.serial, m.challenge]);
}

/** The cloud's answer to the release request that used `asked` as its challenge. */
export function releaseAnswerText(serial: string, asked: string, m: ReleaseAnswer): string {
  return proofText("release-answer", [serial, asked, m.status]);
}

/**
 * HMAC of this text is the key of one connection [SEAL-1]: `boot` and `session` are the trap's part of what makes it a new one, `nonce`
 * is the cloud's, so that neither takes for new what was recorded.
 */
export function sessionKeyText(device: string, boot: string, session: number, nonce: string): string {
  return proofText("session-key", [device, boot, "" + session, nonce]);
}

/** Sealed with the connection's key. The record stands last, since it is read only afterwards and may be anything. */
export function messageSealText(direction: "up" | "down", name: string, count: number, record: string): string {
  return proofText("message", [direction, name, "" + count, record]);
}

/** Sealed with the trap's own key, since a will is left before there is a connection's. */
export function willSealText(device: string, record: string): string {
  return proofText("will", [device, record]);
}
