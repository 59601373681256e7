// Owns which serial ports this machine has, with what tells them apart: serial number and place of their USB adapters. It opens none.
import { realpath } from "node:fs/promises";
import { basename } from "node:path";
import { SerialPort } from "serialport";
import { HilError } from "../../error.ts";

export interface PortFacts {
  path: string;
  /** Of the adapter, where it has one. */
  serialNumber?: string;
  /** Of the adapter's plug, as the system counts it: "1-1.2". */
  location?: string;
  manufacturer?: string;
  /** In hexadecimal. */
  vendorId?: string;
  productId?: string;
}

/** What the system tells; tests hand in their own. */
export interface PortSource {
  list(): Promise<PortFacts[]>;
}

/** @throws HilError "port-list-missing" where the system cannot be asked */
export async function listPorts(source: PortSource = systemPorts): Promise<PortFacts[]> {
  try {
    const ports = await source.list();
    return ports.sort((a, b) => a.path.localeCompare(b.path, "en", { numeric: true }));
  } catch (cause) {
    throw listMissing(cause);
  }
}

function listMissing(cause: unknown): HilError {
  const isMissing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
  const what = isMissing
    ? "The program udevadm, which knows this machine's ports, is not installed. Install it (Debian: apt install udev)"
    : `The ports of this machine cannot be listed (${cause instanceof Error ? cause.message : String(cause)}). Mend that`;
  const next = `${what}, or name the port by its path, as /dev/ttyUSB0.`;
  return new HilError("infrastructure", "port-list-missing", next, cause);
}

const systemPorts: PortSource = {
  async list() {
    const found = await SerialPort.list();
    return Promise.all(found.map(async (one) => dropEmpty(one, one.locationId ?? (await findPlace(one.path)))));
  },
};

function dropEmpty(port: Awaited<ReturnType<typeof SerialPort.list>>[number], location?: string): PortFacts {
  const { path, serialNumber, manufacturer, vendorId, productId } = port;
  const facts = { serialNumber, location, manufacturer, vendorId, productId };
  return { path, ...Object.fromEntries(Object.entries(facts).filter(([, value]) => value)) };
}

/** Linux tells the place in the path of the device: .../usb1/1-1/1-1.2/1-1.2:1.0/ttyUSB0. Undefined where there is none. */
async function findPlace(path: string): Promise<string | undefined> {
  try {
    return placeIn(await realpath(`/sys/class/tty/${basename(path)}/device`));
  } catch {
    // No such folder: another system, or a port that is no device.
    return undefined;
  }
}

export function placeIn(devicePath: string): string | undefined {
  return /\/(\d+-[\d.]+):\d+\.\d+(?:\/|$)/.exec(devicePath)?.[1];
}
