// Owns the record that makes a board a trap: written to raw flash by the host that flashes it, never by the trap [CLAIM-1].
import { PROOF_CHARS, readMac, readSerial } from "./claiming.ts";
import { TRAP_KINDS, type TrapKind } from "./messages.ts";
import {
  closeRecord,
  type Decoded,
  endRecord,
  integerField,
  openRecord,
  readHex,
  readInteger,
  readText,
  readWord,
  startRecord,
  textField,
} from "./record.ts";

/** Where the identity lies on the ESP32: outside the interpreter's Storage, in the raw data partition. */
export const IDENTITY_FLASH_ADDRESS = 0x310000;

export interface Identity {
  serial: string;
  mac: string;
  /** 32 bytes in hexadecimal, shared with the cloud alone. */
  key: string;
  hardware: string;
  kind: TrapKind;
  /** Of the cloud's HTTP door. */
  host: string;
  port: number;
}

export function encodeIdentity(m: Identity): string {
  return endRecord(
    startRecord() +
      textField("serial", m.serial) +
      textField("mac", m.mac) +
      textField("key", m.key) +
      textField("hardware", m.hardware) +
      textField("kind", m.kind) +
      textField("host", m.host) +
      integerField("port", m.port),
  );
}

/** Read an identity; erased flash (0xFF) and zero padding behind the record must be cut off by the caller. */
export function decodeIdentity(text: unknown): Decoded<Identity> {
  const r = openRecord(text);
  return closeRecord(r, {
    serial: readSerial(r),
    mac: readMac(r),
    key: readHex(r, "key", PROOF_CHARS),
    hardware: readText(r, "hardware", 1, 32),
    kind: readWord(r, "kind", TRAP_KINDS),
    host: readText(r, "host", 1, 253),
    port: readInteger(r, "port", 1, 65535),
  });
}
