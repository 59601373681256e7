// What has been seen and how it is waited for: sightings before and after the wait, and what a wait says when it gives up.
import * as assert from "uvu/assert";
import { createStreamParser, type StreamMessage } from "../../bin/up/api-client.ts";
import { createWitness } from "../../bin/up/witness.ts";
import { getRejection } from "../support/rejection.ts";
import { suite } from "../support/suite.ts";

const test = suite("the witness of the story");
const isArmed = (s: { data: Record<string, unknown> }) => s.data.state === "armed";

test("what was seen since the mark is found, what was seen before is not", async () => {
  let now = 0;
  const witness = createWitness(() => now);
  witness.note("trap", "trap", { state: "armed" });
  const mark = witness.mark();
  const waiting = witness.see(mark, "the second arming", 1_000, isArmed);
  now = 7;
  witness.note("trap", "trap", { state: "armed" });
  assert.is((await waiting).at, 7);
  assert.is((await witness.see(0, "the first arming", 1_000, isArmed)).at, 0);
});

test("a wait that gives up says what was awaited and what came last", async () => {
  const witness = createWitness(() => 0);
  witness.note("cloud", "alert", { status: "new" });
  const error = await getRejection(witness.see(0, "the arming", 1, isArmed));
  assert.match(String(error), /waited 1 ms for the arming; last seen:\s+cloud alert {"status":"new"}/);
});

test("a stop ends every wait with its reason", async () => {
  const witness = createWitness(() => 0);
  const waiting = witness.see(0, "the arming", 60_000, isArmed);
  witness.stop("the person left");
  assert.match(String(await getRejection(waiting)), /the person left/);
});

test("messages of the live stream are read however they are cut into pieces", () => {
  const text = 'event: ready\ndata: {}\n\n: still here\n\nevent: alert\ndata: {"id":"1","text":"a\\nb"}\n\n';
  for (let cut = 0; cut <= text.length; cut++) {
    const seen: StreamMessage[] = [];
    const parse = createStreamParser((message) => seen.push(message));
    parse(text.slice(0, cut));
    parse(text.slice(cut));
    assert.equal(
      seen.map((message) => [message.event, message.data]),
      [
        ["ready", {}],
        ["alert", { id: "1", text: "a\nb" }],
      ],
      `cut at ${cut}`,
    );
  }
});
