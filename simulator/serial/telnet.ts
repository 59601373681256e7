// Owns the framing of Telnet (RFC 854) on a stream of bytes: what is data, what negotiates, what is told aside. It leaves the meaning of
// options to rfc2217-server.ts. Foreign bytes never throw.

export const IAC = 255;
const SUB_END = 240;
const SUB_BEGIN = 250;
/** Verbs of negotiation; who says WILL speaks of himself, who says DO of the other. */
export const VERBS = { will: 251, wont: 252, do: 253, dont: 254 } as const;
export type Verb = keyof typeof VERBS;
const VERB_OF = new Map<number, Verb>(Object.entries(VERBS).map(([verb, code]) => [code, verb as Verb]));
/** Nothing that concerns us is longer; what is gets lost up to its end. */
const ASIDE_BYTES_MAX = 256;

export interface TelnetHandlers {
  data(bytes: Uint8Array): void;
  negotiated(verb: Verb, option: number): void;
  /** What was told of an option, without its framing; `told` does not hold the option. */
  aside(option: number, told: Uint8Array): void;
}

export interface TelnetReader {
  read(bytes: Uint8Array): void;
}

type State = "data" | "command" | "verb" | "aside" | "aside-command";

export function createTelnetReader(handlers: TelnetHandlers): TelnetReader {
  let state: State = "data";
  let verb: Verb = "will";
  let aside: number[] = [];

  function onCommand(byte: number): State {
    if (byte === IAC) {
      handlers.data(Uint8Array.of(IAC));
      return "data";
    }
    if (byte === SUB_BEGIN) {
      aside = [];
      return "aside";
    }
    const found = VERB_OF.get(byte);
    if (found === undefined) return "data";
    verb = found;
    return "verb";
  }

  function onAside(byte: number): State {
    if (byte === IAC) return "aside-command";
    if (aside.length < ASIDE_BYTES_MAX) aside.push(byte);
    return "aside";
  }

  function onAsideCommand(byte: number): State {
    if (byte === IAC) {
      if (aside.length < ASIDE_BYTES_MAX) aside.push(IAC);
      return "aside";
    }
    const [option, ...told] = aside;
    if (option !== undefined && aside.length < ASIDE_BYTES_MAX) handlers.aside(option, Uint8Array.from(told));
    // A side that forgets its end begins something else: what it said so far counts, and so does the command.
    return byte === SUB_END ? "data" : onCommand(byte);
  }

  const steps: Record<Exclude<State, "data">, (byte: number) => State> = {
    command: onCommand,
    verb(byte) {
      handlers.negotiated(verb, byte);
      return "data";
    },
    aside: onAside,
    "aside-command": onAsideCommand,
  };

  return {
    read(bytes) {
      for (let at = 0; at < bytes.length; ) {
        if (state !== "data") {
          state = steps[state](bytes[at]!);
          at += 1;
          continue;
        }
        const found = bytes.indexOf(IAC, at);
        const end = found < 0 ? bytes.length : found;
        if (end > at) handlers.data(bytes.subarray(at, end));
        if (found >= 0) state = "command";
        at = end + 1;
      }
    },
  };
}

/** Bytes as data: every 255 twice. */
export function escapeData(bytes: Uint8Array): Uint8Array {
  const count = bytes.reduce((sum, byte) => (byte === IAC ? sum + 1 : sum), 0);
  if (count === 0) return bytes;
  const escaped = new Uint8Array(bytes.length + count);
  let at = 0;
  for (const byte of bytes) {
    escaped[at++] = byte;
    if (byte === IAC) escaped[at++] = IAC;
  }
  return escaped;
}

export function encodeVerb(verb: Verb, option: number): Uint8Array {
  return Uint8Array.of(IAC, VERBS[verb], option);
}

export function encodeAside(option: number, told: Iterable<number>): Uint8Array {
  return Uint8Array.of(IAC, SUB_BEGIN, option, ...escapeData(Uint8Array.from(told)), IAC, SUB_END);
}
