// The device as a whole: commands, configuration, telemetry, the button, the console, and whatever else comes in.
import fc from "fast-check";
import * as assert from "uvu/assert";
import { DOWN_NAMES, encodeConfiguration, KEEP_ALIVE_S, parseConsoleLine } from "#protocol";
import { suite } from "../support/suite.ts";
import { createCloudDouble, DEVICE, startOwned, TENANT } from "./cloud-double.ts";
import { createTestBench, createTestFlash, IDENTITY } from "./ports-double.ts";
import { SEED } from "./seed.ts";

const test = suite("device");
const WISH = { rev: 3, telemetryS: 60, confirmMs: 200, armDelayMs: 500, buzzer: false };

test("hello says who runs what since when", () => {
  const { bench, cloud } = startOwned();
  const [hello] = cloud.list("hello");
  const { boot, sha256, ...rest } = hello!;
  assert.is(boot.length, 16);
  assert.is(sha256, bench.ports.slots.sha256);
  const { uptimeMs, ...facts } = rest;
  assert.ok(uptimeMs > 2000);
  assert.equal(facts, {
    ...{ session: 1, version: "1.0.0", hardware: "esp32-devkit", reason: 1, state: "disarmed", rev: 0 },
    ...{ batteryMv: 4000, rssi: -57 },
  });
});

test("boots are counted, and a factory reset does not begin them anew", () => {
  let flash = createTestFlash();
  const boots: string[] = [];
  for (let i = 0; i < 4; i++) {
    const bench = createTestBench({ wired: true, flash });
    bench.chance = i;
    bench.boot();
    boots.push(bench.findLine("boot")!.split("id=")[1]!.slice(0, 8));
    if (i === 1) bench.type("reset");
    flash = createTestFlash(15, 4096, flash.bytes);
  }
  assert.equal(boots, ["00000001", "00000002", "00000003", "00000004"]);
});

test("a command is answered, done once however often it comes, and answered again", () => {
  const { bench, cloud } = startOwned();
  for (let i = 0; i < 3; i++) cloud.send({ name: "command", value: { id: 5, command: "identify" } });
  bench.clock.advance(100);
  assert.equal(
    cloud.list("result"),
    [1, 2, 3].map(() => ({ id: 5, code: 0 })),
  );
  assert.is(bench.lines.filter((line) => line.includes("command=identify")).length, 1);
  assert.is(bench.pins.hz, 3000);
  bench.clock.advance(10_000);
  assert.is(bench.pins.hz, 0);
});

test("a command that comes with the welcome in one piece is answered", () => {
  const { bench, cloud } = startOwned();
  bench.sockets.at(-1)?.handlers.closed("gone");
  cloud.welcomes = false;
  bench.clock.advance(2_000);
  const [, hello] = cloud.list("hello");
  assert.ok(hello, "it has said hello again");
  const socket = bench.sockets.at(-1)!;
  const { received } = socket.handlers;
  let piece = "";
  socket.handlers.received = (data) => {
    piece += data;
  };
  cloud.send({ name: "welcome", value: { boot: hello.boot, session: hello.session } });
  cloud.send({ name: "command", value: { id: 8, command: "identify" } });
  bench.clock.advance(10);
  socket.handlers.received = received;
  received(piece);
  bench.clock.advance(10);
  assert.equal(cloud.list("result"), [{ id: 8, code: 0 }]);
});

test("reboot answers first; delivered again after the boot it is answered and not done", () => {
  const first = startOwned();
  first.cloud.send({ name: "command", value: { id: 7, command: "reboot" } });
  first.bench.clock.advance(400);
  assert.equal([first.cloud.list("result").length, first.bench.reboots], [1, 0]);
  first.bench.clock.advance(200);
  assert.is(first.bench.reboots, 1);
  const bench = createTestBench({ wired: true, flash: createTestFlash(15, 4096, first.bench.flash.bytes) });
  const cloud = createCloudDouble(bench);
  bench.boot();
  bench.clock.advance(100);
  cloud.send({ name: "command", value: { id: 7, command: "reboot" } });
  bench.clock.advance(10_000);
  assert.equal([cloud.list("result"), bench.reboots], [[{ id: 7, code: 0 }], 0]);
});

test("silence from afar and the owner's wish for no buzzer are both kept over a boot", () => {
  const { bench, cloud } = startOwned();
  bench.setPlunger(true);
  bench.clock.advance(3000);
  bench.setPlunger(false);
  bench.clock.advance(100);
  assert.is(bench.pins.hz, 2500);
  cloud.send({ name: "command", value: { id: 1, command: "silence" } });
  cloud.send({ name: "config", value: WISH });
  bench.clock.advance(100);
  assert.is(bench.pins.hz, 0);
  assert.equal(cloud.list("reported").at(-1), WISH);
  const next = createTestBench({ wired: true, flash: createTestFlash(15, 4096, bench.flash.bytes) });
  const nextCloud = createCloudDouble(next);
  next.boot();
  next.clock.advance(2000);
  assert.equal([next.pins.hz, nextCloud.list("reported")[0]], [0, WISH]);
  assert.ok(next.findLine("trap")?.includes("sprung"));
});

