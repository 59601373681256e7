// Owns the two Storage files a bundle can stand in. First form: the switch is one more file, overwritten, which a power cut can lose.
import type { Bytes } from "#protocol";
import type { Slots } from "../ports.ts";
import { toHex } from "./bytes.ts";

/** Storage wants a header beside the data, and pages that begin at a boundary. */
const FILE_OVERHEAD_BYTES = 64;
/** What is said where the interpreter cannot hash the file in one piece: only on hosts, whose flash is not mapped into memory. */
const UNKNOWN_SHA256 = "0000000000000000000000000000000000000000000000000000000000000000";

function sha256OfFile(name: string): string {
  const data = require("Storage").read(name);
  // The hash of undefined would be undefined.
  if (typeof data !== "string") return UNKNOWN_SHA256;
  try {
    return toHex(new Uint8Array(require("crypto").SHA256(data)));
  } catch (_tooLong) {
    return UNKNOWN_SHA256;
  }
}

export function createSlots(): Slots {
  const storage = require("Storage");
  const running = globalThis.TL_SLOT === "app-b" ? "app-b" : "app-a";
  const other = running === "app-a" ? "app-b" : "app-a";
  let size = 0;
  return {
    runningSha256: function () {
      return sha256OfFile(running);
    },
    begin: function (bytes) {
      size = bytes;
      storage.erase(other);
      if (storage.getFree() < bytes + FILE_OVERHEAD_BYTES) storage.compact();
      return storage.getFree() >= bytes + FILE_OVERHEAD_BYTES;
    },
    write: function (offset, data: Bytes) {
      if (offset === 0) storage.write(other, data, 0, size);
      else storage.write(other, data, offset);
    },
    storedSha256: function () {
      return sha256OfFile(other);
    },
    activate: function () {
      storage.write("boot", other === "app-b" ? "b" : "a");
    },
  };
}
