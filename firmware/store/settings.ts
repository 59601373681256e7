// Owns which records the store holds and how those look that are no records of #protocol.
import type { Bytes } from "#protocol";

/** Counts the boots, and dates the events; the trap's own, so that a factory reset leaves it. */
export const BOOT_KEY = "boot";
/** Present while a reset has not been told to the cloud. */
export const RELEASE_KEY = "rel";
export const CREDENTIALS_KEY = "cred";
export const WIFI_KEY = "wifi";
export const CONFIG_KEY = "conf";
/** The trap's latch and which event it belongs to. */
export const LATCH_KEY = "lat";
/** How urgent the alarm of a sprung trap has become; present from the second stage on. */
export const ALARM_KEY = "alm";
/** Why the trap has started itself anew, and how often in a row; present until the cloud has been reached. */
export const RESTART_KEY = "why";
/** Present while claiming is under way; its value is the claim code, or empty. */
export const CLAIM_KEY = "clm";
/** The last command that ended in a boot. */
export const COMMAND_KEY = "cmd";
/** Events waiting for their acknowledgement: this letter and a number. */
export const EVENT_PREFIX = "e";

/** What a trap logs in to the broker with. */
export interface StoredCredentials {
  tenant: string;
  device: string;
  host: string;
  port: number;
  user: string;
  password: string;
}

export function encodeCredentials(c: StoredCredentials): Bytes {
  return [c.tenant, c.device, c.host, "" + c.port, c.user, c.password].join("\n");
}

export function decodeCredentials(record: Bytes | null): StoredCredentials | null {
  const p = record === null ? [] : record.split("\n");
  if (p.length !== 6) return null;
  return {
    tenant: "" + p[0],
    device: "" + p[1],
    host: "" + p[2],
    port: parseInt("" + p[3], 10),
    user: "" + p[4],
    password: "" + p[5],
  };
}

export interface WifiSettings {
  ssid: string;
  password: string;
}

/** Both may hold any byte, hence the length in front. */
export function encodeWifi(w: WifiSettings): Bytes {
  return w.ssid.length + ":" + w.ssid + w.password;
}

export function decodeWifi(record: Bytes | null): WifiSettings | null {
  if (record === null) return null;
  const start = record.indexOf(":") + 1;
  const length = parseInt(record, 10);
  if (start < 1 || !(length >= 0)) return null;
  return { ssid: record.substring(start, start + length), password: record.substring(start + length) };
}
