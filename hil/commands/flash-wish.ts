// Owns what a person wants flashed, as bytes, with everything checked that can be checked before a board is touched: files, hashes, which board,
// whose cloud.
import { readFile } from "node:fs/promises";
import * as path from "node:path";
import { isMacAddress, TRAP_HARDWARE, TRAP_KINDS } from "#protocol";
import type { Clock } from "../clock.ts";
import { runChild } from "../drivers/child/child-program.ts";
import type { IdentityDto } from "../drivers/cloud/bench-cloud.ts";
import { createFirmwareFiles } from "../drivers/firmware-files.ts";
import type { FlashRegion } from "../drivers/flasher/flash-job.ts";
import { HilError } from "../error.ts";
import type { Bench, BoardResource, FirmwareResource } from "../resources/bench.ts";
import { composeMemory, readInterpreter, STORAGE_ADDRESS } from "../strategy/firmware.ts";
import { findOrDrawIdentity } from "../strategy/identities.ts";
import type { Target } from "./choose-target.ts";
import type { CommandIo } from "./command-io.ts";

export interface FlashFlags {
  bench?: string;
  /** Of the board that may be written to; the bench's unless told. */
  mac?: string;
  /** A composed Storage partition; made of the sources as they stand unless told. */
  storage?: string;
  /** A list of the interpreter's files: {"files": [{"name", "address", "sha256"}]}; the bench's unless told. */
  interpreter?: string;
  /** `new`: the board becomes a trap that has lived through nothing; `keep`, unless told: what it is and remembers stays. */
  identity?: string;
  /** Address of the cloud that a new identity belongs to; the bench's unless told. */
  cloud?: string;
  /** Of the trap; "live-catch" unless the bench says otherwise. */
  kind?: string;
  json?: boolean;
}

export interface FlashWish {
  regions: FlashRegion[];
  /** What the board becomes; undefined where its identity stays. */
  identity: IdentityDto | undefined;
  cloudUrl: string | undefined;
}

export type WishIo = Pick<CommandIo, "root" | "stateFolder" | "environment">;

export interface WishOptions {
  flags: FlashFlags;
  target: Target;
  /** Checked. */
  mac: string;
  bench: Bench | undefined;
  io: WishIo;
  clock: Clock;
}

const IDENTITY_WISHES = ["new", "keep"];

/** @throws HilError "usage" kinds, "image-unusable", "firmware-not-made", "identity-unusable" */
export async function readFlashWish(options: WishOptions): Promise<FlashWish> {
  const { flags, bench, io } = options;
  const wish = flags.identity ?? "keep";
  if (!IDENTITY_WISHES.includes(wish)) throw unclear(`--identity is new or keep, not "${wish}".`);
  const cloudUrl = flags.cloud ?? (bench?.cloud.kind === "remote" ? bench.cloud.url : undefined);
  const identity = wish === "new" ? drawIdentity(options) : undefined;
  const regions = await readInterpreter(await findInterpreter(flags, bench));
  if (identity !== undefined) regions.push(composeMemory(identity, findDoor(cloudUrl)));
  regions.push(await findStorage(flags, io, options.clock));
  return { regions, identity, cloudUrl };
}

/** As the bench or the person says. @throws HilError "bad-mac" */
export function findMac(flags: FlashFlags, target: Target): string | undefined {
  const mac = flags.mac?.toLowerCase() ?? target.board?.mac;
  if (mac === undefined || isMacAddress(mac)) return mac;
  throw new HilError("usage", "bad-mac", `"${flags.mac}" is no MAC address. One looks like 24:0a:c4:12:34:56.`);
}

async function findInterpreter(flags: FlashFlags, bench: Bench | undefined): Promise<FirmwareResource> {
  if (flags.interpreter === undefined) return bench?.firmware ?? {};
  const file = path.resolve(flags.interpreter);
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw unclear(`The list of the interpreter's files, ${file}, cannot be read. Look at its name.`, cause);
  });
  const files = parseManifest(text);
  if (files === undefined) {
    throw unclear(
      `${file} is no list of files. It looks like {"files": [{"name": "bootloader.bin", "address": 4096, "sha256": "..."}]}.`,
    );
  }
  const folder = path.dirname(file);
  return { interpreter: { files: files.map(({ name, ...rest }) => ({ ...rest, path: path.resolve(folder, name) })) } };
}

function parseManifest(text: string): { name: string; address: number; sha256: string }[] | undefined {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return undefined;
  }
  const files = typeof read === "object" && read !== null && "files" in read ? read.files : undefined;
  if (!Array.isArray(files) || files.length === 0) return undefined;
  return files.every(isManifestFile) ? files : undefined;
}

function isManifestFile(file: unknown): file is { name: string; address: number; sha256: string } {
  if (typeof file !== "object" || file === null) return false;
  const { name, address, sha256 } = file as Record<string, unknown>;
  const isHash = typeof sha256 === "string" && /^[0-9a-f]{64}$/i.test(sha256);
  return typeof name === "string" && Number.isInteger(address) && Number(address) >= 0 && isHash;
}

/** Of the partition. */
const STORAGE_BYTES = 0xe0000;

async function findStorage(flags: FlashFlags, io: WishIo, clock: Clock): Promise<FlashRegion> {
  const file = flags.storage ?? (await makeStorage(io, clock));
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw unclear(`The Storage image ${file} cannot be read. \`npm run firmware -- image\` makes one.`, cause);
  });
  if (bytes.length === STORAGE_BYTES) return { name: "storage", address: STORAGE_ADDRESS, bytes };
  throw unclear(`${file} is no Storage image: it has ${bytes.length} bytes, a partition has ${STORAGE_BYTES}.`);
}

async function makeStorage({ root, stateFolder, environment }: WishIo, clock: Clock): Promise<string> {
  const name = "the firmware's program";
  const files = createFirmwareFiles({
    folder: path.join(stateFolder, "firmware"),
    runTrapline: (words, withinMs) =>
      runChild({ root, environment, clock, name, words: ["bin/trapline.ts", ...words] }, withinMs),
  });
  return (await files.image()).file;
}

/** One that was drawn for this chip before is taken again: the cloud knows a trap by it. */
function drawIdentity({ flags, target, mac, io }: WishOptions): IdentityDto {
  const trapKind = flags.kind ?? target.board?.trapKind ?? "live-catch";
  if (!TRAP_KINDS.some((kind) => kind === trapKind)) {
    throw unclear(`There is no trap of the kind "${trapKind}". There are: ${TRAP_KINDS.join(", ")}.`);
  }
  const hardware = target.board?.hardware ?? TRAP_HARDWARE;
  const name = target.board?.name ?? "the board";
  const board: BoardResource = { name, mac, hardware, trapKind, labels: {}, port: target.port };
  return findOrDrawIdentity(board, path.join(io.stateFolder, "identities"));
}

function findDoor(cloudUrl: string | undefined): { host: string; port: number } {
  if (cloudUrl === undefined) {
    throw unclear("A new trap must know its cloud. Write --cloud http://HOST:PORT, as the trap will reach it.");
  }
  const url = URL.canParse(cloudUrl) ? new URL(cloudUrl) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw unclear(`"${cloudUrl}" is no address of a cloud, as http://10.0.0.2:8080.`);
  }
  const port = url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
  return { host: url.hostname, port };
}

function unclear(message: string, cause?: unknown): HilError {
  return new HilError("usage", "flash-unclear", message, cause);
}
