// Owns a flash job from the first question to the last: which board it is, what is on it already, what is written, that it reads back as it
// should. The job is tried again as a whole; what verifies is not written twice, and so a second try resumes the first [BENCH-33].
import { createHash } from "node:crypto";
import { type Clock, pause } from "../../clock.ts";
import { HilError } from "../../error.ts";
import { CONSOLE_BAUD, type Port } from "../port/port.ts";
import { flashDiffers, flashTooSmall, isPassing, wrongBoard, wrongChip } from "./flash-error.ts";
import { type ChipFacts, connectLoader, type Loader } from "./loader.ts";
import { startProgramByLines } from "./reset-lines.ts";

/** Bytes and where they go. */
export interface FlashRegion {
  /** For messages: "storage", "interpreter.bin". */
  name: string;
  address: number;
  bytes: Uint8Array;
}

export interface FlashOptions {
  /** Open; it stays open, and is opened anew when it is lost meanwhile. */
  port: Port;
  clock: Clock;
  /** Of the board that may be written to, lower-case with colons. */
  mac: string;
  regions: readonly FlashRegion[];
  /** Where the port has no lines, or shall not use them: brings the board into its loader, and starts its program. */
  enterLoader?(): Promise<void>;
  startProgram?(): Promise<void>;
  /** Whoever else reads the port does not while the loader is spoken to, until what is returned is called: before the program starts. */
  takeLine?(): () => void;
  /** Bytes of the region that are on the board; a region that was there already is told as done. */
  onProgress?(region: string, done: number, total: number): void;
  /** What is worth knowing, in a sentence. */
  onRemark?(text: string): void;
  /** Bits per second; 921600 unless told. */
  baud?: number;
  signal?: AbortSignal;
}

export interface FlashResult extends ChipFacts {
  flashBytes: number;
  /** How often the board was begun with. */
  attempts: number;
  regions: { name: string; address: number; bytes: number; md5: string; outcome: "written" | "there already" }[];
}

const ATTEMPTS_MAX = 3;
const SPEEDS = [921_600, 460_800, CONSOLE_BAUD];
/** Instead of a speed: the ROM does the work. */
const WITHOUT_STUB = 0;
const REOPEN_MS_MAX = 10_000;
const REOPEN_PAUSE_MS = 250;

/** @throws HilError "wrong-board", before anything is written [BENCH-32], and others of flash-error.ts */
export async function flashBoard(options: FlashOptions): Promise<FlashResult> {
  refuseOverlaps(options.regions);
  const plan = createPlan(options.baud);
  const written = new Set<string>();
  let lastTrouble: unknown;
  for (let attempts = 1; ; attempts++) {
    try {
      const result = await attempt(options, plan.baud(), written);
      return { ...result, attempts };
    } catch (error) {
      if (options.signal?.aborted) throw options.signal.reason;
      const isWorthIt = isPassing(error) || (lastTrouble !== undefined && isConnecting(error));
      if (!isWorthIt || !plan.next(error)) throw error;
      lastTrouble = error;
      options.onRemark?.(`${(error as Error).message} Trying again.`);
      await regain(options, error);
    }
  }
}

/** Who is there; the program starts again afterwards. @throws HilError of the loader */
export async function probeBoard(options: SessionOptions): Promise<ChipFacts> {
  return inLoader(options, async ({ chip, mac }) => ({ chip, mac }));
}

type SessionOptions = Pick<
  FlashOptions,
  "port" | "clock" | "enterLoader" | "startProgram" | "takeLine" | "onRemark" | "signal"
>;

/** The board runs its program again, whatever happened. */
async function inLoader<T>(options: SessionOptions, work: (loader: Loader) => Promise<T>): Promise<T> {
  const giveBack = options.takeLine?.();
  let loader: Loader | undefined;
  try {
    loader = await connectLoader(options);
    return await work(loader);
  } finally {
    await loader?.stop().catch(() => undefined); // a port that is lost has been told
    giveBack?.();
    if (loader !== undefined) await startProgram(options);
  }
}

