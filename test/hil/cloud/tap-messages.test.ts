// What passes a relay is cut into messages, however the network has cut it, and not a byte of it is changed.
import { generate } from "mqtt-packet";
import * as assert from "uvu/assert";
import {
  createHttpSplitter,
  createMqttSplitter,
  describeMessage,
  type Splitter,
  type TapMessage,
} from "../../../hil/drivers/cloud/tap-messages.ts";
import { suite } from "../../support/suite.ts";

const test = suite("messages of a tap");

/** All of it, in pieces of so many bytes. */
function feed(splitter: Splitter, bytes: Uint8Array, pieceBytes: number): TapMessage[] {
  const messages: TapMessage[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes)
    messages.push(...splitter.take(bytes.subarray(at, at + pieceBytes)));
  return [...messages, ...splitter.rest()];
}

const REQUEST = 'POST /device/v1/claiming HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\n\r\n{"serial":1}';
const GET = "GET /device/v1/firmware/1/chunks/0 HTTP/1.1\r\nHost: a\r\n\r\n";
const ANSWER = "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n{1}";
const EMPTY = "HTTP/1.1 204 No Content\r\n\r\n";
const TOPIC = "tenant/t/device/d/up/event";

const UP: { what: string; text: string; names: string[]; bodies: string[] }[] = [
  { what: "a request with a body", text: REQUEST, names: ["POST /device/v1/claiming"], bodies: ['{"serial":1}'] },
  {
    what: "two requests in one go",
    text: REQUEST + GET,
    names: ["POST /device/v1/claiming", "GET /device/v1/firmware/1/chunks/0"],
    bodies: ['{"serial":1}', ""],
  },
  {
    what: "a request in chunks, which passes unread",
    text: `${GET.slice(0, -2)}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`,
    names: [""],
    bodies: [""],
  },
  { what: "half a request", text: REQUEST.slice(0, -3), names: [""], bodies: [""] },
];
for (const { what, text, names, bodies } of UP) {
  for (const pieceBytes of [1, 7, 10_000]) {
    test(`http up: ${what}, in pieces of ${pieceBytes}`, () => {
      const messages = feed(createHttpSplitter("up", []), Buffer.from(text), pieceBytes);
      const told = messages.filter((message) => message.name !== "" || names[0] !== "");
      if (names[0] !== "") {
        assert.equal(
          told.map((message) => message.name),
          names,
        );
        assert.equal(
          told.map((message) => message.body),
          bodies,
        );
      } else assert.ok(messages.every((message) => message.name === ""));
      assert.is(Buffer.concat(messages.map((message) => message.bytes)).toString(), text);
    });
  }
}

test("an answer carries the name of what was asked, in order", () => {
  const asked: string[] = [];
  feed(createHttpSplitter("up", asked), Buffer.from(REQUEST + GET), 5);
  const answers = feed(createHttpSplitter("down", asked), Buffer.from(ANSWER + EMPTY), 4);
  assert.equal(
    answers.map(({ name, status, body }) => [name, status, body]),
    [
      ["POST /device/v1/claiming", 200, "{1}"],
      ["GET /device/v1/firmware/1/chunks/0", 204, ""],
    ],
  );
});

test("packets are told by the last word of their topic, and a connect by who it says it is", () => {
  const connect = generate({
    ...{ cmd: "connect", protocolId: "MQTT", protocolVersion: 4, clean: true, clientId: "c1", keepalive: 30 },
    ...{
      username: "c1",
      password: Buffer.from("open sesame"),
      will: { topic: "tenant/t/device/d/up/will", payload: Buffer.from("w"), qos: 1, retain: false },
    },
  });
  const publish = generate({
    cmd: "publish",
    topic: TOPIC,
    payload: "x".repeat(300),
    qos: 1,
    messageId: 7,
    dup: false,
    retain: false,
  });
  for (const pieceBytes of [1, 3, 10_000]) {
    const messages = feed(createMqttSplitter("up"), Buffer.concat([connect, publish]), pieceBytes);
    assert.equal(
      messages.map((message) => message.name),
      ["connect", "publish event"],
    );
    assert.equal([messages[0]?.clientId, messages[0]?.willTopic], ["c1", "tenant/t/device/d/up/will"]);
    assert.equal([messages[1]?.topic, messages[1]?.body.length], [TOPIC, 300]);
    assert.equal(Buffer.concat(messages.map((message) => message.bytes)), Buffer.concat([connect, publish]));
    assert.not.match(messages.map(describeMessage).join("\n"), /sesame/, "the log never tells a password");
  }
});

test("what is no packet passes as it comes [BENCH-62]", () => {
  const bytes = Buffer.from([0x10, 0xff, 0xff, 0xff, 0xff, 0x01, 0x02]);
  const messages = feed(createMqttSplitter("up"), bytes, 2);
  assert.ok(messages.every((message) => message.name === ""));
  assert.equal(Buffer.concat(messages.map((message) => message.bytes)), bytes);
});

test("a packet of a known length that nobody understands passes whole", () => {
  const bytes = Buffer.from([0xf0, 0x02, 0x01, 0x02]);
  assert.equal(
    feed(createMqttSplitter("down"), bytes, 1).map((message) => [...message.bytes]),
    [[...bytes]],
  );
});