test("a wish out of bounds is refused and counted; an older one is answered with what is in force", () => {
  const { bench, cloud } = startOwned();
  cloud.send({ name: "config", value: WISH });
  cloud.sendRecord("config", encodeConfiguration({ ...WISH, rev: 4, confirmMs: 4 }));
  cloud.send({ name: "config", value: { ...WISH, rev: 2, confirmMs: 300 } });
  bench.clock.advance(100);
  const revs = cloud.list("reported").map((reported) => [reported.rev, reported.confirmMs]);
  assert.equal(revs, [
    [0, 50],
    [3, 200],
    [3, 200],
  ]);
  bench.type("info");
  assert.ok(bench.findLine("health")?.includes("refusals=1"));
});

test("telemetry comes on connecting, at its interval and soon after a change", () => {
  const { bench, cloud } = startOwned();
  bench.pins.batteryMv = 0;
  bench.clock.advance(11_000);
  cloud.send({ name: "config", value: { ...WISH, telemetryS: 60 } });
  bench.clock.advance(100);
  cloud.received = [];
  bench.clock.advance(240_000);
  assert.is(cloud.list("telemetry").length, 4);
  bench.setPlunger(true);
  bench.clock.advance(1100);
  assert.is(cloud.list("telemetry").at(-1)?.state, "armed");
  bench.pins.batteryMv = 3850;
  bench.clock.advance(11_000);
  assert.is(cloud.list("telemetry").at(-1)?.batteryMv, 3850);
});

test("the connection is kept alive, and one that has gone dumb is found out within the keep alive", () => {
  const { bench, cloud } = startOwned();
  bench.clock.advance(300_000);
  assert.is(cloud.connects, 1);
  assert.ok(cloud.commands.filter((command) => command === "pingreq").length >= 14);
  cloud.isMute = true;
  bench.clock.advance(KEEP_ALIVE_S * 1000 + 2000);
  assert.is(cloud.connects, 2);
  assert.ok(bench.lines.some((line) => line.includes("no answer to a ping")));
});

test("the button in a hand: short silences, long opens claiming, longest resets, with progress on LED and buzzer", () => {
  const bench = createTestBench({ wired: true });
  const cloud = createCloudDouble(bench);
  bench.boot();
  const beeps: number[] = [];
  bench.setButton(true);
  for (let ms = 0; ms < 10_000; ms += 10) {
    bench.clock.advance(10);
    if (bench.pins.hz === 2000 && beeps.at(-1) !== Math.floor(bench.clock.now() / 1000)) {
      beeps.push(Math.floor(bench.clock.now() / 1000));
    }
  }
  assert.equal(beeps, [3, 4, 5, 6, 7, 8, 9]);
  bench.setButton(false);
  bench.clock.advance(1000);
  assert.is(bench.findLine("button")?.split("press=")[1], "reset");
  assert.equal([cloud.released, bench.reboots], [1, 1]);
});

test("Wi-Fi is named over the console, kept over a boot, and joined for ever", () => {
  const bench = createTestBench();
  bench.boot();
  bench.wifi.isUp = false;
  bench.type('wifi ssid="my home" pass="se:cret \\"1\\""');
  bench.clock.advance(200);
  assert.ok(bench.findLine("link")?.includes("state=waiting error=NO_AP_FOUND"));
  bench.clock.advance(3_600_000);
  assert.ok(bench.wifi.joins > 50);
  bench.wifi.isUp = true;
  bench.clock.advance(61_000);
  assert.ok(bench.findLine("link")?.includes("state=joined"));
  bench.wifi.lose();
  bench.clock.advance(61_000);
  assert.ok(bench.findLine("link")?.includes("state=joined"));
  const next = createTestBench({ flash: createTestFlash(15, 4096, bench.flash.bytes) });
  next.boot();
  next.clock.advance(200);
  assert.ok(next.findLine("link")?.includes("state=joined"));
});

test("orders that are none are refused, counted and change nothing", () => {
  const { bench } = startOwned();
  const lines = [
    "",
    "dance",
    "wifi",
    "wifi ssid=",
    `wifi ssid=${"x".repeat(33)}`,
    "wifi ssid=a ssid=b",
    '"',
    "claim code",
  ];
  for (const line of lines) bench.type(line);
  bench.type("info");
  assert.ok(bench.findLine("health")?.includes(`refusals=${lines.length} faults=0`), bench.findLine("health"));
});

test("what is wrong inside takes nothing else with it, and is counted", () => {
  const { bench, cloud } = startOwned();
  bench.ports.pins.batteryMv = () => {
    throw new Error("the converter is gone");
  };
  bench.clock.advance(30_000);
  bench.setPlunger(true);
  bench.clock.advance(3000);
  assert.equal(cloud.list("event")[0]?.kind, "armed");
  assert.ok(bench.findLine("fault")?.includes("code=63"));
});

