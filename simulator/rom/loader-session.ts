// Owns one stay in download mode: first the ROM's loader, then the stub that a tool may put over it, on the same wire, memory and flash.
import type { Flash } from "../board/flash.ts";
import type { Loader, LoaderHost } from "./loader.ts";
import { createRegisters } from "./registers.ts";
import { createRomLoader } from "./rom-loader.ts";
import { createSlipReader, encodeSlip } from "./slip.ts";
import { createSpiController } from "./spi-controller.ts";
import { createStub } from "./stub.ts";

export interface LoaderSession {
  /** @throws PowerCutError */
  receive(bytes: Uint8Array): void;
  /** It has not understood anything yet, and takes the speed of whoever speaks. */
  isListening(): boolean;
}

export interface LoaderSessionOptions {
  flash: Flash;
  mac: string;
  straps: number;
  baud(): number;
  setBaud(baud: number): void;
  send(bytes: Uint8Array): void;
  restart(): void;
  leave(): void;
}

export function createLoaderSession(options: LoaderSessionOptions): LoaderSession {
  const { flash, mac, straps, baud, setBaud, restart, leave } = options;
  const registers = createRegisters({ mac, straps, baud, spi: createSpiController(flash) });
  const sendFrame = (frame: Uint8Array) => options.send(encodeSlip(frame));
  let isListening = true;
  let isOver = false;
  const once = (act: () => void) => () => {
    isOver = true;
    act();
  };
  const host: LoaderHost = {
    flash,
    registers,
    sendFrame(frame) {
      isListening = false;
      sendFrame(frame);
    },
    setBaud,
    restart: once(restart),
    leave: once(leave),
    runStub() {
      loader = createStub(host);
      sendFrame(new TextEncoder().encode("OHAI"));
    },
  };
  let loader: Loader = createRomLoader(host);
  const reader = createSlipReader((frame) => {
    // What is left of a burst after a restart belongs to nobody.
    if (!isOver) loader.receive(frame);
  });
  return { receive: reader.push, isListening: () => isListening };
}
