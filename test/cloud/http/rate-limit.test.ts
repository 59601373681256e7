// Counting within a window of time, in bounded memory.
import * as assert from "uvu/assert";
import { createSimClock } from "../../../cloud/clock.ts";
import { createRateLimiter } from "../../../cloud/http/rate-limit.ts";
import { suite } from "../../support/suite.ts";

const test = suite("rate limiter");
const START = new Date("2026-01-01T00:00:00Z");

test("so many pass, the next is told when to come back, and then passes", () => {
  const clock = createSimClock(START);
  const limiter = createRateLimiter({ clock, limit: { count: 3, windowMs: 10_000 } });
  for (let i = 0; i < 3; i++) assert.equal(limiter.take("a"), { ok: true });
  clock.advance(4_000);
  assert.equal(limiter.take("a"), { ok: false, retryAfterS: 6 });
  assert.equal(limiter.take("b"), { ok: true });
  clock.advance(5_999);
  assert.equal(limiter.take("a"), { ok: false, retryAfterS: 1 });
  clock.advance(1);
  assert.equal(limiter.take("a"), { ok: true });
});

test("what is given back was not counted", () => {
  const limiter = createRateLimiter({ clock: createSimClock(START), limit: { count: 1, windowMs: 1000 } });
  for (let i = 0; i < 5; i++) {
    assert.ok(limiter.take("a").ok);
    limiter.giveBack("a");
  }
  limiter.giveBack("a");
  assert.ok(limiter.take("a").ok);
  assert.not.ok(limiter.take("a").ok);
});

test("a clock that jumps back locks nobody out", () => {
  const clock = createSimClock(START);
  const limiter = createRateLimiter({ clock, limit: { count: 1, windowMs: 1000 } });
  limiter.take("a");
  clock.advance(-3_600_000);
  assert.ok(limiter.take("a").ok);
});

test("memory stays bounded: the oldest key is forgotten first", () => {
  const limiter = createRateLimiter({
    clock: createSimClock(START),
    limit: { count: 1, windowMs: 1000 },
    keysMax: 100,
  });
  for (let i = 0; i < 1000; i++) limiter.take(`key ${i}`);
  assert.not.ok(limiter.take("key 999").ok, "a recent key is still known");
  assert.ok(limiter.take("key 0").ok, "an old one is forgotten");
});
