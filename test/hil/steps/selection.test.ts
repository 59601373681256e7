// Choosing suites and boards: a name that fits nothing is told with those there are.
import * as assert from "uvu/assert";
import { selectBoards, selectSuites } from "../../../hil/steps/selection.ts";
import { suite } from "../../support/suite.ts";

const test = suite("selection");

const SUITES = [{ name: "flash" }, { name: "claim" }, { name: "alert" }];
const BOARDS: { name: string; labels: Record<string, string> }[] = [
  { name: "one", labels: { room: "loft", radio: "good" } },
  { name: "two", labels: { room: "cellar" } },
];

test("suites keep their order whatever the order of the names, and none named means all", () => {
  assert.equal(selectSuites(SUITES, ["alert", "flash"]), [SUITES[0], SUITES[2]]);
  assert.equal(selectSuites(SUITES, []), SUITES);
});

test("boards are chosen by name and by all of the labels", () => {
  const names = (choice: { names?: string[]; labels?: string[] }) =>
    selectBoards(BOARDS, { names: [], labels: [], ...choice }).map((board) => board.name);
  assert.equal(names({}), ["one", "two"]);
  assert.equal(names({ names: ["two"] }), ["two"]);
  assert.equal(names({ labels: ["room=loft", "radio"] }), ["one"]);
});

test("what fits nothing is refused with what there is", () => {
  assert.throws(() => selectSuites(SUITES, ["alrt"]), /there is no suite "alrt"; there are: flash, claim, alert/);
  assert.throws(
    () => selectBoards(BOARDS, { names: ["three"], labels: [] }),
    /there is no board "three"; there are: one, two/,
  );
  assert.throws(
    () => selectBoards(BOARDS, { names: [], labels: ["room=attic"] }),
    /no board has the label room=attic; labels on this bench: radio=good, room=cellar, room=loft/,
  );
});
