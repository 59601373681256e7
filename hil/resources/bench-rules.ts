// Owns what a schema cannot say of a bench file: what may not stand twice, what must be set around it, what goes with what. It looks at every
// value that is right by itself, so that its mistakes are told together with those of the schema.

import { formatPort, parsePort } from "../drivers/port/parse-port.ts";
import { addMistake, type Inspection, printTrail, type Visited } from "./bench-check.ts";

/** Undefined: secrets are not needed now, so variables are not asked for. */
export type Environment = Readonly<Record<string, string | undefined>> | undefined;

export function applyBenchRules(inspection: Inspection, environment: Environment): void {
  refuseTwice(inspection, /^boards\/\d+\/name$/, "name", "a name that no other board has");
  refuseTwice(inspection, /^boards\/\d+\/mac$/, "MAC", "each board once; `hil list` shows which board hangs where");
  refuseTwice(inspection, /\/files\/\d+\/address$/, "address", "an address of its own for each file");
  checkMacs(inspection);
  checkPorts(inspection);
  checkPins(inspection);
  checkUrls(inspection);
  checkPowers(inspection);
  checkEnvironment(inspection, environment);
  checkBoards(inspection);
}

function select(inspection: Inspection, pattern: RegExp): Visited[] {
  return inspection.visited.filter(({ trail }) => pattern.test(trail.join("/")));
}

function printLine(inspection: Inspection, offset: number): string {
  return `line ${inspection.lines.linePos(offset).line}`;
}

function refuseTwice(inspection: Inspection, pattern: RegExp, what: string, expected: string): void {
  const seen = new Map<string, Visited>();
  for (const one of select(inspection, pattern)) {
    const value = String(one.value).toLowerCase();
    const first = seen.get(value);
    if (first === undefined) seen.set(value, one);
    else
      addMistake(inspection, one.offset, {
        what: `the ${what} ${String(one.value)} stands twice`,
        found: `${String(one.value)} in ${printLine(inspection, first.offset)} already`,
        expected,
      });
  }
}

