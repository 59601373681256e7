// Owns the question whether a line is finished: the interpreter waits for more while brackets are open.

/** Matches what brackets do not count in: comments, quoted texts and templates, finished or not. */
const SKIPPED =
  /\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?|`(?:\\[\s\S]|[^`\\])*(?:`|$)/g;

/** More than 0 for a text that goes on; an unfinished comment or template does as well. */
export function countOpenBrackets(text: string): number {
  let open = 0;
  let isUnfinished = false;
  const code = text.replace(SKIPPED, (skipped) => {
    isUnfinished ||= skipped.startsWith("/*") && !/^\/\*[\s\S]*\*\/$/.test(skipped);
    isUnfinished ||= skipped.startsWith("`") && !/^`(?:\\[\s\S]|[^`\\])*`$/.test(skipped);
    return " ";
  });
  for (const character of code) {
    if ("{[(".includes(character)) open += 1;
    else if ("}])".includes(character)) open -= 1;
    // Closed before it was opened: run it, so that it can fail.
    if (open < 0) return open;
  }
  return isUnfinished ? open + 1 : open;
}
