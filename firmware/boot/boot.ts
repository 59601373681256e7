// Owns the first code that runs: shuts the network console, honours a held button as the way back by cable, and evaluates the slot that is
// chosen. Evaluated from Storage, the bundle's functions stay in flash.

const FIRST = "app-a";
const SECOND = "app-b";

function closeTelnet(): void {
  try {
    require("TelnetServer").setOptions({ mode: "off" });
  } catch (_missing) {
    print("TL 0 loader telnet=missing");
  }
}

/** Held at the start, the button keeps the bundle from running, so that a board with a bad one can be mended by cable. */
function isHeld(): boolean {
  if (process.env.BOARD !== "ESP32") return false;
  pinMode(D0, "input_pullup");
  return !digitalRead(D0);
}

function run(): void {
  const storage = require("Storage");
  const wished = storage.read("boot") === "b" ? SECOND : FIRST;
  const found = storage.read(wished);
  const slot = found === undefined ? (wished === FIRST ? SECOND : FIRST) : wished;
  const code = found === undefined ? storage.read(slot) : found;
  if (code === undefined) {
    print("TL 0 loader fault=no-bundle");
    return;
  }
  globalThis.TL_SLOT = slot;
  eval(code);
}

closeTelnet();
if (isHeld()) print("TL 0 loader held=true");
else run();
