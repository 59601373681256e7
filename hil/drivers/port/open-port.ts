// Owns the way from where a port is (the resource) to an open port. A USB adapter is looked for anew at each opening, since its path changes
// when it is plugged in again.
import { type Clock, pause } from "../../clock.ts";
import { HilError } from "../../error.ts";
import type { PortResource } from "../../resources/bench.ts";
import { listPorts, type PortFacts, type PortSource } from "./list-ports.ts";
import { formatPort } from "./parse-port.ts";
import type { Port } from "./port.ts";
import { createPort, type OpenLink, type PortLink } from "./port-link.ts";
import { openRfc2217 } from "./rfc2217.ts";
import { openSerialPath } from "./serial-path.ts";
import { openTcp } from "./tcp.ts";

export interface OpenPortOptions {
  clock: Clock;
  /** What the system says of its ports; asked itself unless told. */
  source?: PortSource;
}

/** @throws HilError that says what to do */
export function openPort(resource: PortResource, options: OpenPortOptions): Promise<Port> {
  return createPort(formatPort(resource), chooseLink(resource, options));
}

function chooseLink(resource: PortResource, { clock, source }: OpenPortOptions): OpenLink {
  switch (resource.kind) {
    case "path":
      return (listener) => openSerialPath(resource.path, listener);
    case "tcp":
      return (listener) => openTcp(resource, listener, clock);
    case "rfc2217":
      return (listener) => openWhenFree(() => openRfc2217(resource, listener, clock), clock);
    default:
      return async (listener) => openSerialPath(findUsbPath(resource, await listPorts(source)), listener);
  }
}

const FREE_MS_MAX = 1_500;
const FREE_PAUSE_MS = 100;

/** A server takes a moment to notice that the last one has left, who may have been this very program. */
async function openWhenFree(open: () => Promise<PortLink>, clock: Clock): Promise<PortLink> {
  const until = clock.now() + FREE_MS_MAX;
  for (;;) {
    try {
      return await open();
    } catch (error) {
      const isBusy = error instanceof HilError && error.code === "port-in-use";
      if (!isBusy || clock.now() >= until) throw error;
    }
    await pause(clock, FREE_PAUSE_MS);
  }
}

type UsbResource = Extract<PortResource, { kind: "usb" | "usb-location" }>;

/** @throws HilError "port-missing", "port-ambiguous" */
export function findUsbPath(resource: UsbResource, ports: PortFacts[]): string {
  const name = formatPort(resource);
  const found = ports.filter((port) =>
    resource.kind === "usb" ? port.serialNumber === resource.serialNumber : port.location === resource.location,
  );
  const [only, ...others] = found;
  if (only !== undefined && others.length === 0) return only.path;
  if (only !== undefined) {
    throw new HilError(
      "usage",
      "port-ambiguous",
      `${name} fits ${found.map((port) => port.path).join(" and ")}. Name the port by its place, usb-location:..., as \`hil list\` shows it.`,
    );
  }
  throw new HilError("infrastructure", "port-missing", `No adapter ${name} is plugged in. ${describePorts(ports)}`);
}

function describePorts(ports: PortFacts[]): string {
  const usb = ports.filter((port) => port.serialNumber || port.location);
  if (usb.length === 0) return "No USB adapter is there at all: look at cables, hubs and their power.";
  const told = usb.map(
    (port) => `${port.path} (serial number ${port.serialNumber ?? "none"}, place ${port.location ?? "unknown"})`,
  );
  return `There are: ${told.join(", ")}.`;
}
