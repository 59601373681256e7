// Owns how composing an image fails. Messages say what happened and, behind a semicolon, what to do.

export type ImageErrorCode =
  | "key-malformed"
  /** Not the loader this build makes. */
  | "loader-malformed"
  | "loader-too-large"
  | "firmware-too-large"
  /** It was broken on purpose, and is for no key but the development key. */
  | "firmware-faulty"
  /** The sources are outside the dialect. */
  | "sources-refused"
  /** A file cannot be read or written. */
  | "file-unusable";

export class ImageError extends Error {
  override name = "ImageError";
  readonly code: ImageErrorCode;

  constructor(code: ImageErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}
