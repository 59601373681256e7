// Owns the stores that are wrong on purpose: each in a way that works every day and fails with the power. A proof that lets one of them
// pass proves nothing.
import {
  deleteRecord,
  findRecord,
  openRecordStore,
  putRecord,
  type RecordStore,
} from "../../firmware/store/record-store.ts";
import type { Flash } from "../board/flash.ts";
import { createStorage } from "../board/storage.ts";
import type { Scenario } from "./scenario.ts";
import { sha256 } from "./sha256.ts";
import { createStorePort } from "./store-port.ts";
import { createStoreScenario, type Extent, type Store } from "./store-scenario.ts";

const PAGES = 5;
/** In place of a check: right for every record, torn or whole. */
const NO_CHECK = "\0".repeat(32);

function wrap(store: RecordStore): Store {
  return {
    find: (key) => findRecord(store, key),
    put: (key, value) => putRecord(store, key, value),
    remove: (key) => deleteRecord(store, key),
  };
}

/** The firmware's own, over few pages, so that they are renewed often. */
export function openFirmwareStore(flash: Flash): Store {
  return wrap(openRecordStore(createStorePort(flash, PAGES), sha256));
}

/** Each record is a file of Storage, written where the old one stood. */
function openOverwritingStore(flash: Flash): Store {
  const storage = createStorage(flash);
  storage.checkOrWipe();
  return {
    find(key) {
      const found = storage.read(key);
      return found === undefined ? null : Buffer.from(found).toString("latin1");
    },
    put: (key, value) => storage.write(key, Buffer.from(value, "latin1")),
    remove(key) {
      storage.erase(key);
      return true;
    },
  };
}

/** Each record is written into the file of two that does not count; which one counts stands in a third, which is overwritten. */
function openPointerStore(flash: Flash): Store {
  const files = openOverwritingStore(flash);
  const findPlace = (key: string) => files.find(`${key}.p`);
  return {
    find(key) {
      const place = findPlace(key);
      return place === null || place === "-" ? null : files.find(`${key}.${place}`);
    },
    put(key, value) {
      const place = findPlace(key) === "1" ? "2" : "1";
      return files.put(`${key}.${place}`, value) && files.put(`${key}.p`, place);
    },
    remove: (key) => files.put(`${key}.p`, "-"),
  };
}

/** The firmware's own, but for the check values. */
function openUncheckedStore(flash: Flash): Store {
  return wrap(openRecordStore(createStorePort(flash, PAGES), () => NO_CHECK));
}

/** The firmware's own, but what is changed is written when the next change comes. */
function openHastyStore(flash: Flash): Store {
  const store = openFirmwareStore(flash);
  let waiting: { key: string; value: string | null } | undefined;
  const change = (key: string, value: string | null) => {
    if (waiting?.value === null) store.remove(waiting.key);
    else if (waiting) store.put(waiting.key, waiting.value);
    waiting = { key, value };
    return true;
  };
  return {
    find: (key) => (waiting?.key === key ? waiting.value : store.find(key)),
    put: change,
    remove: (key) => change(key, null),
  };
}

const SHORT: Extent = { before: 12, during: 12 };

/** Every one of them must be caught. */
export const BROKEN_STORES: Scenario[] = [
  createStoreScenario("broken-overwrite", "records are overwritten in place", openOverwritingStore, SHORT),
  createStoreScenario("broken-pointer", "a pointer file says which of two counts", openPointerStore, SHORT),
  createStoreScenario("broken-unchecked", "records have no check value", openUncheckedStore, SHORT),
  createStoreScenario("broken-hasty", "records are acknowledged before they are written", openHastyStore, SHORT),
];
