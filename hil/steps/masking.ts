// Owns making secrets unreadable in texts, in every form in which they travel: as they are, in URLs, in quoted JSON, in base64 wherever
// they begin in it, in hex, and line by line. It leaves to event-stream.ts which texts there are. [BENCH-12]

/** Shorter texts are words that occur by chance. */
export const SECRET_CHARS_MIN = 4;
const MASK = "***";

export interface Masker {
  add(secret: string): void;
  /** Every registered secret shown as `***`. */
  apply(text: string): string;
}

export function createMasker(): Masker {
  const forms = new Set<string>();
  let pattern: RegExp | undefined;
  return {
    add(secret) {
      const before = forms.size;
      for (const form of listForms(secret)) forms.add(form);
      if (forms.size > before) pattern = compile(forms);
    },
    apply: (text) => (pattern === undefined ? text : text.replace(pattern, MASK)),
  };
}

/** The longest first, so that no part of a secret stays beside the mask of another part. */
function compile(forms: Set<string>): RegExp {
  const sorted = [...forms].sort((a, b) => b.length - a.length);
  return new RegExp(sorted.map((form) => form.replaceAll(/[.*+?^${}()|[\]\\/-]/g, "\\$&")).join("|"), "g");
}

function listForms(secret: string): string[] {
  const lines = secret.includes("\n") ? secret.split(/\r?\n/).filter((line) => line.trim().length >= 8) : [];
  return [secret, ...lines].flatMap(listFormsOfLine).filter((form) => form.length >= SECRET_CHARS_MIN);
}

function listFormsOfLine(text: string): string[] {
  if (text.length < SECRET_CHARS_MIN) return [];
  const quoted = quote(text);
  const ascii = escapeBeyondAscii(quoted);
  const bytes = Buffer.from(text);
  return [
    text,
    ...listUrlForms(text),
    ...[quoted, quote(quoted), ascii, quote(ascii), ascii.toLowerCase(), quoted.replaceAll("/", "\\/")],
    ...listBase64Forms(bytes),
    bytes.toString("hex"),
    bytes.toString("hex").toUpperCase(),
  ];
}

function quote(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function escapeBeyondAscii(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function listUrlForms(text: string): string[] {
  const whole = text.replaceAll(/\p{Surrogate}/gu, "\ufffd");
  const component = encodeURIComponent(whole);
  const strict = component.replaceAll(/[!'()*~]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  const address = encodeURI(whole);
  const upper = [component, strict, address, strict.replaceAll("%20", "+"), component.replaceAll("%20", "+")];
  return upper.flatMap((form) => [form, form.replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase())]);
}

/** Within longer base64 a text can begin at each of three places of a group; what is left out at the ends depends on its neighbours. */
function listBase64Forms(bytes: Buffer): string[] {
  const forms = [0, 1, 2].flatMap((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes])
      .toString("base64")
      .replaceAll("=", "");
    const first = Math.ceil((before * 8) / 6);
    const last = Math.floor(((before + bytes.length) * 8) / 6);
    return [encoded.slice(first), encoded.slice(first, last)];
  });
  return [...forms, bytes.toString("base64")].flatMap((form) => [form, form.replaceAll("+", "-").replaceAll("/", "_")]);
}
