// The machines of the link and the session by scripts of inputs, and the bounds of their patience.
import * as assert from "uvu/assert";
import { BACKOFF_MS_MAX, BACKOFF_MS_MIN, decideBackoffMs } from "../../firmware/session/backoff.ts";
import { applyLink, createLink, JOIN_TIMEOUT_MS, type LinkInput } from "../../firmware/session/link.ts";
import { CONNACK, type Packet, PINGRESP, PUBLISH, SUBACK } from "../../firmware/session/mqtt-packets.ts";
import {
  ANSWER_MS,
  applySession,
  createSession,
  OPEN_MS,
  PING_MS,
  PROVE_MS,
  type SessionInput,
  STABLE_MS,
} from "../../firmware/session/session.ts";
import { suite } from "../support/suite.ts";

const test = suite("session and link machines");

test("backoff stays between its bounds, uses all of them, and its ceiling doubles up to the cap", () => {
  for (let tries = 1; tries < 40; tries++) {
    const ceiling = Math.min(BACKOFF_MS_MAX, 1000 * 2 ** (tries - 1));
    assert.is(decideBackoffMs(tries, BACKOFF_MS_MAX, 0), BACKOFF_MS_MIN);
    const longest = decideBackoffMs(tries, BACKOFF_MS_MAX, 65_535);
    assert.ok(longest <= ceiling && longest >= ceiling - 2, `${tries}: ${longest} of ${ceiling}`);
  }
});

function packet(type: number, rest: Partial<Packet> = {}): SessionInput {
  return { name: "packet-received", packet: { type, id: 0, code: 0, topic: "", payload: "", ...rest } };
}

function createSessionRun(chance = 32_768) {
  let session = createSession(true);
  let now = 0;
  const run = {
    session: () => session,
    at(ms: number) {
      now = ms;
      return run;
    },
    /** The names of the effects. */
    take(input: SessionInput): string[] {
      const outcome = applySession(session, input, now, chance);
      session = outcome.state;
      return outcome.effects.map((effect) => effect.name);
    },
    online() {
      run.take({ name: "credentials-changed", present: true });
      run.take({ name: "socket-opened" });
      run.take(packet(CONNACK));
      run.take(packet(SUBACK, { code: 1 }));
      return run.take({ name: "welcomed" });
    },
  };
  return run;
}

test("from credentials to online, each step on the answer to the one before", () => {
  const run = createSessionRun();
  assert.equal(run.take({ name: "credentials-changed", present: true }), ["open-socket"]);
  assert.equal(run.take({ name: "socket-opened" }), ["send-connect"]);
  assert.equal(run.take(packet(CONNACK)), ["send-subscribe"]);
  assert.equal(run.take(packet(SUBACK, { code: 1 })), []);
  assert.is(run.session().name, "proving");
  assert.equal(run.take({ name: "welcomed" }), ["greet-cloud"]);
  assert.equal([run.session().name, run.session().session], ["online", 1]);
});

test("without a network it waits for one, and begins at once when there is", () => {
  const run = createSessionRun();
  run.take({ name: "link-changed", up: false });
  assert.equal(run.take({ name: "credentials-changed", present: true }), []);
  assert.equal(run.take({ name: "link-changed", up: true }), ["open-socket"]);
  assert.equal(run.take({ name: "link-changed", up: false }), ["close-socket"]);
  assert.is(run.session().name, "idle");
});

test("a message is acknowledged after it was handled, one of QoS 0 not at all", () => {
  const run = createSessionRun();
  run.online();
  assert.equal(run.take(packet(PUBLISH, { topic: "t", code: 1, id: 4 })), ["handle-message", "send-puback"]);
  assert.equal(run.take(packet(PUBLISH, { topic: "t" })), ["handle-message"]);
});

for (const [name, steps, within] of [
  ["the connection does not open", [], OPEN_MS],
  ["CONNACK does not come", [{ name: "socket-opened" }], ANSWER_MS],
  ["SUBACK does not come", [{ name: "socket-opened" }, packet(CONNACK)], ANSWER_MS],
  ["no welcome comes", [{ name: "socket-opened" }, packet(CONNACK), packet(SUBACK, { code: 1 })], PROVE_MS],
] as [string, SessionInput[], number][]) {
  test(`${name}: given up in time, and tried again`, () => {
    const run = createSessionRun();
    run.take({ name: "credentials-changed", present: true });
    for (const step of steps) run.take(step);
    assert.is(run.session().wakeAt, within);
    run.at(within);
    assert.equal(run.take({ name: "time-passed" }), ["close-socket", "tell-trouble"]);
    run.at(run.session().wakeAt);
    assert.equal(run.take({ name: "time-passed" }), ["open-socket"]);
  });
}

