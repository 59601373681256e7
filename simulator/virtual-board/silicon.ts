// Owns our double of the interpreter as what runs on a chip after its boot: the board runs what is in flash, a terminal makes its console
// into bytes, and a reset that the program asks for goes to the chip, whose ROM comes first.
import type { Board, ResetReason } from "../board/board.ts";
import type { BootReason, Silicon, SiliconHost } from "../rom/chip.ts";
import { createTerminal } from "../serial/terminal.ts";

/** To the program a reset by the pin looks like power. */
export function toBootReason(reason: ResetReason): BootReason {
  return reason === "reset-pin" ? "power-on" : reason;
}

/** `board` hands its resets to the host by itself (`onReset`). */
export function createDoubleSilicon(board: Board, host: Pick<SiliconHost, "send">): Silicon {
  const terminal = createTerminal({ board, send: (text) => host.send(Buffer.from(text, "latin1")) });
  return {
    start(reason) {
      terminal.reset();
      board.start(reason);
    },
    stop() {
      board.powerOff();
      terminal.reset();
    },
    receive: (bytes) => terminal.receive(Buffer.from(bytes).toString("latin1")),
  };
}
