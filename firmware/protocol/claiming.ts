// Owns the records a device and the cloud exchange over HTTP before there are credentials, and when they are undone. Each answer to
// an authenticated question carries the cloud's proof, so that nobody on the way can say `ready` or `released` [CLAIM-3].
import { CLAIM_CODE_ALPHABET, CLAIM_CODE_CHARS } from "./limits.ts";
import {
  closeRecord,
  type Decoded,
  endRecord,
  integerField,
  openRecord,
  type RecordReader,
  readChecked,
  readHex,
  readInteger,
  readText,
  readUuid,
  readWord,
  startRecord,
  textField,
} from "./record.ts";

/** Hexadecimal characters of a challenge (16 bytes) and of a proof or key (32 bytes). */
export const CHALLENGE_CHARS = 32;
export const PROOF_CHARS = 64;
export const SERIAL_CHARS_MAX = 32;

export const CLAIM_STATUSES = ["open", "owned", "code-claimed", "code-refused"] as const;
export type ClaimStatus = (typeof CLAIM_STATUSES)[number];

/**
 * `waiting`: nobody has claimed yet; `ready`: the record carries credentials; `confirmed`: they were picked up and used, and are not
 * given twice; `released`: the owner has let go of the trap; `closed`: no window is open.
 */
export const CREDENTIALS_STATUSES = ["waiting", "ready", "confirmed", "released", "closed"] as const;
export type CredentialsStatus = (typeof CREDENTIALS_STATUSES)[number];

export const RELEASE_STATUSES = ["released", "unknown"] as const;
export type ReleaseStatus = (typeof RELEASE_STATUSES)[number];

export interface ChallengeRequest {
  serial: string;
}
export interface ChallengeAnswer {
  challenge: string;
}
export interface ClaimRequest {
  serial: string;
  mac: string;
  challenge: string;
  /** A claim code of ten characters, or empty: claiming by button. */
  code: string;
  proof: string;
}
export interface ClaimAnswer {
  status: ClaimStatus;
  expiresInS: number;
  /** For the next request. */
  challenge: string;
  proof: string;
}
/** Asks for credentials, or says that the trap was reset: the same question with another purpose in its proof. */
export interface ProvenRequest {
  serial: string;
  challenge: string;
  proof: string;
}
export interface Credentials {
  tenant: string;
  device: string;
  /** Of the MQTT broker. */
  host: string;
  port: number;
  /** Credential id: user name and client id alike. */
  user: string;
  /** The password, 32 bytes in hexadecimal, XORed with HMAC(key, sealText): only the trap can read it. */
  sealed: string;
}
export interface CredentialsAnswer {
  status: CredentialsStatus;
  challenge: string;
  /** Present if and only if the status is `ready`. */
  credentials: Credentials | null;
  proof: string;
}
export interface ReleaseAnswer {
  status: ReleaseStatus;
  proof: string;
}

/** A MAC address as it travels: lower case, colons. */
export function isMacAddress(text: string): boolean {
  if (text.length !== 17) return false;
  for (let i = 0; i < 17; i++) {
    const c = text.charCodeAt(i);
    const colon = i % 3 === 2;
    if (colon ? c !== 58 : !((c >= 48 && c <= 57) || (c >= 97 && c <= 102))) return false;
  }
  return true;
}

/** Letters, digits and dashes; upper case; 4 to 32 characters. */
export function isSerialNumber(text: string): boolean {
  if (text.length < 4 || text.length > SERIAL_CHARS_MAX) return false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (!((c >= 65 && c <= 90) || (c >= 48 && c <= 57) || c === 45)) return false;
  }
  return true;
}

/** The serial number of a record, under the name every record gives it. */
export function readSerial(reader: RecordReader): string {
  return readChecked(reader, "serial", isSerialNumber);
}

/** The MAC address of a record, under the name every record gives it. */
export function readMac(reader: RecordReader): string {
  return readChecked(reader, "mac", isMacAddress);
}

/** The ten characters of a claim code as a person typed it: spaces, dashes and lower case forgiven. Null if it can be no code. */
export function normalizeClaimCode(typed: string): string | null {
  let code = "";
  if (typed.length > 40) return null;
  for (let i = 0; i < typed.length; i++) {
    const c = typed.charAt(i).toUpperCase();
    if (c === "-" || c === " ") continue;
    // Outside ASCII, upper case can be another letter, or two of them.
    if (typed.charCodeAt(i) > 126 || CLAIM_CODE_ALPHABET.indexOf(c) < 0) return null;
    code += c;
  }
  return code.length === CLAIM_CODE_CHARS ? code : null;
}

