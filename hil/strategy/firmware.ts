// Owns what a board is flashed with to be a trap, as bytes and where they go: the interpreter's files, each proven, the Storage partition, and
// the identity's page. Making them is drivers/firmware-files.ts's, writing them the flasher's.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import * as path from "node:path";
import { encodeIdentity, IDENTITY_FLASH_ADDRESS } from "#protocol";
import type { BoardDoor, IdentityDto } from "../drivers/cloud/bench-cloud.ts";
import { HilError } from "../error.ts";
import type { FirmwareResource } from "../resources/bench.ts";

/** Bytes and where they go. */
export interface FlashRegion {
  name: string;
  address: number;
  bytes: Uint8Array;
}

/** Of the ESP32, as Espruino's partition table has it: what `npm run firmware -- image` composes goes there. */
export const STORAGE_ADDRESS = 0x320000;

/** The files of the interpreter, each proven to be the one that was named. @throws HilError "image-unusable" */
export async function readInterpreter(resource: FirmwareResource): Promise<FlashRegion[]> {
  const files = resource.interpreter?.files ?? [];
  return Promise.all(
    files.map(async ({ path: file, address, sha256 }) => {
      const bytes = await readFile(file).catch((error: unknown) => {
        throw unusable(`${file} cannot be read. Look at firmware.interpreter of the bench.`, error);
      });
      const found = createHash("sha256").update(bytes).digest("hex");
      if (found === sha256.toLowerCase()) return { name: path.basename(file), address, bytes };
      throw unusable(
        `${file} has the SHA-256 ${found}, the bench names ${sha256}. It is another file, or a damaged one.`,
      );
    }),
  );
}

function unusable(message: string, cause?: unknown): HilError {
  return new HilError("usage", "image-unusable", message, cause);
}

/** From the identity's page to the Storage partition: settings, outbox and all that a trap remembers lies behind the identity. */
const MEMORY_BYTES = 0x10000;

/** Identity and key of a trap that has lived through nothing yet. */
export function composeMemory(identity: IdentityDto, door: Pick<BoardDoor, "host" | "port">): FlashRegion {
  const { serialNumber: serial, macAddress: mac, key, hardware, kind } = identity;
  const { host, port } = door;
  const record = encodeIdentity({ serial, mac, key, hardware, kind, host, port });
  const bytes = new Uint8Array(MEMORY_BYTES).fill(0xff);
  bytes.set(Buffer.from(record, "latin1"));
  return { name: "identity", address: IDENTITY_FLASH_ADDRESS, bytes };
}
