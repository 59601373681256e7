// Owns how signing and its commands fail. Messages say what happened and, behind a semicolon, what to do; never what a private key is.

export type ReleaseErrorCode =
  /** A file that was to be made is there already. */
  | "file-exists"
  /** A file is not there, or cannot be read or written. */
  | "file-unusable"
  | "key-malformed"
  /** Others than its owner can get at a private key. */
  | "key-rights"
  | "bundle-refused"
  | "manifest-refused"
  /** What was read is no signed firmware, or not all of it. */
  | "file-malformed"
  /** The firmware's bytes are not those that the manifest names. */
  | "hash-differs"
  /** The key has not signed that manifest. */
  | "signature-refused"
  /** The trap's verifier and the library disagree. */
  | "verifiers-disagree";

export class ReleaseError extends Error {
  override name = "ReleaseError";
  readonly code: ReleaseErrorCode;

  constructor(code: ReleaseErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}
