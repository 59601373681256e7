// What stands before a command that destroys: production, consent, and what counts as yes.
import * as assert from "uvu/assert";
import { Problem } from "../../../bin/db/problem.ts";
import { confirm, findProduction, isConsent, refuseProduction, toOneLine } from "../../../bin/db/questions.ts";
import type { Terminal } from "../../../bin/db/terminal.ts";
import { getRejection } from "../../support/rejection.ts";
import { suite } from "../../support/suite.ts";

const test = suite("consent to what destroys");
const DANGER = { command: "db:reset", loss: 'Everything in "trap" would go.', answer: "trap" };

interface Asked {
  terminal: Terminal;
  questions: string[];
}

/** A person at a terminal who answers so, or (null) nobody. */
function createPerson(answer: string | null, canAsk = true): Asked {
  const questions: string[] = [];
  const terminal: Terminal = {
    out: () => undefined,
    err: () => undefined,
    live: () => undefined,
    colour: { out: false, err: false },
    canAsk,
    ask: async (question) => {
      questions.push(question);
      return answer;
    },
  };
  return { terminal, questions };
}

const { signal } = new AbortController();
const consent = { yes: false, json: false, signal };

test("a person who types what was asked for may go on, and is asked once", async () => {
  const person = createPerson("trap");
  await confirm(DANGER, { ...consent, terminal: person.terminal });
  assert.equal(person.questions, ["Type its name, trap, to go on: "]);
});

for (const [answer, wanted, isYes] of [
  ["trap", "trap", true],
  [" trap ", "trap", true],
  ["Trap", "trap", false],
  ["y", "trap", false],
  ["", "trap", false],
  [null, "trap", false],
  ["y", "y", true],
  ["YES", "y", true],
  ["yep", "y", false],
  ["", "y", false],
  [null, "y", false],
] as const) {
  test(`${JSON.stringify(answer)} where ${wanted} is wanted means ${isYes ? "yes" : "no"}`, async () => {
    assert.is(isConsent(answer, wanted), isYes);
    const { terminal } = createPerson(answer);
    const asked = confirm({ ...DANGER, answer: wanted }, { ...consent, terminal });
    if (isYes) return asked;
    const problem = await getRejection(asked);
    assert.ok(problem instanceof Problem);
    assert.is(problem.status, 2);
  });
}

test("where nobody can be asked, --yes decides, and its absence is told with what to type", async () => {
  const nobody = createPerson("trap", false);
  const problem = await getRejection(confirm(DANGER, { ...consent, terminal: nobody.terminal }));
  assert.ok(problem instanceof Problem);
  assert.is(problem.status, 2);
  assert.match(problem.message, /Everything in "trap" would go/);
  assert.match(problem.advice[0] ?? "", /npm run db:reset -- --yes/);
  await confirm(DANGER, { ...consent, yes: true, terminal: nobody.terminal });
  assert.equal(nobody.questions, []);
});

test("a list of losses is told in one line where there is nobody to read several", () => {
  assert.is(toOneLine("It loses:\n  table a\n  2 rows of b"), "It loses: table a, 2 rows of b");
  assert.is(toOneLine("All would go.\nnpm start works on it."), "All would go. npm start works on it.");
});

test("a program that reads JSON is never asked, though it runs on a terminal", async () => {
  const person = createPerson("trap");
  await getRejection(confirm(DANGER, { ...consent, json: true, terminal: person.terminal }));
  assert.equal(person.questions, []);
});

for (const [variable, mark, because] of [
  [null, null, null],
  [null, "development", null],
  [null, "production", 'the database "trap" is marked as production'],
  ["NODE_ENV=production", null, "NODE_ENV=production is set"],
  ["NODE_ENV=production", "development", "NODE_ENV=production is set"],
] as const) {
  test(`with ${variable ?? "no variable"} and the mark ${mark} it is ${because === null ? "no " : ""}production`, () => {
    assert.is(findProduction(variable, mark, "trap"), because);
    if (because === null) return refuseProduction(because);
    assert.throws(
      () => refuseProduction(because),
      (error: unknown) => error instanceof Problem && error.status === 2 && error.message.includes(because),
    );
  });
}
