// Owns how things are said: times, ages, latencies, states and codes in words. Pure; what a problem of the API says is problem-words.js.

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/**
 * What somebody else has named, in the middle of a sentence: between two characters that nobody sees, so that its direction of writing
 * does not turn the words around it.
 * @param {string} text
 */
export function isolated(text) {
  return `\u2068${text}\u2069`;
}

/**
 * A time that has passed and still grows, rounded down.
 * @param {number} ms
 */
export function formatAge(ms) {
  if (ms < MINUTE_MS) return `${Math.max(0, Math.floor(ms / SECOND_MS))} s`;
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)} min ${Math.floor((ms % MINUTE_MS) / SECOND_MS)} s`;
  if (ms < DAY_MS) return `${Math.floor(ms / HOUR_MS)} h ${Math.floor((ms % HOUR_MS) / MINUTE_MS)} min`;
  return `${Math.floor(ms / DAY_MS)} d ${Math.floor((ms % DAY_MS) / HOUR_MS)} h`;
}

/**
 * A time that was measured: milliseconds while they matter.
 * @param {number} ms
 */
export function formatLatency(ms) {
  if (ms < SECOND_MS) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < MINUTE_MS) return `${(ms / SECOND_MS).toFixed(1)} s`;
  return formatAge(ms);
}

/**
 * What is left of a time, as minutes and seconds.
 * @param {number} ms
 */
export function formatLeft(ms) {
  const seconds = Math.max(0, Math.ceil(ms / SECOND_MS));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/**
 * The time of day, with the date in front unless it is today.
 * @param {number} atMs
 * @param {number} nowMs
 */
export function formatTime(atMs, nowMs) {
  const at = new Date(atMs);
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");
  if (at.toDateString() === new Date(nowMs).toDateString()) return time;
  const year = at.getFullYear() === new Date(nowMs).getFullYear() ? undefined : "numeric";
  return `${at.toLocaleDateString(undefined, { day: "numeric", month: "short", year })}, ${time}`;
}

/**
 * The sum of what can be said of a trap at one glance.
 * @param {string | null} state
 * @returns {{ label: string, hint: string }}
 */
export function describeTrapState(state) {
  switch (state) {
    case "disarmed":
      return { label: "Disarmed", hint: "Set the plunger to arm it." };
    case "arming":
      return { label: "Arming", hint: "The plunger is set; a moment more." };
    case "armed":
      return { label: "Armed", hint: "Set and waiting." };
    case "triggered":
      return { label: "Triggered", hint: "The plunger moved; making sure." };
    case "sprung":
      return { label: "Sprung", hint: "Look after it, then set the plunger and press the button." };
    case "fault":
      return { label: "Fault", hint: "The trap cannot watch. Check its plunger switch." };
    default:
      return { label: "Not heard yet", hint: "It connects once it has its credentials." };
  }
}

/** @type {Record<string, string>} */
const EVENT_WORDS = {
  sprung: "sprang",
  armed: "was armed",
  disarmed: "was disarmed",
  rearmed: "was rearmed",
  silenced: "was silenced",
  "false-trigger": "moved for a moment, no alarm",
  "battery-low": "reported a low battery",
  "battery-ok": "reported a good battery again",
  "sensor-fault": "reported a fault of its plunger switch",
  fault: "reported a fault",
};

/**
 * What a trap did, to stand behind its name.
 * @param {string} kind
 * @param {number} value
 */
export function describeEvent(kind, value) {
  const words = EVENT_WORDS[kind] ?? `reported "${kind}"`;
  if (kind === "battery-low" || kind === "battery-ok") return value > 0 ? `${words} (${formatVolts(value)})` : words;
  return kind === "fault" && value > 0 ? `${words} (code ${value})` : words;
}

/** @type {Record<string, string>} */
const ALERT_WORDS = {
  sprung: "has sprung",
  "battery-low": "has a low battery",
  "sensor-fault": "has a faulty plunger switch",
  fault: "has a fault",
  offline: "is offline",
};

/**
 * What an alert says, to stand behind the name of the trap.
 * @param {string} type
 */
export function describeAlert(type) {
  return ALERT_WORDS[type] ?? `has an alert of the type "${type}"`;
}

/** @param {string} severity */
export function describeSeverity(severity) {
  return { critical: "Critical", warning: "Warning", info: "For information" }[severity] ?? severity;
}

/** @type {Record<number, string>} */
const CODE_WORDS = {
  20: "it does not know this command",
  21: "a value was out of range",
  22: "not in its present state",
  30: "it is too large",
  31: "the download failed",
  32: "the size was wrong",
  33: "the hash was wrong",
  34: "there was no room",
  35: "it was busy with another update",
  36: "it runs this firmware already",
  37: "it is of another product or for other hardware",
  38: "it is older than what the trap has run",
  39: "it is not signed by the key the trap trusts",
  70: "it did not work in three starts, so that the trap went back to the firmware before",
};

/** @param {number | null} code */
export function describeCode(code) {
  return code === null || code === 0 ? "" : (CODE_WORDS[code] ?? `code ${code}`);
}

/**
 * Why an update has ended as it has; empty if there is nothing to say.
 * @param {string} status
 * @param {number | null} code
 */
export function describeUpdateEnd(status, code) {
  const why = describeCode(code);
  return why === "" && status === "failed" ? "the trap runs the firmware before again" : why;
}

/**
 * The first digits of a key's fingerprint, as people read numbers to each other.
 * @param {string} fingerprint
 */
export function formatFingerprint(fingerprint) {
  return `${fingerprint.slice(0, 4)} ${fingerprint.slice(4, 8)}`;
}

/**
 * How far an update has come, to stand behind the name of the trap.
 * @param {string} status
 * @param {string} version
 */
export function describeUpdate(status, version) {
  const words = {
    offered: `was offered version ${version}`,
    accepted: `accepted version ${version}`,
    fetching: `is fetching version ${version}`,
    verified: `has stored and checked version ${version}`,
    booted: `runs version ${version}, proven by its hash`,
    refused: `refused version ${version}`,
    failed: `could not be updated to version ${version}`,
  };
  return words[/** @type {keyof typeof words} */ (status)] ?? `has an update to version ${version}: ${status}`;
}

/** @param {number} millivolts */
export function formatVolts(millivolts) {
  return `${(millivolts / 1000).toFixed(2)} V`;
}

/**
 * @param {number} rssi in dBm
 * @returns {{ words: string, level: "good" | "fair" | "poor" }}
 */
export function describeSignal(rssi) {
  if (rssi >= -67) return { words: `good (${rssi} dBm)`, level: "good" };
  if (rssi >= -78) return { words: `fair (${rssi} dBm)`, level: "fair" };
  return { words: `poor (${rssi} dBm)`, level: "poor" };
}

/** @param {string} kind */
export function describeKind(kind) {
  return (
    { "live-catch": "Live-catch trap", snap: "Snap trap", "bait-station": "Bait station", monitor: "Monitor" }[kind] ??
    kind
  );
}
