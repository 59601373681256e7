// An outbox that days without a network have filled to its bound, on the real interpreter with the limits of an ESP32: the trap starts with
// it, springs, finds the cloud again and tells everything in order. The days themselves are written into its flash by the host, with the
// firmware's own store and outbox.
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import * as assert from "uvu/assert";
import { type EventKind, IDENTITY_FLASH_ADDRESS } from "#protocol";
import { ensureImage } from "../../firmware/image/ensure-image.ts";
import { insertEvent, openOutbox } from "../../firmware/session/outbox.ts";
import { openRecordStore } from "../../firmware/store/record-store.ts";
import { composeTrapImage } from "../../simulator/trap-image.ts";
import { createTestFlash, sha256 } from "../firmware/ports-double.ts";
import { createTestCloud, FACTORY_TOKEN, type TestCloud } from "../support/cloud.ts";
import { type EspruinoBoard, getEspruino, startEspruinoBoard } from "../support/espruino.ts";
import { eventually } from "../support/eventually.ts";
import { suite } from "../support/suite.ts";

const LIMIT_MS = 180_000;
const test = suite("a full outbox on the real interpreter", { limitMs: LIMIT_MS, fileLimitMs: 300_000 });
const ROOT = path.resolve(import.meta.dirname, "../..");
const STORE_ADDRESS = IDENTITY_FLASH_ADDRESS + 4096;
const STORE_PAGES = 15;
/** What a trap lives by in those days: a person comes, it springs, it is silenced and set again. */
const DAY: EventKind[] = ["armed", "sprung", "silenced", "rearmed", "sensor-fault", "armed"];
/** Of 2,500 variables, what must be left for whatever the trap does beside. */
const LEFT_MIN = 150;

const KNOWN = {
  ...{ serialNumber: "TL-SILICON-2", macAddress: "24:0a:c4:33:33:34", key: "6b".repeat(32), hardware: "esp32" },
  kind: "live-catch",
} as const;

let folder: string | undefined;
let cloud: TestCloud | undefined;
let board: EspruinoBoard | undefined;

test.after(async () => {
  await board?.stop();
  await cloud?.stop();
  if (folder) await fs.rm(folder, { recursive: true, force: true });
});

/** Boots the board; `says` waits for a line of its console. */
function startBoard(device: string) {
  const running = startEspruinoBoard(getEspruino(), device);
  board = running;
  const says = (text: string, withinMs = 30_000) =>
    eventually(
      () => {
        const line = running.lines.find((one) => one.includes(text));
        if (line === undefined) throw new Error(running.lines.slice(-12).join("\n"));
        return line;
      },
      { withinMs, because: `the interpreter prints "${text}"` },
    );
  return { running, says };
}

/** Writes events into the flash of a board that is off, until no more go in; so many wait then. */
async function fillOutbox(imagePath: string): Promise<number> {
  const image = await fs.readFile(imagePath);
  const from = STORE_ADDRESS;
  const flash = createTestFlash(STORE_PAGES, 4096, image.subarray(from, from + STORE_PAGES * 4096));
  const outbox = openOutbox(openRecordStore(flash, sha256), "0000000900000000", 0);
  for (let i = 0; outbox.store.tags.length < outbox.store.queuedMax; i++) {
    const kind = DAY[i % DAY.length] ?? "armed";
    assert.ok(insertEvent(outbox, kind, 0, 600_000 * (i + 1), true).stored);
  }
  flash.bytes.copy(image, from);
  await fs.writeFile(imagePath, image);
  return outbox.store.tags.length;
}

test("[OUTBOX-2] a trap with a full outbox starts, springs and tells everything, within 2,500 variables", async () => {
  getEspruino();
  folder = await fs.mkdtemp(path.join(os.tmpdir(), "trapline-outbox-"));
  const firmware = await ensureImage({ root: ROOT, outDir: path.join(ROOT, ".trapline", "firmware") });
  cloud = await createTestCloud();
  const { ask, httpAddress } = cloud;
  const { token } = await cloud.createOwner();
  assert.is((await ask({ url: "/api/v1/factory/devices", as: FACTORY_TOKEN, body: KNOWN })).status, 201);
  const { code } = (await ask({ url: "/api/v1/claim-codes", as: token, body: { deviceName: "Loft" } })).json;
  const device = path.join(folder, "device");
  await fs.mkdir(device);
  const imagePath = path.join(device, "espruino.flash");
  const { serialNumber: serial, macAddress: mac, ...rest } = KNOWN;
  const address = { host: "127.0.0.1", port: Number(new URL(httpAddress).port) };
  await fs.writeFile(imagePath, composeTrapImage({ serial, mac, ...rest, ...address }, firmware));

  const first = startBoard(device);
  await first.says("trap state=armed");
  first.running.send(`TL("claim code=${code}")`);
  await first.says("session state=online");
  const { devices } = (await ask({ url: "/api/v1/devices", as: token })).json;
  const listEvents = async (): Promise<{ kind: string; bootId: string; sequence: number }[]> =>
    (await ask({ url: `/api/v1/devices/${devices[0]?.id}/events?limit=500`, as: token })).json.events;
  await first.running.stop();

  const waiting = await fillOutbox(imagePath);
  const begunAt = Date.now();
  const { running, says } = startBoard(device);
  running.send("var most=0;setInterval(function(){var u=process.memory().usage;if(u>most)most=u},20)");
  const booted = await says("session state=connecting");
  console.log(`${waiting} events waited; on its way to the cloud after ${Date.now() - begunAt} ms: ${booted}`);
  running.send('global["digitalRead"]=function(){return 1}');
  await says("trap state=sprung");
  await says("session state=online");
  const isTold = async () => (await listEvents()).filter((event) => event.bootId.startsWith("00000009")).length;
  await eventually(async () => (await isTold()) === waiting, {
    ...{ withinMs: 120_000, because: "all that waited is in the cloud" },
  });
  running.send('print("most",most,process.memory().total)');
  const [, most, total] = (await says("most ")).split(" ").map(Number);
  console.log(`at most ${most} of ${total} variables`);
  assert.not(running.lines.some((line) => line.includes("MEMORY") || line.includes("reason=6")));
  assert.ok((total ?? 0) - (most ?? 0) >= LEFT_MIN, `${most} of ${total} variables`);
  const told = (await listEvents()).filter((event) => event.bootId.startsWith("00000009"));
  const sequences = told.map((event) => event.sequence).sort((a, b) => a - b);
  assert.equal(
    sequences,
    Array.from({ length: waiting }, (_, i) => i + 1),
  );
});
