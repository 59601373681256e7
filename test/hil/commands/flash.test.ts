// `hil flash` and `hil list`, by hand, on a virtual board.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { createWallClock } from "../../../hil/clock.ts";
import { flashCommand } from "../../../hil/commands/flash.ts";
import { makeLabel } from "../../../hil/commands/flash-label.ts";
import { createFlashProgress, drawBar } from "../../../hil/commands/flash-progress.ts";
import { listCommand } from "../../../hil/commands/list.ts";
import { formatPort } from "../../../hil/drivers/port/parse-port.ts";
import { HilError } from "../../../hil/error.ts";
import { createLeases } from "../../../hil/resources/leases.ts";
import { createProcesses } from "../../../hil/resources/processes.ts";
import { getRejection } from "../../support/rejection.ts";
import { suite } from "../../support/suite.ts";
import { type FlashableBoard, readFlashMd5, startBoard } from "../drivers/flasher/flashable-board.ts";
import { createPersonIo } from "./person-io.ts";

const test = suite("hil flash", { limitMs: 40_000 });

let folder: string;
let board: FlashableBoard;
let typed: string;
let storage: string;
let interpreter: string;
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), "trapline-flash-"));
  board = await startBoard();
  typed = formatPort(board.serial);
  storage = join(folder, "storage.bin");
  writeFileSync(storage, new Uint8Array(0xe0000).fill(0xff).fill(7, 0, 5_000));
  interpreter = writeInterpreter("images", "whole");
});
test.after(async () => {
  await board.stop();
  await rm(folder, { recursive: true });
});

/** A list of files as the virtual board writes one. */
function writeInterpreter(name: string, hashed: string): string {
  const place = join(folder, name);
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, "loader.bin"), "whole");
  const sha256 = createHash("sha256").update(hashed).digest("hex");
  const file = join(place, "images.json");
  writeFileSync(file, JSON.stringify({ files: [{ name: "loader.bin", address: 0x1000, sha256 }] }));
  return file;
}

function person(isTerminal = false) {
  return createPersonIo({ isTerminal, stateFolder: join(folder, "state") });
}

async function refusal(flags: Parameters<typeof flashCommand>[1]): Promise<HilError> {
  const error = await getRejection(flashCommand(typed, flags, person().io));
  assert.instance(error, HilError);
  return error as HilError;
}

test("[BENCH-32] a board that nobody named is asked who it is, and not written to", async () => {
  const before = await readFlashMd5(board);
  const error = await refusal({ storage });
  assert.is(error.code, "board-not-named");
  assert.match(error.message, `is ${board.mac}. Nothing was written: say that it is the one, with --mac ${board.mac}`);
  assert.is(await readFlashMd5(board), before);
});

