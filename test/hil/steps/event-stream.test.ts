// The stream: dated, in one order for all, masked in every form, and deaf to none because of another. [BENCH-12]
import * as assert from "uvu/assert";
import { createSimClock } from "../../../hil/clock.ts";
import { createEventStream } from "../../../hil/steps/event-stream.ts";
import type { HilEvent } from "../../../hil/steps/events.ts";
import { suite } from "../../support/suite.ts";

const test = suite("event stream");

function start(secrets: string[] = []) {
  const clock = createSimClock();
  const stream = createEventStream({ clock, secrets });
  const events: HilEvent[] = [];
  stream.subscribe((event) => events.push(event));
  return { clock, stream, events };
}

test("events are dated from the start of the run", async () => {
  const { clock, stream, events } = start();
  await clock.advance(1_500);
  stream.publish({ type: "remarked", level: "info", text: "x" });
  assert.is(events[0]?.at, 1_500);
  assert.is(stream.now(), 1_500);
});

test("a listener that throws is told of once and dropped, and the others go on", () => {
  const { stream, events } = start();
  let calls = 0;
  stream.subscribe(() => {
    calls += 1;
    throw new Error("no room");
  });
  stream.publish({ type: "remarked", level: "info", text: "one" });
  stream.publish({ type: "remarked", level: "info", text: "two" });
  assert.is(calls, 1);
  const texts = events.map((event) => (event.type === "remarked" ? event.text : ""));
  assert.equal(texts, ["one", "a listener of this run failed and hears no more: no room", "two"]);
});

test("a listener that is unsubscribed hears no more, and what one publishes in answer comes next for all", () => {
  const { stream, events } = start();
  const order: string[] = [];
  const stop = stream.subscribe((event) => {
    if (event.type === "remarked" && event.text === "one")
      stream.publish({ type: "remarked", level: "info", text: "answer" });
  });
  stream.subscribe((event) => order.push(event.type === "remarked" ? event.text : ""));
  stream.publish({ type: "remarked", level: "info", text: "one" });
  stop();
  stream.publish({ type: "remarked", level: "info", text: "one" });
  assert.equal(order, ["one", "answer", "one"]);
  assert.is(events.length, 3);
});

const SECRETS = [
  "hunter2-hunter2",
  'pa"ss\\wo rd/é+&',
  "abcd",
  "ключ-от-сети",
  "-----BEGIN KEY-----\nMIIBVgIBADANBgkq\n-----END",
];

for (const secret of SECRETS)
  test(`${JSON.stringify(secret)} is masked in every form in which it travels`, () => {
    const { stream, events } = start([secret]);
    const quoted = JSON.stringify({ password: secret });
    const ascii = JSON.stringify(secret).replaceAll(
      /[^\x20-\x7e]/g,
      (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
    const forms: Record<string, string> = {
      raw: `before ${secret} after`,
      twice: secret + secret,
      json: quoted,
      jsonInJson: JSON.stringify({ body: quoted }),
      ascii,
      url: `http://host/?p=${encodeURIComponent(secret)}`,
      lowerUrl: encodeURIComponent(secret).replaceAll(/%../g, (code) => code.toLowerCase()),
      form: new URLSearchParams({ password: secret }).toString(),
      path: new URL(`http://host/${encodeURI(secret)}`).href,
      base64: Buffer.from(secret).toString("base64"),
      base64url: Buffer.from(secret).toString("base64url"),
      basic1: `Basic ${Buffer.from(`u:${secret}`).toString("base64")}`,
      basic2: `Basic ${Buffer.from(`us:${secret}`).toString("base64")}`,
      basic3: `Basic ${Buffer.from(`use:${secret}`).toString("base64")}`,
      inside: Buffer.from(`{"password":"${secret}","more":"here"}`).toString("base64"),
      hex: Buffer.from(secret).toString("hex"),
    };
    for (const [name, text] of Object.entries(forms)) {
      stream.publish({ type: "logged", board: "a", source: "http", text });
      const event = events.at(-1);
      assert.match(event?.type === "logged" ? event.text : "", "***", `${name}: ${text} -> ${JSON.stringify(event)}`);
      assertGone(event, secret, name);
    }
  });

function assertGone(event: unknown, secret: string, name: string): void {
  const shown = JSON.stringify(event);
  const core = [secret, encodeURIComponent(secret), Buffer.from(secret).toString("base64").slice(0, -3)];
  for (const form of core) assert.not.match(shown, form, `${name}: ${shown}`);
}

test("secrets are masked wherever in an event a text stands, keys included, and in events published before nothing changes", () => {
  const { stream, events } = start();
  stream.publish({ type: "remarked", level: "info", text: "hunter2" });
  stream.mask("hunter2");
  stream.mask("abc");
  stream.publish({
    type: "step-started",
    step: 1,
    parent: null,
    suite: "s",
    board: "hunter2",
    title: "says hunter2",
    inputs: { deep: [{ hunter2: ["hunter2", 3, null, true] }], short: "abc" },
  });
  assert.match(JSON.stringify(events[0]), "hunter2");
  assert.equal(events[1], {
    type: "step-started",
    step: 1,
    parent: null,
    suite: "s",
    board: "***",
    title: "says ***",
    inputs: { deep: [{ "***": ["***", 3, null, true] }], short: "abc" },
    at: 0,
  });
});

test("a password that is a word of the stream's own takes no meaning away", () => {
  const { stream, events } = start(["console", "passed", "logged"]);
  stream.publish({ type: "logged", board: "a", source: "console", text: "the console" });
  assert.equal(events[0], { type: "logged", board: "a", source: "console", text: "the ***", at: 0 });
});
