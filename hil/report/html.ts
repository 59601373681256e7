// Owns writing HTML in which no text of a run can be anything but text: whatever is put into a template is escaped, unless it is HTML that
// was made by one.

export interface Html {
  readonly markup: string;
}

type Part = Html | string | number | undefined | false | Part[];

export function html(strings: TemplateStringsArray, ...parts: Part[]): Html {
  return { markup: strings.map((text, at) => text + toMarkup(parts[at])).join("") };
}

/** For the page's own style and script alone. */
export function trusted(markup: string): Html {
  return { markup };
}

function toMarkup(part: Part): string {
  if (part === undefined || part === false) return "";
  if (Array.isArray(part)) return part.map(toMarkup).join("");
  return typeof part === "object" ? part.markup : escapeHtml(String(part));
}

/** Control characters are shown as JavaScript writes them: they have no look, and some are no HTML at all. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll(/[^\P{Cc}\n\t]|\p{Surrogate}|[\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, (char) => {
      const code = char.codePointAt(0) ?? 0;
      return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16)}`;
    })
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
