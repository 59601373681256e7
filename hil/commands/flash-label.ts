// Owns what is printed on the label of a trap: what whoever puts it up needs, and nothing of its key.
import { createHmac } from "node:crypto";
import { portalPassword, portalPasswordText, portalSsid } from "#protocol";
import type { IdentityDto } from "../drivers/cloud/bench-cloud.ts";

export interface Label {
  serial: string;
  /** The network it opens while it knows no Wi-Fi, and its password. */
  network: string;
  password: string;
}

export function makeLabel({ serialNumber, key }: Pick<IdentityDto, "serialNumber" | "key">): Label {
  const signature = createHmac("sha256", Buffer.from(key, "hex"))
    .update(portalPasswordText(serialNumber))
    .digest("hex");
  return { serial: serialNumber, network: portalSsid(serialNumber), password: portalPassword(signature) };
}
