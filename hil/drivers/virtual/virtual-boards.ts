// Owns boards that are not there: each a process of the simulator behind ports, made into the same resource that a bench file describes, so
// that nobody beyond this folder can tell. They end when they are told to, and when the bench does.
import type { Clock } from "../../clock.ts";
import { HilError } from "../../error.ts";
import type { BoardResource, FirmwareResource, SwitchResource } from "../../resources/bench.ts";
import { type ChildProgram, runChild, startChild } from "../child/child-program.ts";
import { parsePort } from "../port/parse-port.ts";

export interface VirtualBoardsOptions {
  /** The repository. */
  root: string;
  count: number;
  /** "rfc2217" unless told; "tcp" carries no lines. */
  serial?: "rfc2217" | "tcp" | "pty";
  /** Of all chance in them; each draws its own unless told. */
  seed?: number;
  environment: NodeJS.ProcessEnv;
  clock: Clock;
  /** What a board's process says on standard error. */
  onLine?(board: string, line: string): void;
}

export interface VirtualBoards {
  readonly boards: BoardResource[];
  /** Called when one has ended though nobody here wanted it to. */
  onCrash(listen: (board: string, reason: string) => void): () => void;
  close(): Promise<void>;
}

const PROGRAM = "simulator/virtual-board/main.ts";
const START_MS_MAX = 60_000;
const STOP_MS_MAX = 5_000;
/** Of every virtual board. */
export const VIRTUAL_LABELS = { virtual: "yes" };
const WIFI = { ssid: "trapline-bench", password: "mind-your-fingers" };
/** As the process wires its fixture to its trap. */
const FIXTURE_PINS = { button: "D18", plunger: "D19", led: "D21", buzzer: "D22" };

export function nameVirtualBoards(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `virtual-${at + 1}`);
}

/** All at once. @throws HilError "virtual-board-not-started"; then none is left */
export async function startVirtualBoards(options: VirtualBoardsOptions): Promise<VirtualBoards> {
  const listeners = new Set<(board: string, reason: string) => void>();
  const names = nameVirtualBoards(options.count);
  const children = names.map((name, at) => startBoard(options, name, at));
  let isClosing = false;
  const close = async (): Promise<void> => {
    isClosing = true;
    await Promise.all(children.map((child) => child.stop(STOP_MS_MAX)));
  };
  for (const [at, child] of children.entries()) {
    void child.ended.then(({ code, signal }) => {
      if (isClosing) return;
      const last = child.lastLines().slice(-3).join("\n  ");
      for (const listen of [...listeners])
        listen(names[at] ?? "", `it ended by itself with ${code ?? signal}: ${last}`);
    });
  }
  try {
    const lines = await Promise.all(children.map((child) => child.firstLine(START_MS_MAX)));
    return {
      boards: lines.map((line, at) => describeBoard(names[at] ?? "", line)),
      onCrash(listen) {
        listeners.add(listen);
        return () => void listeners.delete(listen);
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function startBoard(options: VirtualBoardsOptions, name: string, at: number): ChildProgram {
  const seed = options.seed === undefined ? [] : ["--seed", String(options.seed + 2 * at)];
  const { ssid, password } = WIFI;
  const serial = options.serial ?? "rfc2217";
  return startChild({
    name: `the virtual board ${name}`,
    root: options.root,
    words: [PROGRAM, "--serial", serial, "--fixture", "--ssid", ssid, "--password", password, ...seed],
    environment: options.environment,
    clock: options.clock,
    onLine: (line, source) => (source === "error" ? options.onLine?.(name, line) : undefined),
  });
}

interface Told {
  serial: string;
  fixture: string;
  control: string;
  mac: string;
  hurries?: boolean;
}

/** @throws HilError "virtual-board-not-started" */
export function describeBoard(name: string, line: string): BoardResource {
  const { serial, fixture, control, mac, hurries } = parseTold(name, line);
  const setting = (path: string, word: string): SwitchResource => {
    const request = (value: boolean) => ({ url: control + path, method: "POST" as const, body: { [word]: value } });
    return { kind: "http", on: request(true), off: request(false) };
  };
  return {
    name,
    mac,
    hardware: "esp32",
    trapKind: "live-catch",
    labels: VIRTUAL_LABELS,
    port: parsePort(serial),
    power: setting("/api/power", "on"),
    fixture: { port: parsePort(fixture), pins: FIXTURE_PINS },
    wifi: { ...WIFI, power: setting("/api/network", "up") },
    // The real interpreter lives in the host's time.
    ...(hurries === false ? {} : { clock: { url: control } }),
  };
}

function parseTold(name: string, line: string): Told {
  try {
    const told: unknown = JSON.parse(line);
    if (typeof told === "object" && told !== null) {
      const { serial, fixture, control, mac } = told as Partial<Record<keyof Told, unknown>>;
      const all = [serial, fixture, control, mac];
      if (all.every((word) => typeof word === "string")) return told as Told;
    }
  } catch {
    throw notStarted(name, line);
  }
  throw notStarted(name, line);
}

function notStarted(name: string, line: string): HilError {
  const message = `The virtual board ${name} told no addresses, but "${line}". Start it by hand to see more: node --import tsx ${PROGRAM}`;
  return new HilError("infrastructure", "virtual-board-not-started", message);
}

const IMAGES_MS_MAX = 30_000;

/** Images of loader, partition table and interpreter that a virtual board boots, written to a folder. @throws HilError "program-failed" */
export async function writeStandIns(
  options: Pick<VirtualBoardsOptions, "root" | "environment" | "clock">,
  folder: string,
  readManifest: (folder: string) => Promise<unknown>,
): Promise<NonNullable<FirmwareResource["interpreter"]>> {
  const words = [PROGRAM, "--write-images", folder];
  await runChild({ ...options, name: "the virtual board", words }, IMAGES_MS_MAX);
  const read = await readManifest(folder);
  const files = typeof read === "object" && read !== null && "files" in read ? read.files : undefined;
  if (!Array.isArray(files) || files.length === 0) throw notStarted("images", JSON.stringify(read));
  return { files: files.map(({ name, address, sha256 }) => ({ path: `${folder}/${name}`, address, sha256 })) };
}
