// Owns SLIP as a flashing host reads it: frames between two ends, and apart from them what else stands on the line, since a chip that is reset
// writes its boot log there.

const END = 0xc0;
const ESCAPE = 0xdb;
const ESCAPED_END = 0xdc;
const ESCAPED_ESCAPE = 0xdd;
/** The longest answer is a packet of read flash. */
const FRAME_BYTES_MAX = 0x2000;
const TEXT_CHARS_KEPT = 2_000;

export interface SlipFrames {
  /** The frames that are complete with this piece. */
  read(piece: Uint8Array): Uint8Array[];
  /** What stood between frames since `forgetText`, its end. */
  text(): string;
  forgetText(): void;
  /** A frame half read is dropped. */
  drop(): void;
}

export function createSlipFrames(): SlipFrames {
  let frame: number[] | undefined;
  let isEscaped = false;
  let text = "";

  function take(byte: number): Uint8Array | undefined {
    if (byte === END) {
      const whole = frame !== undefined && frame.length > 0 ? Uint8Array.from(frame) : undefined;
      // Two ends in a row are the end of one frame, or of noise, and the beginning of the next.
      frame = whole === undefined ? [] : undefined;
      isEscaped = false;
      return whole;
    }
    if (frame === undefined) {
      text += String.fromCharCode(byte);
    } else if (isEscaped) {
      isEscaped = false;
      frame.push(byte === ESCAPED_END ? END : byte === ESCAPED_ESCAPE ? ESCAPE : byte);
    } else if (byte === ESCAPE) {
      isEscaped = true;
    } else {
      frame.push(byte);
    }
    if (frame !== undefined && frame.length > FRAME_BYTES_MAX) frame = undefined;
    return undefined;
  }

  return {
    read(piece) {
      const frames = [...piece].flatMap((byte) => take(byte) ?? []);
      text = text.slice(-TEXT_CHARS_KEPT);
      return frames;
    },
    text: () => text,
    forgetText() {
      text = "";
    },
    drop() {
      frame = undefined;
      isEscaped = false;
    },
  };
}

export function encodeSlip(data: Uint8Array): Uint8Array {
  const extra = data.reduce((count, byte) => count + (byte === END || byte === ESCAPE ? 1 : 0), 2);
  const encoded = new Uint8Array(data.length + extra);
  let at = 0;
  encoded[at++] = END;
  for (const byte of data) {
    if (byte === END || byte === ESCAPE) {
      encoded[at++] = ESCAPE;
      encoded[at++] = byte === END ? ESCAPED_END : ESCAPED_ESCAPE;
    } else {
      encoded[at++] = byte;
    }
  }
  encoded[at] = END;
  return encoded;
}
