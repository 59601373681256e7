// Owns what lines of a board mean that are not the trap's own: which are the ROM's and the second loader's, and which say that the program has
// broken down.

const ROM_LINES =
  /^(?:ets [A-Z][a-z]{2} |rst:0x|configsip:|clk_drv:|mode:[DQ](?:IO|OUT)|load:0x|entry 0x|ho \d|tail \d|csum|waiting for download|invalid header:|flash read err|ets_main\.c|[EWIDV] \(\d+\) [\w.-]+:)/;

/** Of the ROM, the second loader, the system beneath the interpreter. */
export function isRomLine(text: string): boolean {
  return ROM_LINES.test(text);
}

/** The first line of a boot log: whatever ran has ended. */
export function isResetLine(text: string): boolean {
  return /^rst:0x/.test(text);
}

const PANICS = [
  /Guru Meditation Error/,
  /abort\(\) was called/,
  /assert failed:/,
  /^Backtrace: ?0x/,
  /Brownout detector was triggered/,
  /Stack smashing protect failure/i,
  /A stack overflow in task/,
  /CORRUPT HEAP/,
  /Interrupt wdt timeout/,
  /Task watchdog got triggered/,
  /New interpreter error: .*MEMORY/,
  /\bERROR: (?:Out of [Mm]emory|LOW_MEMORY)/,
];

/** Whether the line says that the program, or what it stands on, has broken down; then nothing after it is to be believed. */
export function isPanic(text: string): boolean {
  return PANICS.some((pattern) => pattern.test(text));
}
