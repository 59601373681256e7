// The counter-proof to every attack: what the attacker lacked is given to him. With the trap's key the same words in the same place must be
// believed, or the test would prove nothing but that they never arrived.
import { decodeHello, decodeSessionStart, splitSealed } from "#protocol";
import { createSealEnd, type SealEnd } from "../support/seals.ts";
import { listMessages, type Middle, textOf } from "./middle.ts";

/** One end of the connection that came last, out of what was overheard and the key, its count far ahead of the honest one's. */
export function takeEnd(
  end: "trap" | "cloud",
  middle: Middle,
  device: { key: string; deviceId: string },
  said = 0,
): SealEnd {
  const hello = listMessages(middle, "up", "hello").at(-1);
  const start = listMessages(middle, "down", "session").at(-1);
  if (hello === undefined || start === undefined) throw new Error("no session was overheard");
  const sealed = splitSealed(textOf(hello));
  const read = decodeHello(sealed.ok ? sealed.record : "");
  const begun = decodeSessionStart(textOf(start));
  if (!read.ok || !begun.ok) throw new Error("what was overheard cannot be read");
  const seal = createSealEnd(end, device, read.value, begun.value.nonce);
  seal.said = said;
  return seal;
}
