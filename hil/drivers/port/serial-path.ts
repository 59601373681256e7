// Owns a port that is a device of this machine. Where the device has no lines, as a pseudo terminal, it is a port without.
import { SerialPort } from "serialport";
import { HilError } from "../../error.ts";
import { CONSOLE_BAUD, type PortLines } from "./port.ts";
import { gone, type LinkListener, type PortLink } from "./port-link.ts";
import { noLines } from "./tcp.ts";

export async function openSerialPath(path: string, listener: LinkListener): Promise<PortLink> {
  // Locked, so that two programs never share a board without knowing.
  const serial = new SerialPort({ path, baudRate: CONSOLE_BAUD, autoOpen: false, lock: true });
  await call((done) => serial.open(done)).catch((cause: Error) => {
    throw explainOpening(path, cause);
  });
  let isClosed = false;
  let ended: string | undefined;
  const end = (reason: string): void => {
    if (isClosed || ended !== undefined) return;
    ended = reason;
    listener.end(reason);
  };
  serial.on("data", (bytes: Buffer) => listener.bytes(bytes));
  serial.on("error", (error: Error) => end(error.message));
  serial.on("close", (error?: Error | null) => end(error?.message ?? "it was unplugged"));

  // Opening asserts both lines; let go, both at once, they leave the board alone. What cannot set them has none.
  let lines = { dtr: false, rts: false };
  const hasLines = await call((done) => serial.set({ ...lines, brk: false }, done)).then(
    () => true,
    () => false,
  );
  const say = <T>(work: Promise<T>): Promise<T> =>
    work.catch((cause: Error) => {
      throw gone(path, ended ?? cause.message);
    });
  return {
    hasLines,
    write: (bytes) => say(call((done) => serial.write(Buffer.from(bytes), done))),
    setBaudRate: (baud) =>
      say(call((done) => serial.drain(done)).then(() => call((done) => serial.update({ baudRate: baud }, done)))),
    async setLines(next: PortLines) {
      if (!hasLines) throw noLines(path);
      lines = { dtr: next.dtr ?? lines.dtr, rts: next.rts ?? lines.rts };
      await say(call((done) => serial.set({ ...lines, brk: false }, done)));
    },
    async close() {
      isClosed = true;
      if (serial.isOpen) await call((done) => serial.close(done)).catch(() => undefined);
    },
  };
}

function call(start: (done: (error?: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => start((error) => (error ? reject(error) : resolve())));
}

const CAUSES: [sign: RegExp, code: string, words: string][] = [
  [
    /cannot lock|busy|temporarily unavailable|access denied/i,
    "port-in-use",
    "is in use by another program. End that one first: a console, a flashing tool, another bench",
  ],
  [
    /permission denied/i,
    "port-denied",
    "may not be opened by this user. Join its group (Debian: dialout) and log in again",
  ],
  [
    /no such|not found|cannot find/i,
    "port-missing",
    "is not there. `hil list` shows the ports that are; look at the cable and its power",
  ],
  [/inappropriate ioctl|not a/i, "port-unusable", "is no serial port. `hil list` shows those that are"],
];

function explainOpening(path: string, cause: Error): HilError {
  const known = CAUSES.find(([sign]) => sign.test(cause.message));
  if (known !== undefined) return new HilError("infrastructure", known[1], `The port ${path} ${known[2]}.`, cause);
  return new HilError("infrastructure", "port-unusable", `The port ${path} cannot be opened: ${cause.message}.`, cause);
}
