// Owns how a person writes where a port is, and how it is written back to them.
import { HilError } from "../../error.ts";
import type { PortResource } from "../../resources/bench.ts";

export const PORT_EXAMPLES =
  "/dev/ttyUSB0, usb:SERIAL-NUMBER, usb-location:1-1.2, tcp://host:4000, rfc2217://host:4000";

const PORT_MAX = 65_535;

/** @throws HilError "port-unreadable" */
export function parsePort(text: string): PortResource {
  const typed = text.trim();
  const [, scheme = "", rest = ""] = /^([a-z0-9-]+):(.*)$/i.exec(typed) ?? [];
  if (scheme === "usb" && rest !== "") return { kind: "usb", serialNumber: rest };
  if (scheme === "usb-location" && rest !== "") return { kind: "usb-location", location: rest };
  if (scheme === "tcp" || scheme === "rfc2217") return parseAddress(scheme, rest, typed);
  // A drive letter is no scheme, and COM3 is a path.
  if (typed !== "" && (scheme === "" || scheme.length === 1)) return { kind: "path", path: typed };
  throw unreadable(typed);
}

/** Whether the text is meant as a port, and not as the name of a board. */
export function looksLikePort(text: string): boolean {
  return /^(\/|\.|[a-z]:|com\d+$|usb:|usb-location:|tcp:|rfc2217:)/i.test(text.trim());
}

/** As `parsePort` reads it. */
export function formatPort(port: PortResource): string {
  switch (port.kind) {
    case "path":
      return port.path;
    case "usb":
      return `usb:${port.serialNumber}`;
    case "usb-location":
      return `usb-location:${port.location}`;
    default:
      return `${port.kind}://${port.host.includes(":") ? `[${port.host}]` : port.host}:${port.port}`;
  }
}

/** What stands behind a question mark is for other tools, and changes nothing here. */
function parseAddress(kind: "tcp" | "rfc2217", rest: string, typed: string): PortResource {
  const found = /^\/\/(?:\[([0-9a-f:.%a-z]+)\]|([^:/?#[\]@\s]+)):(\d{1,5})\/?(?:\?.*)?$/i.exec(rest);
  const host = found?.[1] ?? found?.[2];
  const port = Number(found?.[3]);
  if (host === undefined || port < 1 || port > PORT_MAX) throw unreadable(typed);
  return { kind, host, port };
}

function unreadable(typed: string): HilError {
  return new HilError(
    "usage",
    "port-unreadable",
    `"${typed}" does not say where a port is. Write one of: ${PORT_EXAMPLES}.`,
  );
}
