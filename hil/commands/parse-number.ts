// Owns numbers on the command line.
import { InvalidArgumentError } from "commander";

/** A whole number from 1 on. */
export function parseNumberUpTo(max: number): (text: string) => number {
  return (text) => {
    const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (number >= 1 && number <= max) return number;
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${max}.`);
  };
}
