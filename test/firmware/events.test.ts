// Events on the whole device: from the plunger to the acknowledgement, over lost acknowledgements, lost power and lost connections.
import * as assert from "uvu/assert";
import { ACK_TIMEOUT_MS, encodeAck } from "#protocol";
import { suite } from "../support/suite.ts";
import { type CloudDouble, createCloudDouble, startOwned } from "./cloud-double.ts";
import { createTestBench, createTestFlash, PowerCut, type TestBench } from "./ports-double.ts";

const test = suite("events");

function arm(bench: TestBench): void {
  bench.setPlunger(true);
  bench.clock.advance(2100);
}

function spring(bench: TestBench): void {
  bench.setPlunger(false);
  bench.clock.advance(60);
}

/** The same flash on a new board. */
function reboot(bench: TestBench, options: { plungerSet: boolean }): { bench: TestBench; cloud: CloudDouble } {
  const flash = createTestFlash(15, 4096, bench.flash.bytes);
  const next = createTestBench({ wired: true, flash, ...options });
  const cloud = createCloudDouble(next);
  next.boot();
  return { bench: next, cloud };
}

const kinds = (cloud: CloudDouble): string[] => cloud.list("event").map((event) => event.kind);

test("a spring reaches the cloud within the confirmation and a few milliseconds, with its age", () => {
  const { bench, cloud } = startOwned();
  arm(bench);
  spring(bench);
  assert.equal(kinds(cloud), ["armed", "sprung"]);
  const sprung = cloud.list("event")[1]!;
  assert.equal([sprung.age, sprung.exact, sprung.seq], [50, true, 2]);
  bench.clock.advance(1000);
  assert.ok(bench.findLine("trap")?.endsWith("state=sprung"));
  assert.equal(kinds(reboot(bench, { plungerSet: false }).cloud), []);
});

test("[OUTBOX-1] an event whose acknowledgement is lost is sent again under the same name", () => {
  const { bench, cloud } = startOwned();
  cloud.acknowledges = false;
  arm(bench);
  spring(bench);
  bench.clock.advance(ACK_TIMEOUT_MS + 5000);
  const events = cloud.list("event");
  const names = events.map((event) => `${event.boot} ${event.seq} ${event.kind}`);
  assert.ok(names.length >= 4, "the connection was taken for dead and made anew");
  assert.equal(names.slice(2, 4), names.slice(0, 2));
  assert.ok(events[3]!.age > events[1]!.age && events[3]!.exact);
  cloud.acknowledges = true;
  bench.clock.advance(120_000);
  cloud.received = [];
  bench.clock.advance(120_000);
  assert.equal(kinds(cloud), [], "acknowledged, it is never sent again");
});

test("[OUTBOX-1] events that were not acknowledged are sent after a power cut, as older than they are known to be", () => {
  const first = startOwned();
  first.cloud.acknowledges = false;
  arm(first.bench);
  spring(first.bench);
  const next = reboot(first.bench, { plungerSet: false });
  next.bench.clock.advance(5000);
  const [armed, sprung] = next.cloud.list("event");
  assert.equal([armed?.kind, sprung?.kind, sprung?.exact], ["armed", "sprung", false]);
  assert.is(sprung?.boot, first.cloud.list("event")[1]?.boot);
  assert.ok(sprung!.age <= 5000);
  assert.is(next.cloud.list("event").length, 2, "and the spring is not told as another one of this boot");
});

test("[TRAP-2] a spring while the power was gone is told by the next boot", () => {
  const first = startOwned();
  arm(first.bench);
  const next = reboot(first.bench, { plungerSet: false });
  next.bench.clock.advance(5000);
  const [sprung] = next.cloud.list("event");
  assert.equal([sprung?.kind, sprung?.exact], ["sprung", false]);
  assert.is(sprung?.boot, next.cloud.list("hello")[0]?.boot);
});

