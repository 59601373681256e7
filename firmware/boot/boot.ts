// Owns the first code that runs, `.boot0`, written by cable alone: closes the consoles before anything else, honours a held button as the way
// back by cable, has loader.ts choose a slot, and evaluates its firmware. Evaluated from Storage, the firmware's functions stay in flash. It
// is evaluated at the top level: inside a function, each of its functions would keep that scope, half as much memory again. The loader
// itself is one function that nothing keeps.
import { type Bytes, IDENTITY_FLASH_ADDRESS } from "#protocol";
import { toBytes } from "../board/bytes.ts";
import { createFlash } from "../board/flash.ts";
import { slotFile } from "../slots/slot-layout.ts";
import { IS_PRODUCTION } from "./build-kind.ts";
import { chooseSlot } from "./loader.ts";

/** The host that composes the image writes the public key in its place, in as many characters. */
const PUBLIC_KEY = "public-key-in-hexadecimal-of-64-characters-written-by-the-host--";
/** Above the longest blocking call of the firmware, which feeds it from then on. */
const WATCHDOG_S = 90;
/** A firmware that does not get through its own start is started anew [BOOT-2]; the pause leaves time for a cable. */
const STUMBLE_MS = 10000;
/** A trial that nobody confirms ends in the next boot, however well the firmware feels. */
const TRIAL_MS = 1200000;
const IDENTITY_BYTES_MAX = 512;

function isOnChip(): boolean {
  return process.env.BOARD === "ESP32";
}

/** Whoever is on the network has no business at a console; nothing may run before this has [BOOT-1]. */
function closeConsoles(): void {
  try {
    require("TelnetServer").setOptions({ mode: "off" });
  } catch (_missing) {
    print("TL 0 loader telnet=missing");
  }
  try {
    if (typeof NRF !== "undefined") {
      NRF.setServices({}, { uart: false });
      NRF.sleep();
    }
  } catch (_off) {
    print("TL 0 loader ble=missing");
  }
  // Otherwise the interpreter moves its console to wherever somebody connects.
  if (isOnChip()) E.setConsole("Serial1", { force: true });
}

/** Held at the start, the button keeps everything from running, so that a board with a bad firmware can be mended by cable. */
function isHeld(): boolean {
  if (!isOnChip()) return false;
  pinMode(D0, "input_pullup");
  return !digitalRead(D0);
}

function sha256(data: Bytes): Bytes {
  return toBytes(new Uint8Array(require("crypto").SHA256(data) as ArrayBuffer));
}

/** The password follows from the trap's key, so that the host that flashed it can give it to whoever may look inside. */
function lockConsole(): void {
  const page = toBytes(require("Flash").read(IDENTITY_BYTES_MAX, IDENTITY_FLASH_ADDRESS));
  const at = page.indexOf('"key":"') + 7;
  const digest = new Uint8Array(
    require("crypto").SHA256("trapline/1/console\n" + page.substring(at, at + 64)) as ArrayBuffer,
  );
  let password = "";
  for (let i = 0; i < 8; i++) password += (256 + (digest[i] as number)).toString(16).substring(1);
  E.setPassword(password);
  E.lockConsole();
}

function decodeKey(): Bytes {
  let key = "";
  for (let i = 0; i < 64; i += 2) key += String.fromCharCode(parseInt(PUBLIC_KEY.substring(i, i + 2), 16));
  return key;
}

function kick(): void {
  if (isOnChip()) E.kickWatchdog();
}

/** The text of the firmware that is to be run, or none. */
function findFirmware(): string {
  closeConsoles();
  if (isHeld()) {
    print("TL 0 loader held=true");
    return "";
  }
  if (IS_PRODUCTION) lockConsole();
  if (isOnChip()) E.enableWatchdog(WATCHDOG_S, false);
  const storage = require("Storage");
  const key = decodeKey();
  const chosen = chooseSlot({
    flash: createFlash(),
    read: function (slot, offset, length): Bytes {
      const read = storage.read(slotFile(slot), offset, length);
      return typeof read === "string" ? read : "";
    },
    sha256: sha256,
    key: key,
    kick: kick,
  });
  print("TL 0 loader slot=" + (chosen.slot || "none") + " trial=" + chosen.isTrial + " code=" + chosen.code);
  if (chosen.slot === "") {
    // Nothing feeds it here, and a person with a cable needs time.
    if (isOnChip()) E.enableWatchdog(WATCHDOG_S, true);
    return "";
  }
  globalThis.TL_SLOT = chosen.slot;
  globalThis.TL_KEY = key;
  globalThis.TL_SHA256 = chosen.sha256;
  const restart = isOnChip() ? ESP32.reboot : load;
  globalThis.TL_STUMBLE = setTimeout(restart, STUMBLE_MS);
  if (chosen.isTrial) globalThis.TL_TRIAL = setTimeout(restart, TRIAL_MS);
  return storage.read(slotFile(chosen.slot), chosen.at, chosen.size) as string;
}

// As a member, since the minifier touches no name in a scope where eval is called directly.
globalThis.eval(findFirmware());
// Reached only by a firmware that got through its start.
if (globalThis.TL_STUMBLE) clearTimeout(globalThis.TL_STUMBLE);
