// Owns what goes wrong on a bench that is nobody's failed test: what was asked wrongly, and what broke beneath the bench. It leaves failed
// expectations to steps/.

/** `usage`: the bench file or the command line is to be mended; `infrastructure`: a port, a disk, a cloud, a tool beneath us gave way. */
export type HilErrorKind = "usage" | "infrastructure";

/** Its message says what happened, to what, and what to do next. `code` is kebab-case and never changes its meaning. */
export class HilError extends Error {
  override name = "HilError";
  readonly kind: HilErrorKind;
  readonly code: string;
  constructor(kind: HilErrorKind, code: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.kind = kind;
    this.code = code;
  }
}

/** What the process ends with. */
export const EXIT = { passed: 0, failed: 1, usage: 2, infrastructure: 3 } as const;
