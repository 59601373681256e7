// Owns what can be wrong with the wires between a board and its port: one of them broken, or messages lost or spoilt on their way. Counted, so
// that the same message is hit each time.

export type LineFault =
  /** Nothing leaves the board. */
  | { kind: "mute" }
  /** Nothing arrives at it. */
  | { kind: "deaf" }
  /** The next messages from the board do not arrive, or arrive with a wrong byte, `after` good ones. */
  | { kind: "lose" | "spoil"; after: number; count: number }
  /** The wires are mended. */
  | { kind: "none" };

export interface LineFaults {
  /** Replaces the fault before. */
  set(fault: LineFault): void;
  /** What is left of bytes that leave the board; undefined for nothing. */
  leaving(bytes: Uint8Array): Uint8Array | undefined;
  /** As `leaving`, towards the board. */
  arriving(bytes: Uint8Array): Uint8Array | undefined;
  /** What is wrong now, and how many messages it has hit. */
  state(): { kind: LineFault["kind"]; hits: number };
}

export function createLineFaults(): LineFaults {
  let fault: LineFault = { kind: "none" };
  let passed = 0;
  let hits = 0;

  function hit(left?: Uint8Array): Uint8Array | undefined {
    hits += 1;
    return left;
  }

  return {
    set(next) {
      fault = next;
      passed = 0;
      hits = 0;
    },
    leaving(bytes) {
      if (fault.kind === "mute") return hit();
      if (fault.kind !== "lose" && fault.kind !== "spoil") return bytes;
      const isHit = passed >= fault.after && passed < fault.after + fault.count;
      passed += 1;
      if (!isHit) return bytes;
      return fault.kind === "lose" ? hit() : hit(spoil(bytes));
    },
    arriving: (bytes) => (fault.kind === "deaf" ? hit() : bytes),
    state: () => ({ kind: fault.kind, hits }),
  };
}

/** Of a loader's answer it is the number of the command that is hit, which no tool overlooks. */
const SPOILT_BYTE = 2;

function spoil(bytes: Uint8Array): Uint8Array {
  const at = Math.min(SPOILT_BYTE, bytes.length - 1);
  return bytes.map((byte, i) => (i === at ? byte ^ 0x15 : byte));
}
