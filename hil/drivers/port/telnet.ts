// Owns telnet's way of putting commands between bytes: which bytes are data, which negotiate an option, which tell something within one. Pure;
// what an answer means is rfc2217.ts's.

export const TELNET = { se: 240, sb: 250, will: 251, wont: 252, do: 253, dont: 254, iac: 255 } as const;

export type TelnetVerb = "will" | "wont" | "do" | "dont";

export type TelnetItem =
  | { kind: "data"; bytes: Uint8Array }
  | { kind: "option"; verb: TelnetVerb; option: number }
  | { kind: "told"; option: number; bytes: Uint8Array };

const VERBS: Record<number, TelnetVerb> = {
  [TELNET.will]: "will",
  [TELNET.wont]: "wont",
  [TELNET.do]: "do",
  [TELNET.dont]: "dont",
};
/** Longer ones are noise of a line that speaks no telnet. */
const TOLD_BYTES_MAX = 1024;

type State = "data" | "command" | "option" | "told" | "told-command";

/** A reader that is handed pieces cut anywhere and never throws. */
export function createTelnetReader(): (piece: Uint8Array) => TelnetItem[] {
  let state: State = "data";
  let verb: TelnetVerb = "will";
  let told: number[] = [];

  return (piece) => {
    const items: TelnetItem[] = [];
    let data: number[] = [];
    const flush = (): void => {
      if (data.length > 0) items.push({ kind: "data", bytes: Uint8Array.from(data) });
      data = [];
    };
    const take: Record<State, (byte: number) => State> = {
      data(byte) {
        if (byte === TELNET.iac) return "command";
        data.push(byte);
        return "data";
      },
      command(byte) {
        if (byte === TELNET.iac) data.push(byte);
        if (byte === TELNET.sb) told = [];
        verb = VERBS[byte] ?? verb;
        return byte === TELNET.sb ? "told" : byte in VERBS ? "option" : "data";
      },
      option(byte) {
        flush();
        items.push({ kind: "option", verb, option: byte });
        return "data";
      },
      told(byte) {
        if (byte === TELNET.iac) return "told-command";
        told.push(byte);
        return told.length > TOLD_BYTES_MAX ? "data" : "told";
      },
      "told-command"(byte) {
        if (byte === TELNET.iac) told.push(byte);
        if (byte !== TELNET.se) return byte === TELNET.iac ? "told" : "data";
        flush();
        if (told.length > 0) items.push({ kind: "told", option: told[0] ?? 0, bytes: Uint8Array.from(told.slice(1)) });
        return "data";
      },
    };
    for (const byte of piece) state = take[state](byte);
    flush();
    return items;
  };
}

/** Bytes as they travel: 255 is doubled. */
export function escapeTelnet(bytes: Uint8Array): Uint8Array {
  const doubles = bytes.reduce((count, byte) => count + (byte === TELNET.iac ? 1 : 0), 0);
  if (doubles === 0) return bytes;
  const escaped = new Uint8Array(bytes.length + doubles).fill(TELNET.iac);
  let at = 0;
  for (const byte of bytes) {
    escaped[at] = byte;
    at += byte === TELNET.iac ? 2 : 1;
  }
  return escaped;
}

export function tellOption(option: number, bytes: Uint8Array): Uint8Array {
  const escaped = escapeTelnet(bytes);
  return Uint8Array.from([TELNET.iac, TELNET.sb, option, ...escaped, TELNET.iac, TELNET.se]);
}
