// A chip as a browser's serial port, which is what esptool-js speaks to: bytes as streams, and DTR and RTS on EN and IO0 through the two
// transistors of every board. No wire is between, so what fails here is the chip's fault.

import { createWallClock } from "../../../simulator/board/clock.ts";
import type { Flash } from "../../../simulator/board/flash.ts";
import { type Chip, createChip } from "../../../simulator/rom/chip.ts";
import { MAC } from "./tool.ts";

interface Signals {
  dataTerminalReady?: boolean;
  requestToSend?: boolean;
}

export interface WebSerialChip {
  chip: Chip;
  /** Reasons the silicon was started for. */
  starts: string[];
  port: {
    readable: ReadableStream<Uint8Array> | null;
    writable: WritableStream<Uint8Array> | null;
    getInfo(): { usbVendorId?: number; usbProductId?: number };
    open(options: { baudRate: number }): Promise<void>;
    close(): Promise<void>;
    setBaudRate(baud: number): Promise<void>;
    setSignals(signals: Signals): Promise<void>;
  };
  /** RTS for a moment: what the tool's own reset at the end leaves to others. */
  pulseReset(): void;
}

/** With power, running what is on `flash`. */
export function createWebSerialChip(flash: Flash): WebSerialChip {
  const lines = { dtr: false, rts: false };
  const starts: string[] = [];
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  let hostBaud = 0;
  const chip = createChip({
    clock: createWallClock(),
    flash,
    mac: MAC,
    createSilicon: () => ({
      start: (reason) => void starts.push(reason),
      stop: () => undefined,
      receive: () => undefined,
    }),
    onSend: (bytes, baud) =>
      controller?.enqueue(Math.abs(baud - hostBaud) < hostBaud * 0.03 ? bytes : bytes.map((byte) => byte ^ 0x80)),
  });
  const apply = () => {
    chip.setIo0(!(lines.dtr && !lines.rts));
    chip.setEnable(!(lines.rts && !lines.dtr));
  };
  const port: WebSerialChip["port"] = {
    readable: null,
    writable: null,
    getInfo: () => ({}),
    async open({ baudRate }) {
      hostBaud = baudRate;
      port.readable = new ReadableStream({
        start(of) {
          controller = of;
        },
        cancel() {
          controller = undefined;
        },
      });
      port.writable = new WritableStream({ write: (bytes) => chip.receive(bytes, hostBaud) });
    },
    async close() {
      port.readable = null;
      port.writable = null;
      controller = undefined;
    },
    async setBaudRate(baud) {
      hostBaud = baud;
    },
    async setSignals({ dataTerminalReady, requestToSend }) {
      lines.dtr = dataTerminalReady ?? lines.dtr;
      lines.rts = requestToSend ?? lines.rts;
      apply();
    },
  };
  chip.setPower(true);
  return {
    chip,
    starts,
    port,
    pulseReset() {
      chip.setEnable(false);
      chip.setIo0(true);
      chip.setEnable(true);
    },
  };
}
