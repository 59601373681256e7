// A `return` without a value that ends a function keeps its semicolon, or the interpreter fails when the function runs.
import * as assert from "uvu/assert";
import { endBareReturns, shrinkProgram } from "../../../firmware/bundle/shrink.ts";
import { suite } from "../../support/suite.ts";

const test = suite("bare returns");

const ROWS: [before: string, after: string][] = [
  ["function a(){for(;;)if(b)return}", "function a(){for(;;)if(b)return;}"],
  ["function a(){if(b)return 4;else return}", "function a(){if(b)return 4;else return;}"],
  ["function a(){if(b){return}return}", "function a(){if(b){return;}return;}"],
  ["function a(){return;}", "function a(){return;}"],
  ["function a(){return b}", "function a(){return b}"],
  ['var a="return}"', 'var a="return}"'],
];

for (const [before, after] of ROWS)
  test(before, () => {
    assert.is(endBareReturns(before), after);
  });

test("the last step of shrinking does not take the semicolon away", async () => {
  const { code } = await shrinkProgram(
    "(function(){function a(n){for(var i=0;i<n;i++){if(i>b)return;}}var b=1;c(a);c(a)})();",
  );
  assert.match(code, "return;}");
});
