// Owns what a rule is: a name, the reason it stands for, what to do instead, and a function that finds where it is broken.
// Each rule is proven by fixtures: a little repository that breaks it, and one that keeps it.
import type ts from "typescript";
import { createRepository, type Repository, type Source } from "./repository.ts";

export interface Finding {
  path: string;
  /** Counted from 1. */
  line: number;
  what: string;
}

export interface Rule {
  name: string;
  reason: string;
  instead: string;
  check(repository: Repository): Finding[];
}

export interface Fixture {
  rule: string;
  /** What stands in the little repository: text by path. */
  files: Record<string, string>;
  /** `path:line` of everything that must be found; none: the rule is kept. */
  findings: string[];
}

/** A rule that looks at one program file after the other. */
export function forEachSource(check: (source: Source) => Finding[]): Rule["check"] {
  return (repository) => repository.sources.flatMap(check);
}

/** A rule that looks at the text of one file after the other. */
export function forEachText(check: (path: string, text: string) => Finding[]): Rule["check"] {
  return (repository) => [...repository.texts].flatMap(([path, text]) => check(path, text));
}

export function at(source: Source, node: ts.Node, what: string): Finding {
  return { path: source.path, line: source.lineOf(node), what };
}

/** Every match of `pattern` (which must be global) as a finding. */
export function findMatches(path: string, text: string, pattern: RegExp, what: (match: string) => string): Finding[] {
  return [...text.matchAll(pattern)].map((match) => {
    const line = text.slice(0, match.index).split("\n").length;
    return { path, line, what: what(match[0]) };
  });
}

export function applyRule(rule: Rule, files: Record<string, string>): string[] {
  const found = rule.check(createRepository(new Map(Object.entries(files))));
  return found.map((finding) => `${finding.path}:${finding.line}`);
}

export function formatFindings(rule: Rule, findings: Finding[]): string {
  const lines = findings.map((finding) => `  ${finding.path}:${finding.line}  ${finding.what}`);
  return `${rule.name}\n${lines.join("\n")}\n  why: ${rule.reason}\n  instead: ${rule.instead}`;
}
