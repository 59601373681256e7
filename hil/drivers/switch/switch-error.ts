// Owns how a switch that failed is told: which one, what was tried, what came back, what to do next.
import { HilError } from "../../error.ts";

export interface SwitchFailure {
  /** Of the switch. */
  name: string;
  on: boolean;
  tried: string;
  cameBack: string;
  next: string;
}

export function createSwitchError(failure: SwitchFailure, cause?: unknown): HilError {
  const { name, on, tried, cameBack, next } = failure;
  const message = `${name} was not switched ${on ? "on" : "off"}. Tried: ${tried}. What came back: ${cameBack}. Next: ${next}`;
  return new HilError("infrastructure", "switch-failed", message, cause);
}

export function toReason(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const inner = thrown.cause instanceof Error ? ` (${thrown.cause.message || readCode(thrown.cause)})` : "";
  return `${thrown.message || readCode(thrown)}${inner}`;
}

function readCode(error: Error): string {
  return "code" in error ? String(error.code) : error.name;
}
