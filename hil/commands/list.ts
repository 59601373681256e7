// Owns `hil list`: the ports of this machine, what tells them apart, and whose they are on a bench. Asking a chip who it is resets its board,
// so that is done on request alone.
import { createWallClock } from "../clock.ts";
import { probeBoard } from "../drivers/flasher/flash-job.ts";
import { listPorts, type PortFacts, type PortSource } from "../drivers/port/list-ports.ts";
import { openPort } from "../drivers/port/open-port.ts";
import { formatPort } from "../drivers/port/parse-port.ts";
import { EXIT, HilError } from "../error.ts";
import type { Bench, BoardResource, PortResource } from "../resources/bench.ts";
import { openBenchFile } from "./choose-target.ts";
import type { CommandIo } from "./command-io.ts";

export interface ListFlags {
  /** A bench file, whose boards are told beside their ports. */
  bench?: string;
  /** Asks each chip for its MAC address, which resets its board. */
  probe?: boolean;
  json?: boolean;
}

export interface ListedPort extends PortFacts {
  /** Of the bench. */
  board?: string;
  chip?: string;
  mac?: string;
  /** Why the chip could not be asked. */
  trouble?: string;
}

type ListIo = Pick<CommandIo, "write" | "writeError" | "environment" | "signal">;

/** @returns the exit status @throws HilError */
export async function listCommand(flags: ListFlags, io: ListIo, source?: PortSource): Promise<number> {
  const bench = openBenchFile(flags.bench, io);
  const ports: ListedPort[] = (await listPorts(source)).map((port) => tellBoard(port, bench));
  const known = new Set(ports.map((port) => port.path));
  for (const board of bench?.boards ?? []) {
    if (ports.some((port) => port.board === board.name)) continue;
    const path = formatPort(board.port);
    if (!known.has(path)) ports.push({ path, board: board.name });
  }
  if (flags.probe) for (const port of ports) if (!io.signal.aborted) Object.assign(port, await probe(port, bench));
  if (flags.json) io.write(JSON.stringify({ ok: true, command: "list", ports }));
  else tell(ports, flags, io);
  return EXIT.passed;
}

function tellBoard(port: PortFacts, bench: Bench | undefined): ListedPort {
  const board = bench?.boards.find((one) => isAt(one, port));
  return board === undefined ? { ...port } : { ...port, board: board.name };
}

function isAt({ port: resource }: BoardResource, port: PortFacts): boolean {
  if (resource.kind === "path") return resource.path === port.path;
  if (resource.kind === "usb") return resource.serialNumber === port.serialNumber;
  return resource.kind === "usb-location" && resource.location === port.location;
}

async function probe({ path, board }: ListedPort, bench: Bench | undefined): Promise<Partial<ListedPort>> {
  const clock = createWallClock();
  const known = bench?.boards.find((one) => one.name === board);
  const resource: PortResource = known?.port ?? { kind: "path", path };
  try {
    const port = await openPort(resource, { clock });
    try {
      return await probeBoard({ port, clock });
    } finally {
      await port.close();
    }
  } catch (error) {
    if (error instanceof HilError) return { trouble: error.message };
    throw error;
  }
}

function tell(ports: ListedPort[], flags: ListFlags, io: ListIo): void {
  if (ports.length === 0) {
    io.writeError("There is no serial port on this machine: look at cables, hubs and their power.");
    return;
  }
  const rows = ports.map((port) => [
    port.path,
    port.serialNumber ?? "-",
    port.location ?? "-",
    port.vendorId === undefined ? "-" : `${port.vendorId}:${port.productId ?? "?"}`,
    port.manufacturer ?? "-",
    port.board ?? "-",
    ...(flags.probe ? [port.mac === undefined ? "-" : `${port.chip} ${port.mac}`] : []),
  ]);
  const head = ["PORT", "SERIAL NUMBER", "PLACE", "USB ID", "MAKER", "BOARD", ...(flags.probe ? ["CHIP"] : [])];
  for (const line of alignColumns([head, ...rows])) io.write(line);
  for (const { path, trouble } of ports) if (trouble !== undefined) io.writeError(`${path}: ${trouble}`);
}

function alignColumns(rows: string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