test("broken off in the middle, as the interpreter does when memory is out, the device wakes and loses no spring", () => {
  const { bench, cloud } = startOwned();
  bench.setPlunger(true);
  bench.clock.advance(3000);
  const { write } = bench.flash;
  const { print } = bench.ports.console;
  const breakOff = (): never => {
    throw new Error("out of memory");
  };
  // Not even the report of the fault gets through, as when nothing can be caught.
  bench.setPlunger(false);
  bench.flash.write = breakOff;
  bench.ports.console.print = breakOff;
  assert.throws(() => bench.clock.advance(100), "out of memory");
  bench.flash.write = write;
  bench.ports.console.print = print;
  bench.clock.advance(20_000);
  assert.ok(bench.findLine("fault")?.includes("about=interrupted"));
  assert.equal(
    cloud.list("event").map((event) => event.kind),
    ["armed", "sprung"],
  );
});

test("the watchdog is told while the device works, and not after it was stopped", () => {
  const { bench, device } = startOwned();
  bench.clock.advance(100_000);
  assert.ok(bench.kicks >= 9);
  const { kicks } = bench;
  device.stop();
  bench.clock.advance(100_000);
  assert.is(bench.kicks, kicks);
  assert.is(bench.clock.timerCount(), 0);
  bench.setPlunger(true);
  bench.type("info");
  assert.is(bench.clock.timerCount(), 0);
});

test("whatever the broker sends, the trap stays a trap", () => {
  const sealed = fc.constantFrom(...DOWN_NAMES);
  const name = fc.constantFrom(...DOWN_NAMES, "hello", "", "x");
  const topic = fc.oneof(
    name.map((one) => `tenant/${TENANT}/device/${DEVICE}/down/${one}`),
    fc.string({ maxLength: 40 }),
  );
  const json = fc.dictionary(fc.constantFrom("v", "id", "boot", "seq", "rev", "command", "size"), fc.jsonValue());
  const payload = fc.oneof(
    json.map((value) => JSON.stringify({ v: 1, ...value })),
    fc.uint8Array({ maxLength: 1200 }).map((array) => Buffer.from(array).toString("latin1")),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(topic, sealed, payload), { minLength: 1, maxLength: 10 }), (messages) => {
      const { bench, cloud } = startOwned();
      for (const [to, name, bytes] of messages) {
        if (to !== "") cloud.sendRaw(Buffer.from(to).toString("latin1"), bytes);
        cloud.sendRecord(name, bytes);
      }
      bench.clock.advance(1000);
      bench.setPlunger(true);
      bench.clock.advance(3000);
      assert.ok(cloud.list("event").some((event) => event.kind === "armed"));
      assert.not.ok(bench.findLine("fault"), bench.findLine("fault"));
    }),
    { seed: SEED, numRuns: 30 },
  );
});

test("whatever bytes come on the socket, it is closed or waited on, and the trap comes back", () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 200 }).map((array) => Buffer.from(array).toString("latin1"));
  fc.assert(
    fc.property(fc.array(bytes, { minLength: 1, maxLength: 5 }), (pieces) => {
      const { bench, cloud } = startOwned();
      for (const piece of pieces) bench.sockets.at(-1)!.handlers.received(piece);
      bench.clock.advance(120_000);
      cloud.received = [];
      bench.setPlunger(true);
      bench.clock.advance(3000);
      assert.ok(cloud.list("event").some((event) => event.kind === "armed"));
      assert.not.ok(bench.findLine("fault"), bench.findLine("fault"));
    }),
    { seed: SEED, numRuns: 25 },
  );
});

test("whatever the cloud answers over HTTP, the trap goes on asking and believes nothing", () => {
  const body = fc.oneof(
    fc.string({ maxLength: 100 }),
    fc.constant('{"v":1,"status":"ready","challenge":"0","proof":"0"}'),
    fc.constant(`{"v":1,"challenge":"${"0".repeat(32)}"}`),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom(0, 200, 204, 401, 500), body), { minLength: 5 }), (answers) => {
      const bench = createTestBench({ wired: true });
      let at = 0;
      bench.onRequest = () => {
        at += 1;
        const [status, text] = answers[at % answers.length]!;
        return { status, body: text, error: "" };
      };
      bench.boot();
      bench.type("claim");
      bench.clock.advance(60_000);
      assert.ok(at > 3);
      assert.is(bench.sockets.length, 0);
      assert.not.ok(bench.findLine("fault"));
    }),
    { seed: SEED, numRuns: 25 },
  );
});

test("the console speaks its grammar, names the trap, and never its key or a password", () => {
  const { bench } = startOwned();
  bench.type("wifi ssid=home pass=very-secret");
  bench.type("info");
  const all = bench.lines.join("\n");
  assert.ok(all.includes(IDENTITY.serial));
  const unread = bench.lines.filter((line) => parseConsoleLine(line) === null);
  assert.equal(unread, [], "every line follows the grammar that benches read");
  for (const secret of [IDENTITY.key, "very-secret", "a5a5"]) assert.not.ok(all.includes(secret), secret);
});
