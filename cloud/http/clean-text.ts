// Owns one refusal for all routes: text that PostgreSQL cannot store (a zero character, half of a surrogate pair) is foreign input like
// any other and must not come back as an error of the database.

/** The path of the first text that cannot be stored, `field.field`; null if there is none. Depth is bounded by the body alone. */
export function findUncleanText(value: unknown): string | null {
  const open: { path: string; value: unknown }[] = [{ path: "", value }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next.value === "string") {
      if (isUnclean(next.value)) return next.path === "" ? "(all of it)" : next.path;
    } else if (typeof next.value === "object" && next.value !== null && !ArrayBuffer.isView(next.value)) {
      for (const [key, inner] of Object.entries(next.value)) {
        if (isUnclean(key)) return next.path === "" ? "(a name)" : next.path;
        // Nested deeper than any input of ours: the path is cut, the walk goes on.
        const path = next.path === "" ? key : next.path.length > 100 ? next.path : `${next.path}.${key}`;
        open.push({ path, value: inner });
      }
    }
  }
  return null;
}

function isUnclean(text: string): boolean {
  return text.includes("\u0000") || /\p{Surrogate}/u.test(text);
}
