// Owns how a port is written and named: text to PortResource and back. Opening it is drivers/port's.
import type { PortResource } from "./bench.ts";

/** What a person would write; also what tells two ports apart. */
export function printPort(port: PortResource): string {
  switch (port.kind) {
    case "path":
      return port.path;
    case "usb":
      return `{usb: "${port.serialNumber}"}`;
    case "usb-location":
      return `{usbLocation: "${port.location}"}`;
    case "tcp":
    case "rfc2217":
      return `${port.kind}://${port.host.includes(":") ? `[${port.host}]` : port.host}:${port.port}`;
  }
}

/** Undefined where the text is no port: neither a path nor COMn, tcp://host:port or rfc2217://host:port. */
export function parsePortAddress(text: string): PortResource | undefined {
  const network = /^(tcp|rfc2217):\/\/(?:\[([0-9A-Fa-f:.]+)\]|([^\s:/]+)):(\d{1,5})$/.exec(text);
  if (network === null) return /^(\/.+|COM\d+)$/.test(text) ? { kind: "path", path: text } : undefined;
  const port = Number(network[4]);
  if (port < 1 || port > 65_535) return undefined;
  return { kind: network[1] === "tcp" ? "tcp" : "rfc2217", host: network[2] ?? network[3] ?? "", port };
}
