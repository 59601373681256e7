// Takes the place of update/update.ts in a firmware that breaks its promise [FAULT-1]: the welcome of the cloud confirms no trial.
import type { Outcome } from "../machine.ts";
import {
  applyUpdate as applyTruly,
  type UpdateEffect,
  type UpdateInput,
  type UpdateMachine,
} from "../update/update.ts";

export * from "../update/update.ts";

export function applyUpdate(
  state: UpdateMachine,
  input: UpdateInput,
  now: number,
  chance: number,
): Outcome<UpdateMachine, UpdateEffect> {
  if (input.name === "welcomed") return { state: state, effects: [] };
  return applyTruly(state, input, now, chance);
}
