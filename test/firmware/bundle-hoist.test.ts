// The pipeline puts every declaration in front of its function, as the interpreter needs it, and changes nothing else; and the last check
// sees whatever would still meet a name before its declaration.
import * as assert from "uvu/assert";
import { checkOutput } from "../../firmware/bundle/check-output.ts";
import { hoistDeclarations } from "../../firmware/bundle/hoist.ts";
import { getEspruino } from "../support/espruino.ts";
import { suite } from "../support/suite.ts";
import { runOnInterpreter, runOnNode } from "./dialect/measured.ts";

const test = suite("bundle hoist");

/** Programs of one call each, as the pipeline makes them; every one fails, or answers otherwise, on the interpreter as it stands. */
const PROGRAMS: { [name: string]: string } = {
  "a function called above its declaration": "R(f());function f(){return 1}",
  "a function inside a function": "function o(){return i();function i(){return 5}}R(o())",
  "the only var, in a branch that is not taken": "function f(c){if(c){var x=1}return x}R(f(0));R(f(1))",
  "a var that would catch a global": "function f(c){if(c){var R2=1}return R2}R(f(0))",
  "a var without braces": "function f(c){if(c)var x=1,y=2;else var z=3;return''+x+y+z}R(f(0)+f(1))",
  "a var in a for head": "for(var i=0,n=2;i<n;i++);R(i+n);for(var j=0;j<1;)j++;R(j)",
  "a var in a for-in head": "for(var k in{a:1,b:2});R(k)",
  "an initialiser that calls a function reading a later var": "function f(){return z}var y=f(),z=3;R(y+''+z)",
  "an initialiser that reads a later var": "function f(){var a=b,b=2;return a+''+b}R(f())",
  "an initialiser that reads itself": "function f(){var a=typeof a;return a}R(f())",
  "a declared function that reads a var still to come": "var a=f();function f(){return typeof a}R(a)",
  "an initialiser of two expressions": "if(1){var n,a=(n=4,function(){return++n})}a();R(a())",
  "a member called as a later var": "function f(o){var a={b:o.b},b=2;return a.b+b}R(f({b:1}))",
  "a var that repeats a parameter": "function f(a){var a=a||5;return a}R(f()+f(2))",
  "a var that repeats a function": "function f(){var g;function g(){return 7}return g()}R(f())",
  "a var named twice": "function f(){var a=1;R(a);var a=2;return a}R(f())",
  "functions inside initialisers":
    "var a=function(n){if(n){var t=n}return t},b={c:function(){return d();function d(){return 4}}};R(a()+''+b.c())",
  "a var in try and catch": "function f(){try{var a=1;throw 2}catch(e){var b=e}finally{var c=3}return a+b+c}R(f())",
  "a var in a switch": "function f(n){switch(n){case 1:var a=1;break;default:a=2}return a}R(f(1)+f(2))",
  "a function whose text is moved with its own vars":
    "g(2);function g(n){for(var i=0;i<n;i++){var x=h(i);R(x)}function h(q){return q*2}}",
};

function joinLines(code: string): string {
  return code.replaceAll("\n", "");
}

for (const [name, body] of Object.entries(PROGRAMS)) {
  const program = `!function(){${body}}();`;

  test(`${name}: the answers stay, the order is as the interpreter needs it`, () => {
    const hoisted = hoistDeclarations(program);
    assert.equal(runOnNode(hoisted), runOnNode(program));
    assert.equal(checkOutput(hoisted, name), []);
    assert.is(joinLines(hoistDeclarations(hoisted)), joinLines(hoisted), "hoisting again changes nothing");
  });
}

test("the interpreter answers the hoisted programs as Node does", async () => {
  const bin = getEspruino();
  for (const [name, body] of Object.entries(PROGRAMS)) {
    const program = `!function(){${body}}();`;
    assert.equal(await runOnInterpreter(bin, hoistDeclarations(program)), runOnNode(program), name);
  }
});

test("a leading var keeps its values, so that nothing is written twice", () => {
  assert.is(hoistDeclarations("!function(n){var a=1,b=n.c;R(a+b)}();"), "!function(n){var a=1,b=n.c;R(a+b)}();");
});

test("a function declared inside a block is an error, since no place for it is right", () => {
  assert.throws(() => hoistDeclarations("if(1){function f(){}}"), /inside a block/);
});
