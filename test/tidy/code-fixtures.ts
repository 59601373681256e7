// Little repositories that break or keep each rule of code-rules.ts.
import type { Fixture } from "./rule.ts";

const DEFAULTS = "no default exports";
const FILES = "files have at most 400 lines, tests 500";
const FUNCTIONS = "functions have at most 70 lines";
const OPENING = "every file opens with a comment";
const TYPES = "no any, no `as unknown as`, no ts-ignore";
const ALL_RUN = "no test is left out or singled out";
const SUITE = "tests use test/support/suite.ts";

function text(rule: string, file: string, content: string, ...lines: number[]): Fixture {
  return { rule, files: { [file]: content }, findings: lines.map((line) => `${file}:${line}`) };
}

/** One file with one offence on each line. */
function broken(rule: string, file: string, ...lines: string[]): Fixture {
  return text(rule, file, `${lines.join("\n")}\n`, ...lines.map((_, i) => i + 1));
}

function kept(rule: string, file: string, ...lines: string[]): Fixture {
  return text(rule, file, `${lines.join("\n")}\n`);
}

function functionOf(lines: number): string {
  return `function long() {\n${"  step();\n".repeat(lines - 2)}}\n`;
}

export const CODE_FIXTURES: Fixture[] = [
  broken(
    DEFAULTS,
    "cloud/a.ts",
    "export default function a() {}",
    "export default class B {}",
    "export default 5;",
    "export { one as default };",
    'export { one as default } from "./b.ts";',
  ),
  kept(DEFAULTS, "cloud/a.ts", "export const a = 1;", 'import b from "pg";', "switch (a) { default: b(); }"),
  text(FILES, "cloud/a.ts", "a();\n".repeat(401), 401),
  text(FILES, "cloud/console/page/a.css", "a {}\n".repeat(401), 401),
  text(FILES, "test/a.test.ts", "a();\n".repeat(501), 501),
  text(FILES, "cloud/a.ts", "a();\n".repeat(400)),
  text(FILES, "test/a.test.ts", "a();\n".repeat(500)),
  text(FILES, "README.md", "a\n".repeat(2000)),
  text(FUNCTIONS, "cloud/a.ts", `\n${functionOf(71)}`, 2),
  text(FUNCTIONS, "cloud/a.ts", `const long = () => {\n${"  step();\n".repeat(70)}};\n`, 1),
  text(FUNCTIONS, "cloud/a.ts", functionOf(70)),
  text(FUNCTIONS, "cloud/a.ts", `const table = [\n${"  1,\n".repeat(100)}];\n`),
  text(OPENING, "cloud/a.ts", "\n// too late\n", 1),
  text(OPENING, "cloud/a.css", "a {}\n", 1),
  text(OPENING, "migrations/001_a.sql", "create table a ();\n", 1),
  text(OPENING, "cloud/a.html", "<!doctype html>\n<html></html>\n", 1),
  text(OPENING, ".ci/run", "#!/bin/sh\nset -e\n", 1),
  text(OPENING, "cloud/a.ts", "// Owns a.\n"),
  text(OPENING, "cloud/a.js", "/* Owns a. */\n"),
  text(OPENING, "bin/trapline.ts", "#!/usr/bin/env node\n// Owns the command line.\n"),
  text(OPENING, "cloud/a.html", "<!doctype html>\n<!-- Owns a. -->\n"),
  text(OPENING, ".ci/run", "#!/bin/sh\n# Owns the examination.\n"),
  text(OPENING, "package.json", "{}\n"),
  broken(
    TYPES,
    "cloud/a.ts",
    "const a: any = 1;",
    "const b = (c: any[]) => c;",
    "const d = x as unknown as string;",
    "// @ts-ignore",
    "// @ts-expect-error: later",
    "/* @ts-nocheck */",
    "type E = Record<string, any>;",
  ),
  kept(
    TYPES,
    "cloud/a.ts",
    "const any = 1;",
    "const b = x as unknown;",
    "// any of them, as unknown as they are",
    "const c = fc.any();",
  ),
  broken(
    ALL_RUN,
    "test/a.test.ts",
    'test.only("a", () => {});',
    'test.skip("a", () => {});',
    'test.skip("later");',
    'suite.only("a", () => {});',
  ),
  kept(ALL_RUN, "test/a.test.ts", 'test("a", () => { test.skip("no chromium", "package"); });', "const a = list.only;"),
  broken(SUITE, "test/a.test.ts", 'import { suite } from "uvu";', 'import test from "node:test";'),
  kept(
    SUITE,
    "test/a.test.ts",
    'import * as assert from "uvu/assert";',
    'import { suite } from "../support/suite.ts";',
  ),
  kept(SUITE, "test/support/suite.ts", 'import { suite } from "uvu";'),
];