for (const [code, asks] of [
  [1, false],
  [2, false],
  [3, false],
  [4, true],
  [5, true],
] as const) {
  test(`CONNACK ${code}: backs off${asks ? " and asks the cloud about the credentials" : ""}, keeping them`, () => {
    const run = createSessionRun();
    run.take({ name: "credentials-changed", present: true });
    run.take({ name: "socket-opened" });
    const effects = run.take(packet(CONNACK, { code }));
    assert.equal(effects, ["close-socket", "tell-trouble", ...(asks ? ["ask-about-credentials"] : [])]);
    assert.equal([run.session().name, run.session().hasCredentials], ["waiting", true]);
  });
}

test("a refused subscription is a failure", () => {
  const run = createSessionRun();
  run.take({ name: "credentials-changed", present: true });
  run.take({ name: "socket-opened" });
  run.take(packet(CONNACK));
  assert.equal(run.take(packet(SUBACK, { code: 128 })), ["close-socket", "tell-trouble"]);
});

test("a ping goes out in time, and silence after it ends the connection", () => {
  const run = createSessionRun();
  run.online();
  assert.equal(run.at(PING_MS).take({ name: "time-passed" }), ["send-ping"]);
  run.at(PING_MS + 100).take(packet(PINGRESP));
  assert.equal(run.at(PING_MS + ANSWER_MS).take({ name: "time-passed" }), []);
  assert.equal(run.at(2 * PING_MS).take({ name: "time-passed" }), ["send-ping"]);
  assert.equal(run.at(2 * PING_MS + ANSWER_MS).take({ name: "time-passed" }), ["close-socket", "tell-trouble"]);
});

test("failures are forgiven only by a connection that held", () => {
  const run = createSessionRun();
  const loseAt = (ms: number) => run.at(ms).take({ name: "socket-closed", error: "" });
  run.online();
  loseAt(STABLE_MS - 1);
  run.at(100_000);
  run.online();
  assert.is(run.session().tries, 0, "new credentials begin anew");
  loseAt(100_010);
  run.at(run.session().wakeAt).take({ name: "time-passed" });
  run.take({ name: "socket-opened" });
  run.take(packet(CONNACK));
  run.take(packet(SUBACK));
  run.take({ name: "welcomed" });
  loseAt(200_000);
  assert.is(run.session().tries, 1, "it had held: this failure is the first again");
  run.at(run.session().wakeAt).take({ name: "time-passed" });
  loseAt(run.session().wakeAt - 1);
  assert.is(run.session().tries, 2);
});

test("what belongs to a closed connection does nothing", () => {
  const run = createSessionRun();
  run.online();
  run.take({ name: "socket-closed", error: "gone" });
  for (const input of [
    packet(PUBLISH, { topic: "t", code: 1, id: 1 }),
    packet(CONNACK),
    { name: "socket-opened" } as const,
    { name: "ack-overdue" } as const,
    { name: "welcomed" } as const,
    { name: "socket-closed", error: "" } as const,
  ]) {
    assert.equal(run.take(input), [], input.name);
  }
});

test("letting the credentials go says goodbye, so that no will is published", () => {
  const run = createSessionRun();
  run.online();
  const outcome = applySession(run.session(), { name: "credentials-changed", present: false }, 5, 0);
  assert.equal(outcome.effects, [{ name: "close-socket", polite: true }]);
  assert.is(outcome.state.name, "idle");
});

test("the link joins for ever: refused, lost or never answered", () => {
  let link = createLink(false);
  let now = 0;
  const take = (input: LinkInput) => {
    const outcome = applyLink(link, input, now, 65_535);
    link = outcome.state;
    return outcome.effects.map((effect) => effect.name);
  };
  assert.equal(take({ name: "network-named" }), ["join"]);
  for (let i = 1; i < 50; i++) {
    assert.equal(take({ name: "join-ended", attempt: link.attempt, error: "NO_AP_FOUND" }), []);
    assert.is(link.name, "waiting");
    assert.ok(link.wakeAt - now <= BACKOFF_MS_MAX);
    now = link.wakeAt;
    assert.equal(take({ name: "time-passed" }), ["join"]);
  }
  now += JOIN_TIMEOUT_MS;
  assert.equal(take({ name: "time-passed" }), []);
  assert.is(link.name, "waiting", "no answer is an answer");
  take({ name: "join-ended", attempt: link.attempt, error: "" });
  assert.is(link.name, "waiting", "one that comes too late is none");
  now = link.wakeAt;
  take({ name: "time-passed" });
  take({ name: "join-ended", attempt: link.attempt, error: "" });
  assert.equal([link.name, link.tries], ["joined", 0]);
  take({ name: "network-lost" });
  assert.is(link.name, "waiting");
  assert.equal(take({ name: "network-forgotten" }), ["leave"]);
});
