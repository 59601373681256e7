// Owns what the doctor finds out about one thing: whether it is as it should be, what was found, and how to mend it.
import { HilError, type HilErrorKind } from "../../error.ts";

export interface Check {
  /** Constant, kebab-case: "port", "fixture", "disk". */
  check: string;
  /** Whose: "anna", "relay of berta", "this machine". */
  subject: string;
  state: "ok" | "wrong" | "unknown";
  found: string;
  /** What to do, where something is to be done. */
  mend?: string;
  /** Of what is wrong: the bench file, or what is beneath it. */
  kind?: HilErrorKind;
}

export type Finding = Omit<Check, "check" | "subject">;

export function ok(found: string): Finding {
  return { state: "ok", found };
}

export function wrong(found: string, mend: string, kind: HilErrorKind = "infrastructure"): Finding {
  return { state: "wrong", found, mend, kind };
}

export function unknown(found: string, mend?: string): Finding {
  return { state: "unknown", found, ...(mend !== undefined && { mend }) };
}

/** What the drivers throw says what to do by itself, behind the first sentence. */
export function fromError(thrown: unknown): Finding {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const kind = thrown instanceof HilError ? thrown.kind : "infrastructure";
  const [, found = message, mend = ""] = /^(.*?\.)\s+(?=[A-Z`])([\s\S]+)$/.exec(message) ?? [];
  return mend === "" ? wrong(message, "See what this machine says of it.", kind) : wrong(found, mend, kind);
}

export async function check(name: string, subject: string, look: () => Finding | Promise<Finding>): Promise<Check> {
  try {
    return { check: name, subject, ...(await look()) };
  } catch (thrown) {
    return { check: name, subject, ...fromError(thrown) };
  }
}
