// The reader of COPY blocks, with its input cut at every place: what it gives may not depend on where the chunks end.
import * as assert from "uvu/assert";
import { encodeMark } from "../../../../cloud/db/backup/archive-text.ts";
import { type CopyScannerOptions, createCopyScanner, type Piece } from "../../../../cloud/db/backup/copy-scanner.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("copy scanner");

/** Neighbouring row pieces joined, since where they are cut is of no account. */
function scan(chunks: Buffer[], options: CopyScannerOptions): { pieces: string[]; end: string | null } {
  const scanner = createCopyScanner(options);
  const pieces: string[] = [];
  let rows: { text: string; count: number } | null = null;
  const take = (piece: Piece) => {
    if (piece.kind === "rows") {
      rows = { text: (rows?.text ?? "") + piece.bytes.toString("latin1"), count: (rows?.count ?? 0) + piece.rows };
      return;
    }
    if (rows !== null) pieces.push(`rows ${rows.count} ${JSON.stringify(rows.text)}`);
    rows = null;
    pieces.push(piece.kind === "line" ? piece.line : piece.kind === "copy" ? `copy ${piece.statement}` : "copy-end");
  };
  for (const chunk of chunks) for (const piece of scanner.push(chunk)) take(piece);
  return { pieces, end: scanner.end() };
}

const DATA = [
  "SET a = 1;\n",
  "COPY public.t (a) FROM stdin;\n1\n\\\\.\n\\.x\n\n-- trapline-backup section=after\nCOPY public.u FROM stdin;\n\\.\n",
  "\n",
  "COPY public.u (b) FROM stdin;\n\\.\n",
  "SELECT 1;\n",
].join("");
const PIECES = [
  "SET a = 1;",
  "copy COPY public.t (a) FROM stdin;",
  `rows 6 ${JSON.stringify("1\n\\\\.\n\\.x\n\n-- trapline-backup section=after\nCOPY public.u FROM stdin;\n")}`,
  "copy-end",
  "",
  "copy COPY public.u (b) FROM stdin;",
  "copy-end",
  "SELECT 1;",
];

test("finds the same lines and rows wherever one cut lies, and in single bytes", () => {
  const bytes = Buffer.from(DATA);
  for (let cut = 0; cut <= bytes.length; cut += 1) {
    const found = scan([bytes.subarray(0, cut), bytes.subarray(cut)], { sections: false });
    assert.equal(found, { pieces: PIECES, end: null }, `cut at ${cut}`);
  }
  const single = [...bytes].map((byte) => Buffer.from([byte]));
  assert.equal(scan(single, { sections: false }), { pieces: PIECES, end: null });
});

test("takes a line that looks like COPY for one in the section of the rows alone", () => {
  const line = "COPY public.t (a) FROM stdin;\n";
  const text = `${line}${encodeMark("data")}${line}1\n\\.\n${encodeMark("after")}${line}`;
  const found = scan([Buffer.from(text)], { sections: true });
  assert.equal(
    found.pieces.map((piece) => piece.split(" ")[0]),
    ["COPY", "--", "copy", "rows", "copy-end", "--", "COPY"],
  );
});

test("says at the end what was left unfinished", () => {
  const begun = "COPY public.t (a) FROM stdin;\n";
  const table: [text: string, end: string | null][] = [
    ["SELECT 1;", "line"],
    ["SELECT 1;\n", null],
    [begun, "rows"],
    [`${begun}1\n`, "rows"],
    [`${begun}1\n\\.`, "rows"],
    [`${begun}1\n\\.\n`, null],
  ];
  for (const [text, end] of table) assert.is(scan([Buffer.from(text)], { sections: false }).end, end, text);
});
