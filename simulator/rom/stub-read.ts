// Owns the stub's fast reading: bare frames of flash, each sent when the tool has acknowledged the one before by the number of bytes it has, and
// a hash at the end.
import { viewOf } from "./packets.ts";
import { hashMd5 } from "./spi-flash.ts";

const ACKNOWLEDGEMENT_BYTES = 4;

export interface FlashStream {
  /** A frame from the tool. `over`: the hash is sent, or the tool said something else than an acknowledgement. */
  receive(frame: Uint8Array): "reading" | "over";
}

/** Sends the first frame at once. @param bytes at least one */
export function createFlashStream(
  bytes: Uint8Array,
  packetBytes: number,
  sendFrame: (frame: Uint8Array) => void,
): FlashStream {
  let sent = 0;
  const sendNext = () => {
    const packet = bytes.subarray(sent, sent + packetBytes);
    sent += packet.length;
    sendFrame(packet);
  };
  sendNext();

  return {
    receive(frame) {
      const isAcknowledgement = frame.length === ACKNOWLEDGEMENT_BYTES;
      const acknowledged = isAcknowledgement ? viewOf(frame).getUint32(0, true) : 0;
      if (isAcknowledgement && sent < bytes.length) {
        sendNext();
        return "reading";
      }
      if (isAcknowledgement && acknowledged < bytes.length) return "reading";
      sendFrame(hashMd5(bytes));
      return "over";
    },
  };
}
