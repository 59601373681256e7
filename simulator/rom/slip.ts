// Owns the framing between a flashing tool and the chip: frames between two 0xC0, with both special bytes escaped. It leaves to the loaders
// what a frame says.

const END = 0xc0;
const ESCAPE = 0xdb;
const ESCAPED_END = 0xdc;
const ESCAPED_ESCAPE = 0xdd;
/** The largest block of a tool is 16 KB; what is longer than this is no frame of anybody's. */
const FRAME_BYTES_MAX = 0x8000;

export function encodeSlip(frame: Uint8Array): Uint8Array {
  const bytes: number[] = [END];
  for (const byte of frame) {
    if (byte === END) bytes.push(ESCAPE, ESCAPED_END);
    else if (byte === ESCAPE) bytes.push(ESCAPE, ESCAPED_ESCAPE);
    else bytes.push(byte);
  }
  bytes.push(END);
  return Uint8Array.from(bytes);
}

export interface SlipReader {
  /** Calls `onFrame` for each frame that is complete; what stands between frames, is escaped wrongly or is too long is dropped. */
  push(bytes: Uint8Array): void;
  /** Forgets a frame that has begun. */
  clear(): void;
}

export function createSlipReader(onFrame: (frame: Uint8Array) => void): SlipReader {
  let frame: number[] | undefined;
  let escaping = false;

  function end(): void {
    const ended = frame;
    escaping = false;
    // An empty frame is the end of one whose beginning was lost, directly followed by the beginning of the next.
    frame = ended === undefined || ended.length === 0 ? [] : undefined;
    if (ended !== undefined && ended.length > 0) onFrame(Uint8Array.from(ended));
  }

  function add(byte: number): void {
    if (frame === undefined) return;
    if (frame.length < FRAME_BYTES_MAX) frame.push(byte);
    else frame = undefined;
  }

  return {
    push(bytes) {
      for (const byte of bytes) {
        if (byte === END) end();
        else if (escaping) {
          escaping = false;
          if (byte === ESCAPED_END) add(END);
          else if (byte === ESCAPED_ESCAPE) add(ESCAPE);
          else frame = undefined;
        } else if (byte === ESCAPE) escaping = frame !== undefined;
        else add(byte);
      }
    },
    clear() {
      frame = undefined;
      escaping = false;
    },
  };
}
