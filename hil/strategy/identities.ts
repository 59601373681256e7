// Owns who the boards of a bench are: serial number and key of each chip, drawn once and kept for their owner alone, since the cloud knows a
// trap by them. A virtual board's chip is new each time, and so is its identity.
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { decodeIdentity, encodeIdentity, TRAP_KINDS } from "#protocol";
import type { IdentityDto } from "../drivers/cloud/bench-cloud.ts";
import { HilError } from "../error.ts";
import type { BoardResource } from "../resources/bench.ts";

const SERIAL_BYTES = 5;
const KEY_BYTES = 32;

function drawIdentity({ name, mac, hardware, trapKind }: BoardResource): IdentityDto {
  const kind = TRAP_KINDS.find((one) => one === trapKind);
  if (kind === undefined) throw unusable(`${name} is to be a ${trapKind}, which is no kind of trap.`);
  const serialNumber = `TL-HIL-${randomBytes(SERIAL_BYTES).toString("hex").toUpperCase()}`;
  return { serialNumber, macAddress: mac, key: randomBytes(KEY_BYTES).toString("hex"), hardware, kind };
}

/** @param folder of the bench's identities @throws HilError "identity-unusable" */
export function findOrDrawIdentity(board: BoardResource, folder: string): IdentityDto {
  if (board.clock !== undefined) return drawIdentity(board);
  const file = join(folder, `${board.mac.replaceAll(":", "")}.json`);
  try {
    if (existsSync(file)) return readIdentity(file, board);
    const drawn = drawIdentity(board);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const draft = `${file}.${process.pid}`;
    writeFileSync(draft, `${JSON.stringify(drawn, null, 2)}\n`, { mode: 0o600 });
    renameSync(draft, file);
    return drawn;
  } catch (error) {
    if (error instanceof HilError) throw error;
    throw unusable(`${file} cannot be used: ${error instanceof Error ? error.message : error}.`, error);
  }
}

function readIdentity(file: string, board: BoardResource): IdentityDto {
  const read: unknown = JSON.parse(readFileSync(file, "utf8"));
  const identity = { ...drawIdentity(board), ...(typeof read === "object" && read !== null ? read : {}) };
  const { serialNumber: serial, macAddress: mac, key, hardware, kind } = identity;
  const record = encodeIdentity({ serial, mac, key, hardware, kind, host: "a", port: 1 });
  if (decodeIdentity(record).ok && mac === board.mac && typeof read === "object" && read !== null && "key" in read) {
    return identity;
  }
  const next = "Put it back from a copy; without it the cloud takes this board for a stranger with a known address.";
  throw unusable(`${file} is not the identity of ${board.name} (${board.mac}). ${next}`);
}

function unusable(message: string, cause?: unknown): HilError {
  return new HilError("infrastructure", "identity-unusable", message, cause);
}
