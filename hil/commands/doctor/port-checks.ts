// Owns what the doctor asks of ports: is it there, may it be opened, does anybody hold it, does its server answer. Opening a port asserts no
// line for longer than a moment, so that it resets nothing that a run would mind.
import * as fs from "node:fs";
import type { PortFacts } from "../../drivers/port/list-ports.ts";
import { findUsbPath } from "../../drivers/port/open-port.ts";
import type { Port } from "../../drivers/port/port.ts";
import type { PortResource } from "../../resources/bench.ts";
import { findNearest } from "../../resources/nearest.ts";
import { readCode } from "../../resources/state-folder.ts";
import { type Finding, fromError, ok, wrong } from "./check.ts";
import type { DoctorTools } from "./tools.ts";

/** `use` sees the open port. */
export async function checkPort(
  resource: PortResource,
  tools: DoctorTools,
  use: (port: Port) => Promise<Finding> = async (port) => ok(`${port.name} opens`),
): Promise<Finding> {
  const absent = await findAbsence(resource, tools);
  if (absent !== undefined) return absent;
  let port: Port;
  try {
    port = await tools.openPort(resource);
  } catch (thrown) {
    return fromError(thrown);
  }
  try {
    return await use(port);
  } finally {
    await port.close();
  }
}

/** Said better than by the one who opens it: what is there instead. */
async function findAbsence(resource: PortResource, tools: DoctorTools): Promise<Finding | undefined> {
  if (resource.kind === "usb" || resource.kind === "usb-location")
    return findUsbAbsence(resource, await tools.listPorts());
  return resource.kind === "path" ? await findPathAbsence(resource.path, tools) : undefined;
}

function findUsbAbsence(
  resource: Extract<PortResource, { kind: "usb" | "usb-location" }>,
  ports: PortFacts[],
): Finding | undefined {
  try {
    findUsbPath(resource, ports);
    return undefined;
  } catch (thrown) {
    const finding = fromError(thrown);
    if (resource.kind !== "usb") return finding;
    const numbers = ports.map(({ serialNumber }) => serialNumber).filter((number) => number !== undefined);
    const near = findNearest(resource.serialNumber, numbers);
    return near === undefined
      ? finding
      : { ...finding, mend: `${near} is plugged in, which is nearly it: mend the bench file. ${finding.mend}` };
  }
}

async function findPathAbsence(path: string, tools: DoctorTools): Promise<Finding | undefined> {
  // COM3 is no file.
  if (!path.startsWith("/")) return undefined;
  try {
    fs.accessSync(path, fs.constants.R_OK | fs.constants.W_OK);
    return undefined;
  } catch (thrown) {
    if (readCode(thrown) !== "ENOENT")
      return wrong(
        `${path} may not be opened by this user`,
        "Debian: sudo usermod -aG dialout $USER, then log in again.",
      );
    const there = await tools.listPorts().then(
      (ports) => ports.map((port) => port.path).join(", ") || "none",
      () => "unknown, since udevadm is missing",
    );
    return wrong(
      `${path} is not there`,
      `Plug it in, look at the cable and its power. Ports that are there: ${there}.`,
    );
  }
}
