// Days offline by chance, against a model: events, losses of power at any flash operation, reboots, connections that come and go,
// acknowledgements that are lost. What must arrive arrives, in order, as what it was, and never older than it is.
import * as assert from "uvu/assert";
import type { DeviceEvent, EventKind } from "#protocol";
import { noteLife, openLife } from "../../../firmware/session/life.ts";
import {
  applyAck,
  countWaiting,
  IN_FLIGHT_MAX,
  insertEvent,
  type Outbox,
  openOutbox,
  restartOutbox,
  takeEvent,
} from "../../../firmware/session/outbox.ts";
import { openRecordStore } from "../../../firmware/store/record-store.ts";
import { getSeed } from "../../support/property.ts";
import { suite } from "../../support/suite.ts";
import { createTestFlash, PowerCut, sha256, type TestFlash } from "../ports-double.ts";
import { createChance } from "../store/weak-flash.ts";

const test = suite("days offline", { limitMs: 60_000 });
const RUNS = 40;
const STEPS = 400;
const KINDS: EventKind[] = [
  ...(["sprung", "sprung", "sensor-fault", "armed", "rearmed", "silenced", "disarmed"] as const),
  ...(["false-trigger", "false-trigger", "battery-low", "battery-ok"] as const),
];

interface Happened {
  order: number;
  kind: EventKind;
  /** By a clock no trap has, in milliseconds. */
  at: number;
  /** False if the power went while it was written: it may be there or not. */
  certain: boolean;
}

/** The world around one trap: what really happened, and what the cloud was told. */
class World {
  readonly flash: TestFlash;
  readonly happened = new Map<string, Happened>();
  readonly told = new Map<string, { event: DeviceEvent; order: number }>();
  readonly #chance: () => number;
  #outbox: Outbox;
  /** The real time, and the real time at which this boot began. */
  #now = 0;
  #bootedAt = 0;
  #falseTriggers = 0;
  dropped = 0;
  cuts = 0;
  lastOrder = -1;

  constructor(chance: () => number) {
    this.#chance = chance;
    this.flash = createTestFlash(8, 576);
    this.#outbox = this.#open();
  }

  #open(): Outbox {
    const store = openRecordStore(this.flash, sha256);
    const life = openLife(store, Math.floor(this.#chance() * 2 ** 31));
    return openOutbox(store, life.boot, life.lifeMs);
  }

  /** Time without power, and a start that may itself be cut short. */
  boot(): void {
    for (let tries = 0; ; tries++) {
      this.#now += Math.floor(this.#chance() * 5_000_000);
      this.#bootedAt = this.#now;
      this.#falseTriggers = 0;
      if (this.#isDone(tries < 3, () => (this.#outbox = this.#open()))) return;
    }
  }

  /** Do something to the flash; now and then the power goes in the middle. False if it did. */
  #isDone(mayCut: boolean, act: () => void): boolean {
    this.flash.operations = 0;
    this.flash.cutAt = mayCut && this.#chance() < 0.04 ? 1 + Math.floor(this.#chance() * 12) : 0;
    this.flash.torn = this.#chance() * 2 - 1;
    try {
      act();
      return true;
    } catch (thrown) {
      if (!(thrown instanceof PowerCut)) throw thrown;
      this.cuts += 1;
      return false;
    } finally {
      this.flash.cutAt = 0;
    }
  }

  #act(act: () => void): void {
    if (!this.#isDone(true, act)) this.boot();
  }

  pass(ms: number): void {
    this.#now += ms;
    this.#act(() => noteLife(this.#outbox, this.#now - this.#bootedAt));
  }

  happen(kind: EventKind): void {
    const outbox = this.#outbox;
    const at = this.#now - this.#bootedAt;
    const value = kind === "false-trigger" ? ++this.#falseTriggers : kind.startsWith("battery") ? 3300 : 0;
    const event: Happened = { order: this.happened.size, kind, at: this.#now, certain: false };
    // Under the name it is going to have.
    this.happened.set(`${outbox.boot} ${outbox.seq + 1}`, event);
    this.#act(() => {
      this.dropped += insertEvent(outbox, kind, value, at, true).dropped;
      event.certain = true;
    });
  }

