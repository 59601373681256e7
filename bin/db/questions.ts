// Owns what stands before a command that destroys: production is refused whatever was said, otherwise a person is asked, and where no
// person is, --yes must have been given.
import { refusal } from "./problem.ts";
import type { Terminal } from "./terminal.ts";

export interface Danger {
  /** With its name, as somebody would type it. */
  command: string;
  /** What would be lost, as a sentence. */
  loss: string;
  /** What a person has to type: the name of the database where all of it goes, `y` for less. */
  answer: string;
}

export interface Consent {
  yes: boolean;
  json: boolean;
  terminal: Terminal;
  signal: AbortSignal;
}

/**
 * Why the database counts as production, or null. Either the surroundings or the database itself may say so; neither takes back what the
 * other says. Pure.
 * @param production the variable that says so, as `NAME=value`
 */
export function findProduction(production: string | null, mark: string | null, database: string): string | null {
  if (production !== null) return `${production} is set`;
  return mark === "production" ? `the database "${database}" is marked as production` : null;
}

/** @throws Problem `production`, with the way out that fits the reason */
export function refuseProduction(because: string | null): void {
  if (because === null) return;
  const marked = because.includes("marked");
  throw refusal(
    "production",
    `refused on production: ${because}`,
    marked
      ? "if it is none, say so first: npm run db:mark development"
      : "if it is none, run the command without that variable",
  );
}

/** Comes back if it may be done. @throws Problem `not-confirmed` */
export async function confirm(danger: Danger, { yes, json, terminal, signal }: Consent): Promise<void> {
  if (yes) return;
  if (json || !terminal.canAsk) {
    throw refusal(
      "not-confirmed",
      `not confirmed: ${toOneLine(danger.loss)}`,
      `there is nobody to ask here; if it is wanted, add --yes: npm run ${danger.command} -- --yes`,
    );
  }
  terminal.err(danger.loss);
  const wish = danger.answer === "y" ? "Go on? [y/N] " : `Type its name, ${danger.answer}, to go on: `;
  const answer = await terminal.ask(wish, signal);
  if (signal.aborted || isConsent(answer, danger.answer)) return;
  throw refusal("not-confirmed", "not confirmed", "nothing was changed");
}

/** A list becomes a row, a sentence stays one. Pure. */
export function toOneLine(text: string): string {
  return text.replaceAll(/(?<=[.:])\n\s*/g, " ").replaceAll(/\n\s*/g, ", ");
}

/** Pure. */
export function isConsent(answer: string | null, wanted: string): boolean {
  const given = answer?.trim() ?? "";
  return wanted === "y" ? /^y(es)?$/i.test(given) : given === wanted;
}
