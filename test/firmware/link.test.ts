// The way to the network: a week of bad Wi-Fi, radios that are silent, throw or lie. It never gives up, and never hurries.
import * as assert from "uvu/assert";
import { DOUBT_MS } from "../../firmware/health/health.ts";
import { BACKOFF_MS_MAX, BACKOFF_MS_MIN, decideBackoffMs } from "../../firmware/session/backoff.ts";
import { JOIN_TIMEOUT_MS } from "../../firmware/session/link.ts";
import { suite } from "../support/suite.ts";
import { createCloudDouble, startOwned } from "./cloud-double.ts";
import { createTestBench, createTestFlash, type TestBench } from "./ports-double.ts";
import { SEED } from "./seed.ts";

const test = suite("link", { limitMs: 60_000 });
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

type Join = TestBench["ports"]["radio"]["join"];

/** An owned trap that knows its Wi-Fi, with this radio; when it asked it to join. */
function start(join?: (bench: TestBench) => Join) {
  const flash = createTestFlash(15, 4096, startOwned().bench.flash.bytes);
  const bench = createTestBench({ flash });
  bench.pins.batteryMv = 0;
  const cloud = createCloudDouble(bench);
  const asked: number[] = [];
  const radio = join ? join(bench) : bench.ports.radio.join;
  bench.ports.radio.join = (...args) => {
    asked.push(bench.clock.now());
    radio(...args);
  };
  bench.boot();
  bench.type("wifi ssid=attic pass=cheese-please");
  return { bench, cloud, asked };
}

const isJoined = (bench: TestBench) => bench.findLine("link")?.endsWith("state=joined") ?? false;

test("waits are drawn by chance under a ceiling that doubles up to a minute", () => {
  for (let tries = 1; tries < 100; tries++) {
    const ceiling = Math.min(1000 * 2 ** (tries - 1), BACKOFF_MS_MAX);
    assert.is(decideBackoffMs(tries, BACKOFF_MS_MAX, 0), BACKOFF_MS_MIN);
    const longest = decideBackoffMs(tries, BACKOFF_MS_MAX, 65535);
    assert.ok(longest <= ceiling && longest > ceiling * 0.99, `${longest} of ${ceiling}`);
  }
});

test("a week of Wi-Fi that comes and goes: joined again within two minutes of each return, no hurry meanwhile [LINK-1]", () => {
  const { bench, asked } = start();
  let word = SEED;
  const draw = (max: number) => {
    word = (Math.imul(word, 1103515245) + 12345) & 0x7fffffff;
    return word % max;
  };
  let losses = 0;
  while (bench.clock.now() < 7 * DAY) {
    bench.wifi.isUp = true;
    let waited = 0;
    while (!isJoined(bench)) {
      bench.clock.advance(1000);
      waited += 1000;
      assert.ok(waited <= 2 * MINUTE, `not joined ${waited} ms after the Wi-Fi came back`);
    }
    bench.clock.advance(draw(2 * HOUR));
    bench.wifi.isUp = false;
    bench.wifi.lose();
    losses += 1;
    assert.not(isJoined(bench));
    const from = asked.length;
    const away = draw(3 * HOUR);
    bench.clock.advance(away);
    const perHour = (asked.length - from) / (away / HOUR + 0.1);
    assert.ok(perHour < 200, `${perHour} attempts an hour`);
    if (away > 10 * MINUTE) assert.ok(asked.length > from + 5, "it goes on trying");
    bench.lines = bench.lines.slice(-50);
  }
  assert.ok(losses > 40);
  assert.is(bench.reboots, 0, "a router that is off is no reason to start anew");
});

const RADIOS: [string, (bench: TestBench) => Join][] = [
  ["never answers", () => () => undefined],
  [
    "throws",
    () => () => {
      throw new Error("sta is connecting, return error");
    },
  ],
  [
    "fails at once, twice",
    (bench) => (_ssid, _password, done) => {
      for (const ms of [1, 2]) bench.clock.setTimer(ms, () => done("NO_AP_FOUND"));
    },
  ],
  [
    "answers an hour late",
    (bench) => (_ssid, _password, done) => {
      bench.clock.setTimer(HOUR, () => done(""));
    },
  ],
];

for (const [what, join] of RADIOS) {
  test(`a radio that ${what} is asked again for as long as the trap runs`, () => {
    const { bench, asked } = start(join);
    // First comes the portal's window, since the network was just named.
    bench.clock.advance(10 * MINUTE);
    asked.splice(0);
    bench.clock.advance(DAY / 8);
    assert.not(bench.lines.some((line) => line.includes("fault")));
    const longest = Math.max(...asked.map((at, i) => at - (asked[i - 1] ?? at)));
    assert.ok(asked.length > 60, `${asked.length} attempts`);
    assert.ok(longest <= JOIN_TIMEOUT_MS + BACKOFF_MS_MAX, `${longest} ms between two attempts`);
    assert.ok(bench.clock.now() - (asked.at(-1) ?? 0) <= JOIN_TIMEOUT_MS + BACKOFF_MS_MAX);
    assert.not(isJoined(bench), "a late answer to an earlier attempt is no answer");
    assert.ok(bench.kicks > 1000, "meanwhile it lives");
  });
}

const BROKERS: [string, (bench: TestBench) => TestBench["ports"]["network"]["connect"]][] = [
  [
    "throws",
    () => () => {
      throw new Error("Unable to locate host");
    },
  ],
  ["never says a word", () => () => ({ write: () => undefined, close: () => undefined })],
  [
    "opens and is mute",
    (bench) => (_host, _port, handlers) => {
      bench.clock.setTimer(5, () => handlers.opened());
      return { write: () => undefined, close: () => undefined };
    },
  ],
  [
    "closes at once",
    (bench) => (_host, _port, handlers) => {
      bench.clock.setTimer(5, () => handlers.closed("reset"));
      return { write: () => undefined, close: () => undefined };
    },
  ],
];

for (const [what, connect] of BROKERS) {
  test(`a connection that ${what} is tried again for as long as the trap runs, up to the new start that may help`, () => {
    const { bench } = start();
    const make = connect(bench);
    const tried: number[] = [];
    bench.ports.network.connect = (...args) => {
      tried.push(bench.clock.now());
      return make(...args);
    };
    bench.clock.advance(28 * MINUTE);
    const longest = Math.max(...tried.map((at, i) => at - (tried[i - 1] ?? at)));
    assert.ok(tried.length > 20, `${tried.length} attempts`);
    assert.ok(longest <= 2 * MINUTE, `${longest} ms between two attempts`);
    assert.is(bench.reboots, 0);
    bench.clock.advance(5 * MINUTE);
    assert.is(bench.reboots > 0, true, "half an hour without a session on a network");
  });
}

test("a radio that has lost the network without a word is made to join again", () => {
  const { bench, cloud, asked } = start();
  bench.clock.advance(30_000);
  assert.ok(cloud.connects > 0, "it is online");
  const before = asked.length;
  bench.isReachable = false;
  bench.sockets.at(-1)?.handlers.closed("reset");
  bench.clock.advance(DOUBT_MS + MINUTE);
  assert.is(asked.length, before + 1);
  bench.clock.advance(DOUBT_MS);
  assert.is(asked.length, before + 2);
  bench.isReachable = true;
  const connects = cloud.connects;
  bench.clock.advance(2 * MINUTE);
  assert.ok(cloud.connects > connects, "and comes back by itself");
  assert.is(bench.reboots, 0);
});
