// Owns the firmwares that are broken on purpose, so that a bench can prove that it would notice [FAULT-1]: which promise each breaks, and
// which module of the device gives way to which of firmware/faults. They are built when they are asked for by name, and never else.
import * as path from "node:path";
import { FAULT_MARK } from "./manifest.ts";

export interface Fault {
  /** What a sound firmware keeps and this one does not. */
  breaks: string;
  /** Of the device, under firmware/. */
  module: string;
}

export const FAULTS = {
  "drops-alerts": { breaks: "a spring is told to the cloud", module: "session/outbox.ts" },
  "forgets-credentials": { breaks: "a trap knows its owner after a boot", module: "store/settings.ts" },
  "ignores-signatures": { breaks: "nothing runs that the key has not signed", module: "signature/slh-dsa.ts" },
  "never-confirms": { breaks: "a good update is confirmed by the trap", module: "update/update.ts" },
} as const satisfies Record<string, Fault>;

export type FaultName = keyof typeof FAULTS;

/** What a fault may add to the bundle's budget, in bytes: room is kept for promises, not for breaking them. */
export const FAULT_BYTES_MAX = 1024;

/** Of a manifest's version, in characters. */
const VERSION_CHARS_MAX = 32;

/** What was asked for cannot be had with a fault. */
export class FaultError extends Error {
  override name = "FaultError";
}

export function isFaultName(text: string): text is FaultName {
  return Object.hasOwn(FAULTS, text);
}

/** For messages. */
export function listFaultNames(): string {
  return Object.keys(FAULTS).join(", ");
}

/** What a faulty firmware calls itself, wherever it tells. @param version "0.1.0-dev" or "0.2.0" @throws FaultError if that is too long */
export function nameFaultyVersion(version: string, fault: FaultName): string {
  const faulty = `${version.replace(/-.*$/, "")}${FAULT_MARK}${fault}`;
  if (faulty.length > VERSION_CHARS_MAX) {
    throw new FaultError(`${faulty} is longer than ${VERSION_CHARS_MAX} characters; give a shorter --version`);
  }
  return faulty;
}

/** Where what is built with it stands, within the folder of the sound one; empty without a fault. */
export function folderOfFault(fault: FaultName | undefined): string {
  return fault === undefined ? "" : `fault-${fault}`;
}

/** Modules by absolute path, and what stands in for each. @param root the repository */
export function listReplacements(root: string, fault: FaultName): Map<string, string> {
  const firmware = path.join(root, "firmware");
  return new Map([[path.join(firmware, FAULTS[fault].module), path.join(firmware, "faults", `${fault}.ts`)]]);
}
