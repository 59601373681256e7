// Owns asking a trap where it stands: one order, and what it tells of itself in answer.
import type { ConsoleLine } from "#protocol";
import { findHilError } from "../steps/failure.ts";
import type { Heard, TrapConsole } from "./rig.ts";
import type { Standing } from "./states.ts";

/** The last line of the answer comes last; the others are there by then. */
const REST_MS_MAX = 200;

/** Undefined where no trap answers within `withinMs`. @throws HilError where the port is gone */
export async function findStanding(console: TrapConsole, withinMs: number): Promise<Standing | undefined> {
  const mark = console.mark();
  await console.order("info");
  const said = (name: string, ms = REST_MS_MAX): Promise<(ConsoleLine & Heard) | undefined> =>
    console.see(mark, `the trap's word on its ${name}`, ms, (line) => line.name === name).catch(toNothing);
  const health = await said("health", withinMs);
  if (health === undefined) return undefined;
  const [boot, identity, trap, link] = await Promise.all([said("boot"), said("identity"), said("trap"), said("link")]);
  const [session, claim] = await Promise.all([said("session"), said("claim")]);
  if (boot === undefined) return undefined;
  return {
    serialNumber: identity?.fields.serial,
    sha256: boot.fields.sha256 ?? "",
    version: boot.fields.version ?? "",
    boot: boot.fields.id ?? "",
    trap: trap?.fields.state ?? "",
    link: link?.fields.state ?? "",
    session: session?.fields.state ?? "",
    deviceId: claim?.fields.status === "owned" ? claim.fields.device : undefined,
    outbox: Number(health.fields.outbox ?? 0),
  };
}

/** Silence is an answer here; a port that is gone is not. */
function toNothing(error: unknown): undefined {
  if (findHilError(error) !== undefined) throw error;
  return undefined;
}