for (const acknowledges of [false, true]) {
  test(`[TRAP-1] wherever the power goes while a spring is written down, it is told exactly once, acknowledged by the next boot: ${acknowledges}`, () => {
    const armed = startOwned();
    arm(armed.bench);
    for (let cutAt = 1; ; cutAt++) {
      let isOver = true;
      const told = new Set<string>();
      const bench = createTestBench({
        ...{ wired: true, plungerSet: true },
        flash: createTestFlash(15, 4096, armed.bench.flash.bytes),
      });
      const cloud = createCloudDouble(bench);
      cloud.acknowledges = false;
      const cut = bench.flash.write;
      bench.boot();
      bench.clock.advance(1000);
      bench.flash.operations = 0;
      bench.flash.cutAt = cutAt;
      bench.flash.torn = 0.5;
      // The firmware counts an exception and goes on; after a power cut there is nobody to go on.
      let isDark = false;
      bench.flash.write = (address, data) => {
        if (isDark) throw new PowerCut();
        try {
          cut(address, data);
        } catch (thrown) {
          isDark = true;
          isOver = false;
          throw thrown;
        }
      };
      spring(bench);
      const boots = [cloud];
      for (let i = 0; i < 2; i++) {
        const next = reboot(bench, { plungerSet: false });
        next.cloud.acknowledges = acknowledges;
        next.bench.clock.advance(1000);
        boots.push(next.cloud);
        bench.flash.bytes = next.bench.flash.bytes;
      }
      for (const one of boots.slice(isOver ? 0 : 1)) {
        for (const event of one.list("event")) if (event.kind === "sprung") told.add(`${event.boot} ${event.seq}`);
      }
      assert.is(told.size, 1, `cut at ${cutAt}: ${[...told].join(", ")}`);
      if (isOver) break;
    }
  });
}

test("acknowledgements of others, and garbage, leave the event where it is", () => {
  const { bench, cloud } = startOwned();
  cloud.acknowledges = false;
  arm(bench);
  const { boot } = cloud.list("event")[0]!;
  cloud.send({ name: "ack", value: { boot, seq: 99 } });
  cloud.send({ name: "ack", value: { boot: "f".repeat(16), seq: 1 } });
  cloud.sendRaw("tenant/x/device/y/down/ack", encodeAck({ boot, seq: 1 }));
  bench.clock.advance(100);
  bench.type("info");
  assert.ok(bench.findLine("health")?.includes("outbox=1 refusals=1"));
});

test("without a connection everything waits, in order, and goes out with hello before it", () => {
  const { bench, cloud } = startOwned();
  bench.isReachable = false;
  bench.sockets.at(-1)!.handlers.closed("gone");
  cloud.received = [];
  arm(bench);
  spring(bench);
  bench.clock.advance(60_000);
  bench.setButton(true);
  bench.clock.advance(200);
  bench.setButton(false);
  bench.setPlunger(true);
  bench.clock.advance(5000);
  bench.isReachable = true;
  bench.clock.advance(70_000);
  assert.is(cloud.received[0]?.name, "hello");
  assert.equal(kinds(cloud), ["armed", "sprung", "silenced", "rearmed"]);
  assert.equal(
    cloud.list("event").map((event) => event.seq),
    [1, 2, 3, 4],
  );
});

test("a trap that nobody owns keeps its events to itself", () => {
  const bench = createTestBench({ wired: true });
  bench.boot();
  arm(bench);
  spring(bench);
  assert.ok(bench.findLine("event")?.includes("kind=sprung seq=0"));
  bench.type("info");
  assert.ok(bench.findLine("health")?.includes("outbox=0"));
});

test("a battery that gets low and recovers is told once each, with its voltage", () => {
  const { bench, cloud } = startOwned();
  for (const mv of [3350, 3299, 3305, 3280, 3450, 3499, 3501, 3400, 4000]) {
    bench.pins.batteryMv = mv;
    bench.clock.advance(10_000);
  }
  const events = cloud.list("event").map((event) => `${event.kind} ${event.value}`);
  assert.equal(events, ["battery-low 3299", "battery-ok 3501"]);
});