/** A claim code as it is shown: groups of four, three and three. */
export function displayClaimCode(code: string): string {
  return code.substring(0, 4) + "-" + code.substring(4, 7) + "-" + code.substring(7);
}

export function encodeChallengeRequest(m: ChallengeRequest): string {
  return endRecord(startRecord() + textField("serial", m.serial));
}

export function decodeChallengeRequest(text: unknown): Decoded<ChallengeRequest> {
  const r = openRecord(text);
  return closeRecord(r, { serial: readSerial(r) });
}

export function encodeChallengeAnswer(m: ChallengeAnswer): string {
  return endRecord(startRecord() + textField("challenge", m.challenge));
}

export function decodeChallengeAnswer(text: unknown): Decoded<ChallengeAnswer> {
  const r = openRecord(text);
  return closeRecord(r, { challenge: readHex(r, "challenge", CHALLENGE_CHARS) });
}

export function encodeClaimRequest(m: ClaimRequest): string {
  return endRecord(
    startRecord() +
      textField("serial", m.serial) +
      textField("mac", m.mac) +
      textField("challenge", m.challenge) +
      textField("code", m.code) +
      textField("proof", m.proof),
  );
}

export function decodeClaimRequest(text: unknown): Decoded<ClaimRequest> {
  const r = openRecord(text);
  return closeRecord(r, {
    serial: readSerial(r),
    mac: readMac(r),
    challenge: readHex(r, "challenge", CHALLENGE_CHARS),
    code: readText(r, "code", 0, CLAIM_CODE_CHARS),
    proof: readHex(r, "proof", PROOF_CHARS),
  });
}

export function encodeClaimAnswer(m: ClaimAnswer): string {
  return endRecord(
    startRecord() +
      textField("status", m.status) +
      integerField("expiresInS", m.expiresInS) +
      textField("challenge", m.challenge) +
      textField("proof", m.proof),
  );
}

export function decodeClaimAnswer(text: unknown): Decoded<ClaimAnswer> {
  const r = openRecord(text);
  return closeRecord(r, {
    status: readWord(r, "status", CLAIM_STATUSES),
    expiresInS: readInteger(r, "expiresInS", 0, 86400),
    challenge: readHex(r, "challenge", CHALLENGE_CHARS),
    proof: readHex(r, "proof", PROOF_CHARS),
  });
}

export function encodeProvenRequest(m: ProvenRequest): string {
  return endRecord(
    startRecord() + textField("serial", m.serial) + textField("challenge", m.challenge) + textField("proof", m.proof),
  );
}

export function decodeProvenRequest(text: unknown): Decoded<ProvenRequest> {
  const r = openRecord(text);
  return closeRecord(r, {
    serial: readSerial(r),
    challenge: readHex(r, "challenge", CHALLENGE_CHARS),
    proof: readHex(r, "proof", PROOF_CHARS),
  });
}

export function encodeCredentialsAnswer(m: CredentialsAnswer): string {
  const c = m.credentials;
  return endRecord(
    startRecord() +
      textField("status", m.status) +
      textField("challenge", m.challenge) +
      (c
        ? textField("tenant", c.tenant) +
          textField("device", c.device) +
          textField("host", c.host) +
          integerField("port", c.port) +
          textField("user", c.user) +
          textField("sealed", c.sealed)
        : "") +
      textField("proof", m.proof),
  );
}

export function decodeCredentialsAnswer(text: unknown): Decoded<CredentialsAnswer> {
  const r = openRecord(text);
  const status = readWord(r, "status", CREDENTIALS_STATUSES);
  return closeRecord(r, {
    status: status,
    challenge: readHex(r, "challenge", CHALLENGE_CHARS),
    credentials:
      status === "ready"
        ? {
            tenant: readUuid(r, "tenant"),
            device: readUuid(r, "device"),
            host: readText(r, "host", 1, 253),
            port: readInteger(r, "port", 1, 65535),
            user: readUuid(r, "user"),
            sealed: readHex(r, "sealed", PROOF_CHARS),
          }
        : null,
    proof: readHex(r, "proof", PROOF_CHARS),
  });
}

export function encodeReleaseAnswer(m: ReleaseAnswer): string {
  return endRecord(startRecord() + textField("status", m.status) + textField("proof", m.proof));
}

export function decodeReleaseAnswer(text: unknown): Decoded<ReleaseAnswer> {
  const r = openRecord(text);
  return closeRecord(r, {
    status: readWord(r, "status", RELEASE_STATUSES),
    proof: readHex(r, "proof", PROOF_CHARS),
  });
}
