// Drives the chip with esptool-js, a public tool that was not written for it: what it finds out, writes, reads and verifies, by the stub and by
// the ROM alone.
import { createHash } from "node:crypto";
import { ESPLoader, Transport } from "esptool-js";
import * as assert from "uvu/assert";
import { createFlash, type Flash } from "../../../simulator/board/flash.ts";
import { createWearableFlash } from "../../../simulator/board/worn-flash.ts";
import { readImage } from "../../../simulator/rom/image.ts";
import { createStandInImages } from "../../../simulator/rom/stand-in-images.ts";
import { eventually } from "../../support/eventually.ts";
import { suite } from "../../support/suite.ts";
import { createFlashedImage, MAC } from "./tool.ts";
import { createWebSerialChip, type WebSerialChip } from "./web-serial.ts";

const test = suite("esptool-js on the virtual chip");
const chips: WebSerialChip[] = [];

test.after(() => {
  for (const { chip } of chips) chip.stop();
});

interface Connected extends WebSerialChip {
  loader: ESPLoader;
  log: string[];
}

function open(flash: Flash, baudrate = 921_600): Connected {
  const web = createWebSerialChip(flash);
  chips.push(web);
  const log: string[] = [];
  const loader = new ESPLoader({
    transport: new Transport(web.port),
    baudrate,
    romBaudrate: 115_200,
    terminal: createTerminal(log),
  });
  return { ...web, loader, log };
}

function createTerminal(log: string[]) {
  const write = (text: string) => void log.push(text);
  return { clean: () => undefined, write, writeLine: write };
}

/** Everything the tool does before it writes. */
async function connect(flash: Flash): Promise<Connected> {
  const connected = open(flash);
  await connected.loader.main();
  return connected;
}

/** Without a stub, as where it cannot be uploaded. */
async function connectRom(flash: Flash): Promise<Connected> {
  const connected = open(flash, 115_200);
  await connected.loader.detectChip();
  await connected.loader.flashSpiAttach(0);
  connected.loader.FLASH_WRITE_SIZE = 0x400;
  return connected;
}

function createImage(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 48) {
    bytes.set(
      createHash("sha256")
        .update(String(at))
        .digest()
        .subarray(0, Math.min(32, length - at)),
      at,
    );
  }
  return bytes;
}

const md5 = (bytes: Uint8Array) => createHash("md5").update(bytes).digest("hex");
const KEEP = { flashMode: "keep", flashFreq: "keep", flashSize: "keep", eraseAll: false } as const;

test("it knows the chip, its address, its flash, and changes the speed with a stub in place", async () => {
  const { loader, log, chip } = await connect(createFlash());
  assert.is(loader.chip.CHIP_NAME, "ESP32");
  assert.is(await loader.chip.readMac(loader), MAC);
  assert.ok(loader.IS_STUB);
  const text = log.join("\n");
  for (const part of [
    "ESP32-D0WD-V3 (revision 3)",
    "Crystal is 40MHz",
    "Stub running...",
    "Flash ID: 1640ef",
    "Changing baudrate to 921600",
  ]) {
    assert.ok(text.includes(part), `${part} in ${text}`);
  }
  assert.not.match(text, /Autodetection failed|WARNING|Continuing at/);
  assert.is(await loader.detectFlashSize(), "4MB");
  assert.is(chip.state(), "loader");
});

for (const compress of [true, false]) {
  test(`the stub writes ${compress ? "compressed" : "as it is"}, over what was there, and reads the same back`, async () => {
    const flash = createFlash({ image: new Uint8Array(0x400000) });
    const { loader } = await connect(flash);
    const data = createImage(150_001 + 3);
    const fileArray = [{ data, address: 0x21000 }];
    await loader.writeFlash({ ...KEEP, fileArray, compress, calculateMD5Hash: md5 });
    const length = data.length;
    assert.ok(Buffer.from(await loader.readFlash(0x21000, length)).equals(data));
    assert.is(await loader.flashMd5sum(0x21000, length), md5(data));
    assert.is(flash.view(0x20fff, 1)[0], 0, "the page before is as it was");
  });

  test(`the ROM alone writes ${compress ? "compressed" : "as it is"}`, async () => {
    const flash = createFlash({ image: new Uint8Array(0x400000) });
    const { loader } = await connectRom(flash);
    const data = createImage(20_000);
    await loader.writeFlash({ ...KEEP, fileArray: [{ data, address: 0x40000 }], compress });
    assert.ok(Buffer.from(flash.read(0x40000, data.length)).equals(data));
    const told = Buffer.from(await loader.flashMd5sum(0x40000, data.length), "hex").toString("latin1");
    assert.is(told, md5(data), "the ROM tells the hash as text");
  });
}

test("flash that is worn out is told by the hash that is read back", async () => {
  const flash = createWearableFlash(createFlash());
  flash.wear(0x30123);
  const { loader } = await connect(flash);
  const fileArray = [{ data: createImage(20_000), address: 0x30000 }];
  const failure = await loader
    .writeFlash({ ...KEEP, fileArray, compress: true, calculateMD5Hash: md5 })
    .catch((error: Error) => error.message);
  assert.match(String(failure), /MD5 of file does not match data in flash/);
});

test("erasing the flash leaves nothing", async () => {
  const flash = createFlash({ image: createFlashedImage() });
  const { loader } = await connect(flash);
  await loader.eraseFlash();
  assert.ok(flash.view(0, 0x400000).every((byte) => byte === 0xff));
});

test("what was flashed runs after a reset, and a blank board needs no more than that", async () => {
  const flash = createFlash();
  const { loader, pulseReset, chip, starts } = await connect(flash);
  const fileArray = createStandInImages().map(({ bytes, address }) => ({ data: bytes, address }));
  // Told to change these in the second loader's header, the tool leaves its hash as it was, and silicon boots it all the same.
  const set = { flashMode: "dout", flashFreq: "40m", flashSize: "4MB" } as const;
  await loader.writeFlash({ ...KEEP, ...set, fileArray, compress: true, calculateMD5Hash: md5 });
  assert.is(readImage(flash, 0x1000).isHashRight, false);
  await loader.after("hard_reset");
  assert.is(chip.state(), "loader", "this tool's reset is none where the lines are at rest");
  pulseReset();
  await eventually(() => chip.state() === "running", { withinMs: 3_000, because: "the flashed program runs" });
  assert.equal(starts, ["power-on"]);
});

test("a stub that is left running is found by the next tool, which resets nothing", async () => {
  const { loader: first, port } = await connect(createFlash());
  await first.after("no_reset_stub");
  await first.transport.disconnect();
  const log: string[] = [];
  const next = new ESPLoader({
    transport: new Transport(port),
    baudrate: 921_600,
    romBaudrate: 921_600,
    terminal: createTerminal(log),
  });
  await next.main("no_reset");
  assert.ok(log.some((line) => line.includes("Stub is already running")));
});
