// The cloud as the bench speaks to it: the live stream in whatever pieces it comes, and a person who keeps what was shown with its time.
import * as assert from "uvu/assert";
import { createSimClock } from "../../../hil/clock.ts";
import { type ApiClient, createStreamParser, type StreamMessage } from "../../../hil/drivers/cloud/api-client.ts";
import { createPerson } from "../../../hil/drivers/cloud/person.ts";
import { suite } from "../../support/suite.ts";

const test = suite("a person of the bench");
const STREAM = 'event: ready\ndata: {}\n\n: still here\n\nevent: alert\ndata: {"id":"a",\ndata: "status":"new"}\n\n';

for (const pieceChars of [1, 3, 17, 1000]) {
  test(`the live stream is read in pieces of ${pieceChars}`, () => {
    const seen: StreamMessage[] = [];
    const parse = createStreamParser((message) => seen.push(message));
    for (let at = 0; at < STREAM.length; at += pieceChars) parse(STREAM.slice(at, at + pieceChars));
    assert.equal(seen, [
      { event: "ready", data: {} },
      { event: "alert", data: { id: "a", status: "new" } },
    ]);
  });
}

test("what was shown is found from a mark on, with its time, and a stream that ends is followed again", async () => {
  const clock = createSimClock();
  const streams: { tell(message: StreamMessage): void; end(reason: string): void }[] = [];
  const api: ApiClient = {
    useToken: () => undefined,
    ask: () => Promise.reject(new Error("nobody asks")),
    postBytes: () => Promise.reject(new Error("nobody asks")),
    async follow(tell, end) {
      streams.push({ tell, end });
      return { stop: () => undefined };
    },
  };
  const person = createPerson({ api, clock, account: { email: "a@b.example", password: "p", tenantName: "t" } });
  await person.follow();
  streams[0]?.tell({ event: "alert", data: { id: "old" } });
  const mark = person.mark();
  await clock.advance(70);
  streams[0]?.tell({ event: "alert", data: { id: "new" } });
  assert.equal(
    person.find(mark, "alert", () => true),
    { event: "alert", data: { id: "new" }, at: 70 },
  );
  assert.is(person.list(0, "alert", () => true).length, 2);
  assert.is(
    person.find(mark, "alert", (data) => data.id === "old"),
    undefined,
  );
  streams[0]?.end("the cloud has gone");
  await clock.advance(1_000);
  assert.is(streams.length, 2);
  person.close();
  streams[1]?.end("the cloud has gone");
  await clock.advance(1_000);
  assert.is(streams.length, 2, "who has left follows no more");
});
