// Ten thousand guesses, from one guesser, from one house, from everywhere: how many come through [threat 9].
import * as assert from "uvu/assert";
import { createGuesses, GUESS_LIMITS, type GuessLimits } from "../../../cloud/claiming/guesses.ts";
import { createSimClock } from "../../../cloud/clock.ts";
import { createRateLimiter } from "../../../cloud/http/rate-limit.ts";
import { suite } from "../../support/suite.ts";
import { createRooms } from "../http/rooms.ts";
import { createTrap } from "./trap.ts";

const test = suite("guesses");
const GUESSES = 10_000;
const PLENTY = { count: 1_000_000, windowMs: 60_000 };

function countThrough(nameOf: (i: number) => [guesser: string, address: string], everyMs: number): number {
  const clock = createSimClock(new Date("2026-06-01T12:00:00Z"));
  const limiter = (name: keyof GuessLimits) => createRateLimiter({ clock, limit: GUESS_LIMITS[name] });
  const guesses = createGuesses({
    guessesPerGuesser: limiter("guessesPerGuesser"),
    guessesPerAddress: limiter("guessesPerAddress"),
    guessesInAll: limiter("guessesInAll"),
  });
  let through = 0;
  for (let i = 0; i < GUESSES; i++) {
    if (guesses.count(...nameOf(i)).ok) through += 1;
    clock.advance(everyMs);
  }
  return through;
}

const ATTACKS: [who: string, nameOf: (i: number) => [string, string], everyMs: number, through: number][] = [
  ["one guesser from ever new addresses", (i) => ["one", `address ${i}`], 1, 5],
  ["ever new guessers from one address", (i) => [`guesser ${i}`, "one"], 1, 20],
  ["ever new guessers from ever new addresses", (i) => [`guesser ${i}`, `address ${i}`], 1, 300],
  // 10,000 seconds are 16 windows of ten minutes and two thirds, the first beginning at once.
  ["one patient guesser", () => ["one", "one"], 1000, 17 * 5],
];
for (const [who, nameOf, everyMs, through] of ATTACKS) {
  test(`of ${GUESSES} guesses of ${who}, one every ${everyMs} ms, ${through} come through`, () => {
    assert.is(countThrough(nameOf, everyMs), through);
  });
}

test("the limit over all of them is kept at the traps' door and at the people's, together", async () => {
  const limits = { guessesPerGuesser: PLENTY, guessesPerAddress: PLENTY, guessesInAll: { count: 3, windowMs: 60_000 } };
  const rooms = await createRooms({ claimingLimits: limits });
  try {
    const owner = await rooms.createOwner();
    const body = { serialNumber: "TL-NEVER", name: "Mine" };
    const guess = () => rooms.ask({ url: "/api/v1/claiming/claims", body, as: owner.token });
    const [one, other] = [await createTrap(rooms), await createTrap(rooms)];
    assert.is((await guess()).status, 404);
    assert.is((await one.claim("2222222222")).status, "code-refused");
    assert.is((await other.claim("2222222223")).status, "code-refused");
    const text = one.claimText(await one.getChallenge(), { code: "2222222224" });
    assert.is((await one.post("claiming", text)).status, 429);
    assert.is((await guess()).status, 429);
    rooms.clock.advance(60_000);
    assert.is((await guess()).status, 404);
  } finally {
    await rooms.stop();
  }
});
