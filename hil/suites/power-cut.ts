// Owns cutting a board's power so that it is proven: the switch is off, and the boot log afterwards says that the chip has lost power [BENCH-72].
import { RESET_POWER_ON } from "#protocol";
import { StepFailure } from "../steps/failure.ts";
import type { StepContext } from "../steps/step.ts";
import { choosePatienceMs } from "../strategy/patience.ts";
import type { Rig } from "../strategy/rig.ts";

/** What the ROM of an ESP32 prints first after power came. */
const POWER_ON = /rst:0x1 \(POWERON_RESET\)/;

/** Once in a suite. Ends it as skipped where the bench can only reset its board, or not even that. */
export function requirePower(context: StepContext, rig: Rig): void {
  const { power } = rig;
  if (power === undefined) context.skip("this board has no power switch on this bench");
  if (!canCutPower(rig)) context.skip("EN by RTS resets this board, it cuts no power; a relay, a hub or a plug would");
  context.defer("give the board its power back", () => power.set(true));
}

export function canCutPower({ power, resource }: Rig): boolean {
  return power !== undefined && resource.power?.kind !== "lines";
}

function getPower({ power, resource }: Rig): NonNullable<Rig["power"]> {
  if (power === undefined) throw new Error(`${resource.name} has no power switch`);
  return power;
}

/** Off now: whatever it was doing is over. */
export async function cutPower(context: StepContext, rig: Rig): Promise<void> {
  await context.step("cut the power", () => getPower(rig).set(false));
}

/** On again, with the proof that it was off. @returns the place of the boot on the console, and what the trap told there */
export function givePower(context: StepContext, rig: Rig): Promise<{ place: number; sha256: string }> {
  return context.step("give the power back; the chip says that it had none", async () => {
    const withinMs = choosePatienceMs(rig, 90_000, 15_000);
    const mark = rig.console.mark();
    await getPower(rig).set(true);
    await rig.console.seeText(mark, POWER_ON, withinMs);
    const boot = await rig.console.see(mark, "the boot", withinMs, ({ name }) => name === "boot");
    if (Number(boot.fields.reason) !== RESET_POWER_ON) {
      throw new StepFailure(`the trap tells reset reason ${boot.fields.reason}, expected ${RESET_POWER_ON}`);
    }
    return { place: boot.place, sha256: boot.fields.sha256 ?? "" };
  });
}
