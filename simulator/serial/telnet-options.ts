// Owns which options of Telnet are on, each way, without ever answering an answer (RFC 1143 in short): what is asked for is granted if it is
// known, refused if it is not, and what is so already is not said again.
import { encodeVerb, type Verb } from "./telnet.ts";

export interface TelnetOptions {
  /** Asks for all that is known. */
  offer(): void;
  onNegotiated(verb: Verb, option: number): void;
}

export interface TelnetOptionsWish {
  /** What this side would do. */
  ours: readonly number[];
  /** What the other side may do. */
  theirs: readonly number[];
  send(bytes: Uint8Array): void;
}

export function createTelnetOptions({ ours, theirs, send }: TelnetOptionsWish): TelnetOptions {
  /** On, or asked for and not yet answered: either way an assent needs no answer. */
  const isOn = { ours: new Set<number>(), theirs: new Set<number>() };

  function consent(side: "ours" | "theirs", known: readonly number[], option: number, yes: Verb, no: Verb): void {
    if (isOn[side].has(option)) return;
    if (known.includes(option)) isOn[side].add(option);
    send(encodeVerb(known.includes(option) ? yes : no, option));
  }

  function withdraw(side: "ours" | "theirs", option: number, no: Verb): void {
    if (isOn[side].delete(option)) send(encodeVerb(no, option));
  }

  return {
    offer() {
      for (const option of ours) consent("ours", ours, option, "will", "wont");
      for (const option of theirs) consent("theirs", theirs, option, "do", "dont");
    },
    onNegotiated(verb, option) {
      if (verb === "do") consent("ours", ours, option, "will", "wont");
      else if (verb === "will") consent("theirs", theirs, option, "do", "dont");
      else if (verb === "dont") withdraw("ours", option, "wont");
      else withdraw("theirs", option, "dont");
    },
  };
}
