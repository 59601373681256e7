// Owns the first code that runs: shuts the network console, honours a held button as the way back by cable, and evaluates the slot that is
// chosen. Evaluated from Storage, the bundle's functions stay in flash. It is evaluated at the top level: inside a function, each of its
// functions would keep that scope, half as much memory again. The loader itself is one function that nothing keeps.

eval(
  (function (): string {
    const first = "app-a";
    const second = "app-b";

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

    /** The text of the slot that is wished for, of the other if that one is empty; none if both are. */
    function findCode(): string {
      const storage = require("Storage");
      const wished = storage.read("boot") === "b" ? second : first;
      const found = storage.read(wished);
      const slot = found === undefined ? (wished === first ? second : first) : wished;
      const code = found === undefined ? storage.read(slot) : found;
      if (code === undefined) {
        print("TL 0 loader fault=no-bundle");
        return "";
      }
      globalThis.TL_SLOT = slot;
      return code;
    }

    closeTelnet();
    if (!isHeld()) return findCode();
    print("TL 0 loader held=true");
    return "";
  })(),
);