test("everything is checked before the board is touched", async () => {
  const { mac } = board;
  const short = join(folder, "short.bin");
  writeFileSync(short, "x");
  const cases: [flags: Parameters<typeof flashCommand>[1], said: RegExp][] = [
    [{ mac: "24:0a", storage }, /24:0a" is no MAC address. One looks like/],
    [{ mac, storage: short }, /is no Storage image: it has 1 bytes/],
    [{ mac, storage: join(folder, "none.bin") }, /cannot be read. `npm run firmware -- image` makes one/],
    [{ mac, storage, interpreter: writeInterpreter("spoilt", "other") }, /has the SHA-256 .* It is another file/],
    [{ mac, storage, interpreter: storage }, /is no list of files/],
    [{ mac, storage, identity: "other" }, /--identity is new or keep/],
    [{ mac, storage, identity: "new" }, /Write --cloud http/],
    [{ mac, storage, identity: "new", cloud: "ftp://x" }, /no address of a cloud/],
    [{ mac, storage, identity: "new", cloud: "http://x", kind: "cat" }, /no trap of the kind "cat"/],
  ];
  for (const [flags, said] of cases) {
    const error = await refusal(flags);
    assert.is(error.kind, "usage");
    assert.match(error.message, said);
  }
});

test("a board that somebody else has taken is left alone", async () => {
  const leases = createLeases({
    folder: join(folder, "state", "leases"),
    owner: "sam@bench",
    clock: createWallClock(),
    processes: createProcesses(),
  });
  leases.reserve({ mac: board.mac, name: "left" }, 60_000, "soldering");
  const error = await refusal({ mac: board.mac, storage });
  leases.release({ mac: board.mac, name: "left" });
  assert.match(error.message, "sam@bench");
  assert.match(error.message, "soldering");
});

test("a new trap is registered, flashed and labelled, and its identity is for its owner alone", async () => {
  const registered: unknown[] = [];
  const cloud = createServer((request, response) => {
    let body = "";
    request.on("data", (piece) => {
      body += piece;
    });
    request.on("end", () => {
      registered.push({ path: request.url, token: request.headers.authorization, ...JSON.parse(body) });
      response.writeHead(201, { "content-type": "application/json" }).end("{}");
    });
  });
  await new Promise<void>((resolve) => cloud.listen(0, "127.0.0.1", resolve));
  const bound = cloud.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : 0;
  const { io, out, err } = person();
  io.environment = { TRAPLINE_FACTORY_TOKEN: "factory-token" };
  const flags = { mac: board.mac, storage, interpreter, identity: "new", cloud: `http://127.0.0.1:${port}` };
  try {
    assert.is(await flashCommand(typed, { ...flags, json: true }, io), 0);
  } finally {
    cloud.closeAllConnections();
    await new Promise((resolve) => cloud.close(resolve));
  }
  const file = join(folder, "state", "identities", `${board.mac.replaceAll(":", "")}.json`);
  assert.is(statSync(file).mode & 0o777, 0o600);
  const identity = JSON.parse(readFileSync(file, "utf8"));
  const [request] = registered as Record<string, unknown>[];
  assert.is(request?.path, "/api/v1/factory/devices");
  assert.is(request?.key, identity.key);
  assert.is(request?.macAddress, board.mac);
  const told = JSON.parse(out.join(""));
  assert.equal(told.label, makeLabel(identity));
  assert.not(out.concat(err).join().includes(identity.key));
  assert.equal(
    told.regions.map((region: { name: string; outcome: string }) => `${region.name} ${region.outcome}`),
    ["loader.bin written", "identity written", "storage written"],
  );
});

test("an identity that stays is not touched, and what is there already is not written", async () => {
  const { io, out, err, screen } = person();
  assert.is(await flashCommand(typed, { mac: board.mac.toUpperCase(), storage, interpreter }, io), 0);
  assert.match(
    out.join("\n"),
    /^flashed {2}24:0a:c4.*\(ESP32, 4 MB\)\n.*loader.bin .*there already\n.*storage .*there already$/,
  );
  assert.match(err.join("\n"), /loader.bin .*right\nstorage .*right/);
  assert.is(screen(), "", "nothing is drawn where nobody watches");
});

test("a label is made of serial number and key, as the trap makes its network", () => {
  const label = makeLabel({ serialNumber: "TL-HIL-0000001234", key: "00".repeat(32) });
  assert.is(label.network, "Trapline-1234");
  assert.match(label.password, /^[0-9A-Z]{10}$/);
  assert.is.not(makeLabel({ serialNumber: "TL-HIL-0000001234", key: "01".repeat(32) }).password, label.password);
});

test("progress is one line at a terminal, redrawn, and each region leaves one", () => {
  let drawn = "";
  const lines: string[] = [];
  const progress = createFlashProgress({
    draw: (text) => {
      drawn += text;
    },
    writeLine: (line) => lines.push(line),
    isTerminal: true,
    columns: () => 40,
  });
  progress.tell("storage", 0, 917_504);
  progress.tell("storage", 458_752, 917_504);
  progress.remark("Trying again.");
  progress.tell("storage", 917_504, 917_504);
  progress.end();
  assert.ok(drawn.split("\r\u001b[K").every((part) => part.length < 40));
  assert.ok(drawn.endsWith("\r\u001b[K"), "the line is gone at the end");
  assert.equal(lines, ["Trying again.", "storage              896 KB  read back, right"]);
  assert.is(drawBar("x", 50, 100), "x                 [############............]  50 %  100 bytes");
});

test("ports are listed with what tells them apart, and a chip is asked on request alone", async () => {
  const file = join(folder, "bench.yaml");
  const boards = [
    `  - { name: left, mac: "${board.mac}", trapKind: snap, port: "${typed}" }`,
    `  - { name: right, mac: "24:0a:c4:00:00:09", trapKind: snap, port: { usb: "0002" } }`,
  ];
  writeFileSync(file, `name: desk\nboards:\n${boards.join("\n")}\n`);
  const source = {
    list: async () => [
      { path: "/dev/no-adapter", serialNumber: "0002", location: "1-1", vendorId: "10c4", productId: "ea60" },
    ],
  };
  const plain = person();
  assert.is(await listCommand({ bench: file }, plain.io, source), 0);
  assert.match(plain.out.join("\n"), /\/dev\/no-adapter +0002 +1-1 +10c4:ea60 +- +right\nrfc2217:.* +left$/);
  const asking = person();
  assert.is(await listCommand({ bench: file, probe: true, json: true }, asking.io, source), 0);
  const { ports } = JSON.parse(asking.out.join(""));
  assert.is(ports[1].mac, board.mac);
  assert.is(ports[1].chip, "ESP32");
  assert.match(ports[0].trouble, "No adapter usb:0002");
  const nothing = person();
  assert.is(await listCommand({}, nothing.io, { list: async () => [] }), 0);
  assert.match(nothing.err.join(), "no serial port on this machine");
});
