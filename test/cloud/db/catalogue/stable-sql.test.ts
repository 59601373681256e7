// The words for expressions and views that both PostgreSQL 15 and 18 end up with, given what each of them says.
import * as assert from "uvu/assert";
import { stabilise, unqualify } from "../../../../cloud/db/catalogue/stable-sql.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("stable SQL");

const EXPRESSIONS: [told: string, stable: string][] = [
  ["((s)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))", "(s IN ('a', 'b'))"],
  ["((s)::text = ANY (ARRAY[('a'::character varying)::text, ('b'::character varying)::text]))", "(s IN ('a', 'b'))"],
  ["(t = ANY (ARRAY['a'::text, 'it''s, (b)'::text]))", "(t IN ('a', 'it''s, (b)'))"],
  ["(c <> ALL (ARRAY['x'::bpchar, 'y'::bpchar]))", "(c NOT IN ('x', 'y'))"],
  [
    "((\"Odd \"\"one\")::text <> ALL ((ARRAY['a'::character varying, 'b'::character varying])::text[]))",
    "(\"Odd \"\"one\" NOT IN ('a', 'b'))",
  ],
  [
    "((COALESCE(s, n))::text = ANY ((ARRAY['u'::character varying, 'v'::character varying])::text[]))",
    "((COALESCE(s, n))::text IN ('u', 'v'))",
  ],
  ["((u)::text = ANY (ARRAY['a'::text, 'b'::text]))", "((u)::text IN ('a', 'b'))"],
  [
    "(list <@ (ARRAY['a'::character varying, 'b'::character varying])::text[])",
    "(list <@ ARRAY[('a'::character varying)::text, ('b'::character varying)::text])",
  ],
  ["(value = ANY (allowed_values))", "(value = ANY (allowed_values))"],
  ["(t = ANY (ARRAY['a'::text]))", "(t = ANY (ARRAY['a'::text]))"],
  ["(mood = ANY (ARRAY['a'::mood, 'b'::mood]))", "(mood = ANY (ARRAY['a'::mood, 'b'::mood]))"],
  ["'t = ANY (ARRAY[''a''::text, ''b''::text])'::text", "'t = ANY (ARRAY[''a''::text, ''b''::text])'::text"],
];

test("a list of words is told as IN, in whichever way PostgreSQL tells it", () => {
  for (const [told, stable] of EXPRESSIONS) {
    assert.is(stabilise(told), stable);
    assert.is(stabilise(stable), stable, "and stays so");
  }
});

const VIEWS: [promise: string, told: string, stable: string][] = [
  [
    "one table",
    " SELECT t.id,\n    t.s\n   FROM t\n  WHERE (t.s = 't.s')",
    " SELECT id,\n    s\n   FROM t\n  WHERE (s = 't.s')",
  ],
  ["an alias", "SELECT r.id FROM rooms r ORDER BY r.id", "SELECT id FROM rooms r ORDER BY id"],
  ["a quoted name", 'SELECT "My T".id FROM "My T"', 'SELECT id FROM "My T"'],
  ["a function", "SELECT g.g FROM generate_series(1, 2) g(g)", "SELECT g FROM generate_series(1, 2) g(g)"],
  ["a query in FROM", "SELECT x.id FROM ( SELECT t.id FROM t) x", "SELECT id FROM ( SELECT t.id FROM t) x"],
  [
    "a query inside keeps its names",
    "SELECT t.id FROM t WHERE (EXISTS ( SELECT FROM u WHERE (u.id = t.id)))",
    "SELECT id FROM t WHERE (EXISTS ( SELECT FROM u WHERE (u.id = t.id)))",
  ],
  [
    "IS DISTINCT FROM",
    "SELECT t.a FROM t WHERE (t.a IS DISTINCT FROM t.b)",
    "SELECT a FROM t WHERE (a IS DISTINCT FROM b)",
  ],
  ["a whole row", "SELECT t.*::t AS t FROM t", "SELECT t.*::t AS t FROM t"],
  ["a join", "SELECT a.id FROM (t a JOIN t ON (true))", "SELECT a.id FROM (t a JOIN t ON (true))"],
  ["two tables", "SELECT a.id FROM t a, t", "SELECT a.id FROM t a, t"],
  ["a union", "SELECT t.a FROM t UNION SELECT u.a FROM u", "SELECT t.a FROM t UNION SELECT u.a FROM u"],
  ["no table", "SELECT 1 AS one", "SELECT 1 AS one"],
];

for (const [promise, told, stable] of VIEWS) {
  test(`the columns of a view of one table are told without its name: ${promise}`, () => {
    assert.is(unqualify(told), stable);
    assert.is(unqualify(stable), stable, "and stay so");
  });
}
