// Owns a sealed message and the ways to spoil its form: each must be refused by whoever splits it, here and on the interpreter.
import { SEALED_BYTES_MAX } from "#protocol";

const SEAL = "0123456789abcdef".repeat(4);
export const SEALED = `{"v":1}\n17 ${SEAL}`;

function withCount(count: string): (sealed: string) => string {
  return (sealed) => sealed.replace("\n17 ", `\n${count} `);
}

export const SEAL_FAULTS: [fault: string, spoil: (sealed: string) => string][] = [
  ["nothing", () => ""],
  ["a record alone", () => '{"v":1}'],
  ["a line feed alone", () => "\n"],
  ["a seal alone", () => SEAL],
  ["a count and a seal alone", (sealed) => sealed.slice(sealed.indexOf("\n") + 1)],
  ["no seal", (sealed) => sealed.slice(0, -64)],
  ["a seal too short", (sealed) => sealed.slice(0, -1)],
  ["a seal too long", (sealed) => `${sealed}0`],
  ["no space", (sealed) => sealed.replace("17 ", "17")],
  ["another space", (sealed) => sealed.replace("17 ", "17\t")],
  ["another line feed", (sealed) => sealed.replace("\n", "\r")],
  ["two line feeds", (sealed) => sealed.replace("\n", "\n\n")],
  ["a line feed in the record", (sealed) => sealed.replace("{", "{\n")],
  ["a line feed behind", (sealed) => `${sealed}\n`],
  ["no count", withCount("")],
  ["a negative count", withCount("-1")],
  ["minus zero", withCount("-0")],
  ["a leading zero", withCount("017")],
  ["two zeros", withCount("00")],
  ["a plus sign", withCount("+17")],
  ["a fraction", withCount("1.5")],
  ["a fraction of zeros", withCount("17.0")],
  ["an exponent", withCount("1e3")],
  ["a hexadecimal count", withCount("0x11")],
  ["an octal count", withCount("0o21")],
  ["a space before the count", withCount(" 17")],
  ["a space behind the count", withCount("17 ")],
  ["a space in the count", withCount("1 7")],
  ["letters", withCount("x")],
  ["a word", withCount("NaN")],
  ["a longer word", withCount("Infinity")],
  ["true", withCount("true")],
  ["a byte beyond ASCII", withCount("\xb2")],
  ["a zero byte", withCount("\0")],
  ["one more than the largest count", withCount("2147483648")],
  ["a count of eleven digits", withCount("10000000000")],
  ["a count of 400 digits", withCount("9".repeat(400))],
  ["one byte more than fits", (sealed) => "x".repeat(SEALED_BYTES_MAX + 1 - sealed.length) + sealed],
];
