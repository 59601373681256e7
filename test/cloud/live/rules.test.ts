// Notices as texts: what PostgreSQL can carry, what is none of ours, and who hears which.
import * as assert from "uvu/assert";
import { encodeNotice } from "../../../cloud/db/live-notice.ts";
import { createHearers, decodeNotice, formatServerSentEvent } from "../../../cloud/live/live.ts";
import { suite } from "../../support/suite.ts";

const test = suite("live rules");

test("a notice survives its way through PostgreSQL", () => {
  const data = { name: 'Loft "2"\n', n: 1 };
  assert.equal(decodeNotice(encodeNotice("t", { type: "device", data })), { tenantId: "t", type: "device", data });
});

test("a notice too long for PostgreSQL becomes a call to look again", () => {
  const text = encodeNotice("t", { type: "device", data: { name: "\u00e9".repeat(4_000) } });
  assert.equal(decodeNotice(text), { tenantId: "t", type: "resync", data: {} });
});

for (const text of [
  "",
  "x",
  "null",
  "1",
  '{"tenantId":"t"}',
  '{"tenantId":"t","type":"a\\nb","data":{}}',
  '{"tenantId":"t","type":"a","data":null}',
]) {
  test(`${text === "" ? "nothing" : text} is no notice`, () => assert.is(decodeNotice(text), null));
}

test("an event of the stream is three lines, whatever is in it", () => {
  const text = formatServerSentEvent({ type: "alert", data: { message: "a\n\nevent: fake\r\n" } });
  assert.is(text, 'event: alert\ndata: {"message":"a\\n\\nevent: fake\\r\\n"}\n\n');
});

test("each hears its own tenant until it stops, and one that stops while being told does not disturb the others", () => {
  const hearers = createHearers();
  const heard: string[] = [];
  const notice = { type: "device", data: {} };
  const stops = [1, 2, 3].map((number) =>
    hearers.hear("a", () => {
      heard.push(`a${number}`);
      stops[number - 1]?.();
    }),
  );
  hearers.hear("b", () => heard.push("b"));
  hearers.tell("a", notice);
  hearers.tell("a", notice);
  hearers.tell("c", notice);
  assert.equal(heard, ["a1", "a2", "a3"]);
  hearers.tellAll(notice);
  assert.equal(heard, ["a1", "a2", "a3", "b"]);
});
