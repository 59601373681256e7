// Owns where a request comes from, and what two requests must share to count as coming from one place.
import { isIPv4, isIPv6 } from "node:net";
import type { FastifyRequest } from "fastify";
import type { Origin } from "../db/tenant-transaction.ts";

const AGENT_CHARS_MAX = 300;

/** Where a request comes from, as it is kept: the address without a zone, the program's name cut short. */
export function originOf(request: Pick<FastifyRequest, "ip" | "headers">): Origin {
  const address = request.ip.replace(/%.*$/, "");
  const agent = request.headers["user-agent"]?.slice(0, AGENT_CHARS_MAX) ?? null;
  return { address: isIPv4(address) || isIPv6(address) ? address : "", agent };
}

/**
 * The place behind an address, as text of at most 45 characters: an IPv4 address itself, since a household shares one; of IPv6 the
 * network of 64 bits, since a household shares that and a single machine can take any address in it.
 */
export function networkOf(address: string): string {
  const bare = address.toLowerCase().replace(/%.*$/, "");
  const mapped = bare.startsWith("::ffff:") ? bare.slice(7) : bare;
  if (isIPv4(mapped)) return mapped;
  if (!isIPv6(bare)) return "unknown";
  const [head = "", tail] = bare.split("::");
  const first = head === "" ? [] : head.split(":");
  const last = tail === undefined || tail === "" ? [] : tail.split(":");
  const gap = tail === undefined ? 0 : 8 - first.length - last.length;
  const groups = [...first, ...Array.from({ length: Math.max(gap, 0) }, () => "0"), ...last];
  const network = groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
  return `${network.join(":")}::/64`;
}
