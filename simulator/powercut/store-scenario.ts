// Owns the record store alone under power cuts: records of every kind a trap keeps are changed one after the other until pages have
// been renewed. After a cut every record is as it was, but the one that was being changed, which may be new.
import { createFlash, type Flash } from "../board/flash.ts";
import { expect, type Scenario, type Stage } from "./scenario.ts";

/** What a trap may ask of whatever keeps its records. */
export interface Store {
  find(key: string): string | null;
  /** True promises that the record outlives a power cut from now on. */
  put(key: string, value: string): boolean;
  remove(key: string): boolean;
}

/** Opens the store that lies in this flash, as a boot does. */
export type StoreOpener = (flash: Flash) => Store;

interface Change {
  key: string;
  /** Null removes. */
  value: string | null;
}

const KEYS = ["boot", "cred", "wifi", "conf", "lat", "slot", "e4", "e8", "e12"];
/** Written at first and then seldom: the renewal of a page has to carry them over. */
const SELDOM = ["cred", "wifi", "e8"];
const SELDOM_EVERY = 32;

/** How many changes before the operation begins, and how many it is. */
export interface Extent {
  before: number;
  during: number;
}

/** Once round the pages, and then through the renewal of several. */
const WIDE: Extent = { before: 90, during: 60 };

function createChange(number: number): Change {
  const turn = KEYS[(number * 5) % KEYS.length] ?? "";
  const isKept = SELDOM.includes(turn) && number >= KEYS.length && number % SELDOM_EVERY !== 0;
  const key = isKept ? "lat" : turn;
  if (key.startsWith("e") && number % 2 === 0) return { key, value: null };
  // Events are short, and all settings together fit into a quarter of a page: more the store does not take.
  const spread = key.startsWith("e") ? 40 : 120;
  return { key, value: `${key} ${number} `.padEnd(20 + ((number * 37) % spread), "abcdefgh") };
}

/** What really happened, as the one who changes the records knows it. */
interface Truth {
  records: Record<string, string>;
  /** Changes that were acknowledged. */
  done: number;
  pending: Change | null;
}

class StoreStage implements Stage {
  readonly flash = createFlash();
  readonly #open: StoreOpener;
  readonly #extent: Extent;
  #store: Store | undefined;
  #truth: Truth = { records: {}, done: 0, pending: null };
  #tell: ((line: string) => void) | undefined;

  constructor(open: StoreOpener, extent: Extent) {
    this.#open = open;
    this.#extent = extent;
  }

  prepare(): void {
    this.#store = this.#open(this.flash);
    for (let i = 0; i < this.#extent.before; i++) this.#change(createChange(i));
    this.#truth.done = 0;
  }

  run(): void {
    while (this.#truth.done < this.#extent.during) this.#change(createChange(this.#extent.before + this.#truth.done));
    this.#compare();
  }

  recover(): string {
    const { pending, records } = this.#truth;
    this.#store = this.#open(this.flash);
    this.#truth.pending = null;
    expect(pending !== null, "the power went while nothing was being changed");
    if (pending === null) return "";
    const found = this.#store.find(pending.key);
    this.#tell?.(`${pending.key} was being changed and is ${found === pending.value ? "new" : "old"}`);
    const old = records[pending.key] ?? null;
    if (found === pending.value) records[pending.key] = found ?? "";
    else expect(found === old, `${pending.key} is neither the old value nor the new: ${found}`);
    if (found === null) delete records[pending.key];
    this.#compare();
    return found === old ? "old" : "new";
  }

  powerOff(): void {
    this.#store = undefined;
  }

  saveOutside(): string {
    return JSON.stringify(this.#truth);
  }

  restoreOutside(saved: string): void {
    this.#truth = JSON.parse(saved) as Truth;
  }

  setTeller(tell: ((line: string) => void) | undefined): void {
    this.#tell = tell;
  }

  #change(change: Change): void {
    const truth = this.#truth;
    truth.pending = change;
    this.#tell?.(`change ${truth.done}: ${change.key} = ${change.value}`);
    const isDone = change.value === null ? this.#store?.remove(change.key) : this.#store?.put(change.key, change.value);
    expect(isDone === true, `the store refused to change ${change.key}`);
    if (change.value === null) delete truth.records[change.key];
    else truth.records[change.key] = change.value;
    truth.pending = null;
    truth.done += 1;
  }

  #compare(): void {
    for (const key of KEYS) {
      const expected = this.#truth.records[key] ?? null;
      const found = this.#store?.find(key);
      expect(found === expected, `${key} should be ${expected} and is ${found}`);
    }
  }
}

export function createStoreScenario(name: string, title: string, open: StoreOpener, extent = WIDE): Scenario {
  return {
    ...{ name, title, isPaired: false, states: ["old", "new"] },
    createStage: () => new StoreStage(open, extent),
  };
}
