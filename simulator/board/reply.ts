// Owns how the prompt shows the value of a line. Short values come out as the interpreter prints them; it breaks long objects into lines,
// and this keeps them on one.

const DEPTH_MAX = 4;
const ITEMS_MAX = 20;

/** Never throws, whatever the program's values do when they are asked. */
export function formatReply(value: unknown): string {
  try {
    return format(value, 0);
  } catch {
    return "{ ... }";
  }
}

function format(value: unknown, depth: number): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function") return "function () { ... }";
  if (typeof value !== "object" || value === null) return String(value);
  if (depth >= DEPTH_MAX) return "...";
  if (ArrayBuffer.isView(value)) return `new ${value.constructor.name}([${String(value)}])`;
  if (Array.isArray(value))
    return wrap(
      "[",
      value.map((item) => format(item, depth + 1)),
      "]",
    );
  // Pins and errors have a text of their own.
  const text = String(value);
  if (text !== "[object Object]") return text;
  return wrap(
    "{",
    Object.entries(value).map(([name, item]) => `${name}: ${format(item, depth + 1)}`),
    "}",
  );
}

function wrap(open: string, items: string[], close: string): string {
  const shown = items.length > ITEMS_MAX ? [...items.slice(0, ITEMS_MAX), "..."] : items;
  return shown.length === 0 ? `${open}  ${close}` : `${open} ${shown.join(", ")} ${close}`;
}
