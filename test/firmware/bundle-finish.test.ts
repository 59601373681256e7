// What the interpreter would read otherwise is spelt out in the end. A `return` without a value that ends a function keeps its semicolon, or the interpreter fails when the function runs.
import * as assert from "uvu/assert";
import { endBareReturns, finishProgram, listLateReads } from "../../firmware/bundle/finish.ts";
import { shrinkProgram } from "../../firmware/bundle/shrink.ts";
import { suite } from "../support/suite.ts";

const test = suite("bundle finish");

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

const SPELT: [before: string, after: string][] = [
  ["a+=f()", "a=a+f()"],
  ["a-=f()+1", "a=a-(f()+1)"],
  ["o.k+=f()", "o.k=o.k+f()"],
  ["o[i].k<<=(f(),1)", "o[i].k=o[i].k<<(f(),1)"],
  ["a+=b+=f()", "a=a+(b=b+f())"],
  ["a-=a++", "a=a-(a++)"],
  ["R(a+=new F)", "R(a=a+(new F))"],
  ["a+=b", "a+=b"],
  ["for(;;)f()", "for(;1;)f()"],
  ["for(i=0;;i++)for(;;);", "for(i=0;1;i++)for(;1;);"],
  ["try{a={b:f(),c:1}}catch(e){}", "try{a=function(){return{b:f(),c:1}}()}catch(e){}"],
  ["try{f()}catch(e){g({b:[{b:f(),c:1}],c:1})}", "try{f()}catch(e){g(function(){return{b:[{b:f(),c:1}],c:1}}())}"],
  ["try{a={b:1,c:f()}}catch(e){}", "try{a={b:1,c:f()}}catch(e){}"],
  ["try{f(function(){return{b:f(),c:1}})}catch(e){}", "try{f(function(){return{b:f(),c:1}})}catch(e){}"],
  ["a={b:f(),c:1}", "a={b:f(),c:1}"],
  ["a[i++]+=2", "a[i++]+=2"],
  ["function g(a){a+=f()}", "function g(a){a+=f()}"],
  ["function g(a){a+=f();return function(){a++}}", "function g(a){a=a+f();return function(){a++}}"],
];

for (const [before, after] of SPELT) {
  test(`${before} becomes ${after}`, () => {
    assert.is(finishProgram(before), after);
    assert.equal(listLateReads(after), []);
  });
}

test("what cannot be written twice is left, for the last check to refuse", () => {
  assert.is(finishProgram("a[f()]+=g()"), "a[f()]+=g()");
  assert.is(listLateReads("a[f()]+=g()").length, 1);
});
