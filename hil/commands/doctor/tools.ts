// Owns what the doctor looks at the machine with; tests hand in machines that are ill.
import * as fs from "node:fs";
import * as os from "node:os";
import { type Clock, createWallClock } from "../../clock.ts";
import { probeBoard } from "../../drivers/flasher/flash-job.ts";
import { listPorts, type PortFacts } from "../../drivers/port/list-ports.ts";
import { openPort } from "../../drivers/port/open-port.ts";
import type { Port } from "../../drivers/port/port.ts";
import type { PortResource } from "../../resources/bench.ts";

export interface DoctorTools {
  clock: Clock;
  nodeVersion: string;
  /** Of this machine, without those that lead back to it. */
  addresses(): string[];
  /** Of the disk that holds this folder. */
  freeBytes(folder: string): number;
  listPorts(): Promise<PortFacts[]>;
  openPort(resource: PortResource): Promise<Port>;
  /** Resets the chip. */
  probe(port: Port): Promise<{ mac: string; chip: string }>;
}

export function createDoctorTools(): DoctorTools {
  const clock = createWallClock();
  return {
    clock,
    nodeVersion: process.versions.node,
    addresses: () =>
      Object.values(os.networkInterfaces())
        .flatMap((addresses) => addresses ?? [])
        .filter(({ internal, family }) => !internal && family === "IPv4")
        .map(({ address }) => address),
    freeBytes(folder) {
      const { bavail, bsize } = fs.statfsSync(folder);
      return bavail * bsize;
    },
    listPorts: () => listPorts(),
    openPort: (resource) => openPort(resource, { clock }),
    probe: (port) => probeBoard({ port, clock }),
  };
}