function checkMacs(inspection: Inspection): void {
  for (const one of select(inspection, /^boards\/\d+\/mac$/)) {
    const mac = String(one.value);
    const isGroup = (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1;
    if (!isGroup && !/^[0:]+$/.test(mac)) continue;
    addMistake(inspection, one.offset, {
      what: "no chip has this MAC",
      found: isGroup ? `${mac}, an address of a group` : mac,
      expected: "the MAC burnt into the chip, as `hil list --probe` reads it",
      example: "mac: 24:0a:c4:5e:1b:01",
    });
  }
}

interface PortUse {
  key: string;
  /** Of a relay board; undefined for everything that needs the port for itself. */
  channel: number | undefined;
  offset: number;
  owner: string;
}

function checkPorts(inspection: Inspection): void {
  const uses: PortUse[] = [];
  for (const one of select(inspection, /(^|\/)port$/)) {
    if (one.trail.at(-2) === "usbHub") continue;
    const use = readPortUse(inspection, one);
    if (use === undefined) continue;
    const other = uses.find((earlier) => earlier.key === use.key && !isShared(earlier, use));
    if (other !== undefined)
      addMistake(inspection, one.offset, {
        what: `${use.channel === undefined ? `the port ${use.key}` : `relay ${use.channel} of ${use.key}`} is used twice`,
        found: `${printTrail(one.trail)}, and ${other.owner} in ${printLine(inspection, other.offset)}`,
        expected: "a port of its own for each board and fixture, a relay of its own for each power",
      });
    uses.push(use);
  }
}

/** The relays of one board share its port. */
function isShared(a: PortUse, b: PortUse): boolean {
  return a.channel !== undefined && b.channel !== undefined && a.channel !== b.channel;
}

function readPortUse(inspection: Inspection, one: Visited): PortUse | undefined {
  const key = printPortValue(one.value);
  if (key === undefined) {
    if (typeof one.value === "string")
      addMistake(inspection, one.offset, {
        what: `${printTrail(one.trail)} names no port of TCP`,
        found: one.value,
        expected: "a number from 1 to 65535 behind the last colon",
        example: "port: rfc2217://bench.example:4000",
      });
    return undefined;
  }
  const relay = one.trail.at(-2) === "relay";
  const parent = relay ? inspection.visited.find(({ trail }) => isSame(trail, one.trail.slice(0, -1))) : undefined;
  const channel = (parent?.value as { channel?: unknown } | undefined)?.channel;
  return { key, channel: relay ? Number(channel ?? 0) : undefined, offset: one.offset, owner: printTrail(one.trail) };
}

function isSame(a: Visited["trail"], b: Visited["trail"]): boolean {
  return a.join("/") === b.join("/");
}

function printPortValue(value: unknown): string | undefined {
  if (typeof value === "string") return normalizePort(value);
  const { usb, usbLocation } = value as { usb?: string; usbLocation?: string };
  if (usb !== undefined) return formatPort({ kind: "usb", serialNumber: usb });
  return usbLocation === undefined ? undefined : formatPort({ kind: "usb-location", location: usbLocation });
}

/** Undefined where the number of the port is beyond TCP; everything else the schema has seen to. */
function normalizePort(text: string): string | undefined {
  try {
    return formatPort(parsePort(text));
  } catch {
    return undefined;
  }
}

function checkPins(inspection: Inspection): void {
  for (const pins of select(inspection, /\/fixture\/pins$/)) {
    const seen = new Map<unknown, string>();
    for (const one of inspection.visited.filter(({ trail }) => isSame(trail.slice(0, -1), pins.trail))) {
      const wire = String(one.trail.at(-1));
      const other = seen.get(one.value);
      seen.set(one.value, wire);
      if (other === undefined) continue;
      addMistake(inspection, one.offset, {
        what: `${String(one.value)} of the fixture is wired twice`,
        found: `${wire} and ${other}`,
        expected: "a pin of its own for each wire",
        example: "pins: {button: D18, plunger: D19, led: D21, buzzer: D22}",
      });
    }
  }
}

function checkUrls(inspection: Inspection): void {
  for (const one of inspection.visited) {
    if (typeof one.value !== "string" || !/^(https?|mqtts?):\/\//.test(one.value)) continue;
    if (URL.canParse(one.value) && new URL(one.value).password === "") continue;
    const isSecret = URL.canParse(one.value);
    addMistake(inspection, one.offset, {
      what: `${printTrail(one.trail)} ${isSecret ? "holds a password" : "is no address"}`,
      found: isSecret ? "a name and a password before the @" : one.value.slice(0, 60),
      expected: isSecret ? "an address without a password" : "a whole address with a host, and a port up to 65535",
      example: isSecret ? "passwordEnv: BENCH_MQTT_PASSWORD" : `${one.trail.at(-1)}: http://10.0.0.3:8080/relay`,
    });
  }
}

function checkPowers(inspection: Inspection): void {
  for (const one of select(inspection, /(^|\/)wifi\/power$/)) {
    if (one.value !== "lines") continue;
    addMistake(inspection, one.offset, {
      what: "an access point has no reset lines",
      found: "lines",
      expected: "relay, usbHub, mqtt, http or command",
      example: 'power: {http: {on: "http://10.0.0.3/relay/0?turn=on", off: "http://10.0.0.3/relay/0?turn=off"}}',
    });
  }
  for (const one of select(inspection, /^boards\/\d+\/power$/)) {
    const port = inspection.visited.find(({ trail }) => isSame(trail, [...one.trail.slice(0, -1), "port"]))?.value;
    if (one.value !== "lines" || typeof port !== "string" || !port.startsWith("tcp:")) continue;
    addMistake(inspection, one.offset, {
      what: "power by lines needs a port that has lines",
      found: `lines with ${port}: raw TCP carries neither DTR nor RTS`,
      expected: "rfc2217:// instead of tcp://, or another power",
      example: `port: ${port.replace("tcp:", "rfc2217:")}`,
    });
  }
}

function checkEnvironment(inspection: Inspection, environment: Environment): void {
  if (environment === undefined) return;
  for (const one of select(inspection, /Env$/)) {
    const name = String(one.value);
    if (environment[name]) continue;
    addMistake(inspection, one.offset, {
      what: `the environment variable ${name} is not set`,
      found: environment[name] === undefined ? "no such variable" : "an empty one",
      expected: `${name} set before the bench is started`,
      example: `export ${name}=...`,
    });
  }
}

function checkBoards(inspection: Inspection): void {
  const root = inspection.visited.find(({ trail }) => trail.length === 0);
  const file = root?.value as { boards?: unknown[]; virtualBoards?: unknown } | undefined;
  if (file === undefined) return;
  const isVirtual = "virtualBoards" in file && file.virtualBoards !== 0;
  const isEmpty = !("boards" in file) || (Array.isArray(file.boards) && file.boards.length === 0);
  if (!isVirtual && isEmpty)
    tellNoBoards(
      inspection,
      ["virtualBoards", "boards"].find((key) => key in file),
    );
  if (!isVirtual) return;
  for (const one of select(inspection, /^boards\/\d+\/name$/)) {
    if (!/^virtual-\d+$/.test(String(one.value))) continue;
    addMistake(inspection, one.offset, {
      what: `${String(one.value)} is a name of the bench's own virtual boards`,
      found: String(one.value),
      expected: "another name, or no virtualBoards",
      example: "name: anna",
    });
  }
}

function tellNoBoards(inspection: Inspection, key: string | undefined): void {
  const at = inspection.visited.find((one) => isSame(one.trail, key === undefined ? [] : [key]));
  addMistake(inspection, at?.offset ?? 0, {
    what: "the bench has no boards",
    found: key === undefined ? "neither boards nor virtualBoards" : `${key}: none`,
    expected: "boards that hang on this bench, virtualBoards, or both",
    example: "virtualBoards: 1",
  });
}