/** Which speed the next attempt has, and whether there is one. What the board cannot do costs no attempt. */
function createPlan(baud = SPEEDS[0] ?? CONSOLE_BAUD) {
  const speeds = [baud, ...SPEEDS.filter((speed) => speed < baud)];
  let left = ATTEMPTS_MAX;
  return {
    baud: () => speeds[0] ?? WITHOUT_STUB,
    next(error: unknown): boolean {
      const code = error instanceof HilError ? error.code : "";
      if (code === "stub-missing" && speeds.length > 0) speeds.length = 0;
      else if ((code === "speed-lost" || code === "port-speed-refused") && speeds.length > 1) speeds.shift();
      else left -= 1;
      return left > 0;
    },
  };
}

/** A board that was lost in the middle may need more than one look to be found again. */
function isConnecting(error: unknown): boolean {
  return error instanceof HilError && ["no-loader", "wrong-boot-mode"].includes(error.code);
}

async function attempt(
  options: FlashOptions,
  baud: number,
  written: Set<string>,
): Promise<Omit<FlashResult, "attempts">> {
  return inLoader(options, async (loader) => {
    const { chip, mac } = loader;
    if (chip !== "ESP32") throw wrongChip(options.port.name, chip);
    if (mac !== options.mac) throw wrongBoard(options.port.name, mac, options.mac);
    await loader.prepare(baud);
    const flashBytes = loader.flashBytes();
    refuseOversize(options, flashBytes);
    const regions: FlashResult["regions"] = [];
    for (const region of options.regions) regions.push(await bringRegion(options, loader, region, written));
    return { chip, mac, flashBytes, regions };
  });
}

async function bringRegion(options: FlashOptions, loader: Loader, region: FlashRegion, written: Set<string>) {
  const { name, address, bytes } = region;
  options.signal?.throwIfAborted();
  const md5 = createHash("md5").update(bytes).digest("hex");
  const facts = { name, address, bytes: bytes.length, md5 };
  const tell = (done: number) => options.onProgress?.(name, done, bytes.length);
  if ((await loader.md5(address, bytes.length)) === md5) {
    tell(bytes.length);
    return { ...facts, outcome: written.has(name) ? ("written" as const) : ("there already" as const) };
  }
  tell(0);
  await loader.write(address, bytes, (done) => {
    options.signal?.throwIfAborted();
    // The last byte is told when all was read back.
    if (done < bytes.length) tell(done);
  });
  if ((await loader.md5(address, bytes.length)) !== md5) throw flashDiffers(options.port.name, name, address);
  written.add(name);
  tell(bytes.length);
  return { ...facts, outcome: "written" as const };
}

/** A trouble here hides no other. */
async function startProgram(options: SessionOptions): Promise<void> {
  try {
    if (options.startProgram !== undefined) await options.startProgram();
    else if (options.port.hasLines) await startProgramByLines(options.port, options.clock);
  } catch (error) {
    options.onRemark?.(`The board could not be started: ${error instanceof Error ? error.message : error}`);
  }
}

/** A port that was lost is opened anew: an adapter takes a moment to come back. */
async function regain({ port, clock, signal }: FlashOptions, trouble: unknown): Promise<void> {
  if (!(trouble instanceof HilError) || !trouble.code.startsWith("port-")) return;
  const until = clock.now() + REOPEN_MS_MAX;
  for (;;) {
    try {
      await port.reopen();
      return;
    } catch (error) {
      if (clock.now() >= until) throw error;
    }
    await pause(clock, REOPEN_PAUSE_MS, signal);
  }
}

function refuseOverlaps(regions: readonly FlashRegion[]): void {
  const sorted = [...regions].sort((a, b) => a.address - b.address);
  for (const [at, region] of sorted.entries()) {
    const next = sorted[at + 1];
    if (next === undefined || region.address + region.bytes.length <= next.address) continue;
    const message = `${region.name} reaches into ${next.name} (0x${next.address.toString(16)}): nothing was written. Look at the addresses.`;
    throw new HilError("usage", "regions-overlap", message);
  }
}

function refuseOversize({ port, regions }: FlashOptions, flashBytes: number): void {
  for (const { name, address, bytes } of regions) {
    const end = address + bytes.length;
    if (end > flashBytes) throw flashTooSmall(port.name, name, end, flashBytes);
  }
}
