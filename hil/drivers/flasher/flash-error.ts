// Owns the words for what goes wrong between a flashing host and a chip, and which of it is worth another try.
import { ESPError } from "esptool-js";
import { HilError } from "../../error.ts";

/** The job may be tried again after these: nothing was wrong with what was asked. */
const PASSING = [
  "port-gone",
  "port-no-answer",
  "port-missing",
  "loader-silent",
  "board-restarted",
  "flash-differs",
  "stub-missing",
  "speed-lost",
];

export function isPassing(error: unknown): boolean {
  return error instanceof HilError && PASSING.includes(error.code);
}

function broken(code: string, message: string, cause?: unknown): HilError {
  return new HilError("infrastructure", code, message, cause);
}

/** What the library threw, as an error of the bench; everything else as it is. */
export function toFlashError(error: unknown, port: string): unknown {
  if (!(error instanceof ESPError)) return error;
  const what = error.message.replaceAll(/\s+/g, " ");
  return broken("loader-silent", `The board on ${port} stopped answering while it was being flashed: ${what}.`, error);
}

/** @param text what the chip wrote meanwhile */
export function noLoader(error: unknown, port: string, text: string): unknown {
  if (!(error instanceof ESPError)) return error;
  const [, mode, name] = /boot:(0x[0-9a-f]+) \(([A-Z0-9_/()]*)\)/i.exec(text) ?? [];
  if (text.includes("waiting for download")) {
    const what = `The chip on ${port} waits in its loader (boot:${mode}) but hears nothing.`;
    return broken("no-loader", `${what} Look at the wire from the adapter's TX to the board's RX.`, error);
  }
  if (mode !== undefined) {
    const what = `The chip on ${port} started its program (boot:${mode} ${name}) instead of its loader.`;
    const next = "IO0 must be low while EN rises: look at the wires of DTR and RTS, or hold BOOT while it is reset.";
    return broken("wrong-boot-mode", `${what} ${next}`, error);
  }
  const said = text
    .replaceAll(/[^ -~]+/g, " ")
    .trim()
    .slice(-120);
  if (said !== "") {
    const what = `The board on ${port} was not reset: its program goes on talking ("${said}").`;
    return broken("no-loader", `${what} Look at the wires of DTR and RTS, or at the power switch of the bench.`, error);
  }
  const next = "Is it powered, is the cable one that carries data, is it the right port, are RX and TX crossed?";
  return broken("no-loader", `Nothing at all comes from the board on ${port}. ${next}`, error);
}

export function stubMissing(error: unknown, port: string): unknown {
  return !(error instanceof ESPError) ? error : broken("stub-missing", `The stub did not start on ${port}.`, error);
}

export function speedLost(error: unknown, port: string, baud: number): unknown {
  const what = `The board on ${port} was not heard any more at ${baud} bits per second. Use a shorter cable, or a lower speed.`;
  return !(error instanceof ESPError) ? error : broken("speed-lost", what, error);
}

export function flashUnknown(port: string, id: number): HilError {
  const told = id.toString(16).padStart(6, "0");
  return broken(
    "flash-unknown",
    `The flash of the board on ${port} does not say how large it is (it says ${told}). Is something else connected to the pins of the flash (GPIO 6 to 11, 12)?`,
  );
}

export function wrongChip(port: string, chip: string): HilError {
  const message = `The chip on ${port} is an ${chip}, not an ESP32. Trapline runs on the classic ESP32; look at the port.`;
  return new HilError("usage", "wrong-chip", message);
}

export function wrongBoard(port: string, found: string, expected: string): HilError {
  const message = `The board on ${port} is ${found}, and not ${expected}: nothing was written. Plug in the right board, or write this one's address into the bench file.`;
  return new HilError("usage", "wrong-board", message);
}

export function flashTooSmall(port: string, region: string, end: number, bytes: number): HilError {
  const message = `${region} ends at 0x${end.toString(16)}, and the flash of the board on ${port} has ${bytes / 0x100000} MB. Use a board with 4 MB.`;
  return new HilError("usage", "flash-too-small", message);
}

export function flashDiffers(port: string, region: string, address: number): HilError {
  const what = `What was written to ${region} (0x${address.toString(16)}) on ${port} reads back otherwise.`;
  return broken(
    "flash-differs",
    `${what} Its flash is worn out or badly powered: try another cable, then another board.`,
  );
}