  /** A connection that lasts for so many messages. @param loss of acknowledgements, 0 to 1 */
  connect(messages: number, loss: number): void {
    const outbox = this.#outbox;
    restartOutbox(outbox);
    for (let i = 0; i < messages && outbox === this.#outbox; i++) {
      this.#now += 20;
      const event = takeEvent(outbox, this.#now - this.#bootedAt);
      if (event) this.#receive(event, outbox);
      assert.ok(outbox.inFlight.length <= IN_FLIGHT_MAX, "gently");
      const flight = outbox.inFlight[Math.floor(this.#chance() * outbox.inFlight.length)];
      if (!flight || this.#chance() < loss) continue;
      this.#act(() => assert.ok(applyAck(outbox, flight.boot, flight.seq)));
    }
    restartOutbox(this.#outbox);
  }

  #receive(event: DeviceEvent, outbox: Outbox): void {
    const name = `${event.boot} ${event.seq}`;
    const real = this.happened.get(name);
    assert.is(real?.kind, event.kind, `${name} happened`);
    const trueAge = this.#now - (real?.at ?? 0);
    if (event.exact) assert.is(event.age, trueAge, `${name} is of this boot`);
    assert.is(event.exact, event.boot === outbox.boot);
    assert.ok(event.age <= trueAge, `${name} is ${trueAge} ms old, and said to be ${event.age}`);
    const before = this.told.get(name);
    if (before) {
      assert.equal([event.kind, event.value], [before.event.kind, before.event.value], `${name} is told as before`);
      return;
    }
    const order = real?.order ?? -1;
    assert.ok(order > this.lastOrder, `${name} is told after what came later`);
    this.lastOrder = order;
    this.told.set(name, { event: { ...event }, order });
  }

  tellAll(): void {
    for (let i = 0; i < 50 && countWaiting(this.#outbox) > 0; i++) this.connect(40, 0);
    assert.is(countWaiting(this.#outbox), 0, "all that waited is told");
  }

  /** How many of a kind happened for certain, how many at most, and for how many the cloud was told. */
  count(kind: EventKind): { certain: number; most: number; told: number } {
    const happened = [...this.happened.values()].filter((event) => event.kind === kind);
    const told = [...this.told.values()].filter(({ event }) => event.kind === kind);
    return {
      certain: happened.filter((event) => event.certain).length,
      most: happened.length,
      told: told.reduce((sum, { event }) => sum + Math.max(1, event.value), 0),
    };
  }
}

function liveThrough(world: World, chance: () => number, online: number): void {
  for (let step = 0; step < STEPS; step++) {
    const pick = chance();
    if (pick < 0.6) world.happen(KINDS[Math.floor(chance() * KINDS.length)] ?? "armed");
    else if (pick < 0.85) world.pass(Math.floor(chance() * 1_500_000));
    else if (pick < 0.9) world.boot();
    else if (chance() < online) world.connect(1 + Math.floor(chance() * 30), chance());
  }
  world.tellAll();
}

for (const online of [0, 0.3, 1]) {
  test(`[OUTBOX-2] [OUTBOX-3] no alert is lost, nothing invented, all in order, no age too high: online ${online} of the time`, () => {
    let cuts = 0;
    let merged = 0;
    for (let run = 0; run < RUNS; run++) {
      const chance = createChance(getSeed() * 31 + run);
      const world = new World(chance);
      liveThrough(world, chance, online);
      for (const kind of ["sprung", "sensor-fault"] as const) {
        const { certain, most, told } = world.count(kind);
        assert.ok(certain <= told && told <= most, `run ${run}: ${told} of ${certain} to ${most} ${kind}`);
      }
      cuts += world.cuts;
      merged += [...world.told.values()].filter(({ event }) => event.kind === "sprung" && event.value > 1).length;
    }
    assert.ok(cuts > RUNS, `${cuts} cuts`);
    if (online === 0) assert.ok(merged > RUNS / 2, `${merged} told as one`);
  });
}

test("[OUTBOX-1] while there is room every event arrives, but for false triggers told by later ones", () => {
  for (let run = 0; run < RUNS; run++) {
    const chance = createChance(getSeed() * 17 + run);
    const world = new World(chance);
    for (let step = 0; step < 60; step++) {
      for (let i = 0; i < 5; i++) world.happen(KINDS[Math.floor(chance() * KINDS.length)] ?? "armed");
      if (chance() < 0.3) world.boot();
      world.tellAll();
    }
    assert.is(world.dropped, 0);
    for (const [name, event] of world.happened) {
      if (event.certain && event.kind !== "false-trigger")
        assert.ok(world.told.has(name), `run ${run}: ${name} arrived`);
    }
  }
});
