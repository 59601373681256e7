// Owns what is read from a serial line when the two ends do not agree on its speed: bytes, but none that were sent.

/** A receiver samples each bit in its middle: up to about this much difference, all ten bits of a byte are still hit. */
const TOLERANCE = 0.03;
const STRETCH_MAX = 8;

/** What a receiver at `readAt` bits per second makes of `bytes` sent at `sentAt`: the same within 3 %, otherwise garbage that is the same each time. */
export function distort(bytes: Uint8Array, sentAt: number, readAt: number): Uint8Array {
  if (Math.abs(sentAt - readAt) <= readAt * TOLERANCE) return bytes;
  const stretch = Math.min(readAt / sentAt, STRETCH_MAX);
  const length = Math.max(1, Math.round(bytes.length * stretch));
  return Uint8Array.from({ length }, (_, i) => {
    const byte = bytes[Math.min(Math.floor(i / stretch), bytes.length - 1)]!;
    // A frame's edges fall where they should not: high bits, as on every terminal set to the wrong speed.
    return ((byte ^ 0x5a) * 29 + i * 7) | 0x80;
  });
}
