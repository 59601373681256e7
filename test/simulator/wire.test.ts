// Tests simulator/wire.ts: a wire is closed as long as anybody closes it.
import * as assert from "uvu/assert";
import { createWire } from "../../simulator/wire.ts";
import { suite } from "../support/suite.ts";

const test = suite("wire");

test("it is closed as long as one hand closes it, and tells every change once", () => {
  const seen: boolean[] = [];
  const wire = createWire((closed) => seen.push(closed));
  const first = wire.join();
  const second = wire.join();
  first(false);
  first(true);
  first(true);
  second(true);
  first(false);
  assert.ok(wire.isClosed());
  second(false);
  assert.not(wire.isClosed());
  assert.equal(seen, [true, false]);
});

test("others hear of it until they stop", () => {
  const wire = createWire(() => undefined);
  const seen: boolean[] = [];
  const stop = wire.onChange((closed) => seen.push(closed));
  const hand = wire.join();
  hand(true);
  stop();
  hand(false);
  assert.equal(seen, [true]);
});
