// The last look at the bytes: each form the interpreter is not known to run is refused under its row, and what was measured passes.
import * as assert from "uvu/assert";
import { checkOutput } from "../../firmware/bundle/check-output.ts";
import { DIALECT } from "../../firmware/bundle/dialect.ts";
import { suite } from "../support/suite.ts";

const test = suite("bundle output");

const REFUSED: [string, string][] = [
  ["output-syntax", "let a=1"],
  ["output-syntax", "const a=1"],
  ["output-syntax", "var a=()=>1"],
  ["output-syntax", "a:for(;;){break a}"],
  ["output-syntax", "R(/a/)"],
  ["output-syntax", "R(10n)"],
  ["output-syntax", "class A{}"],
  ["output-syntax", "R(`a`)"],
  ["output-syntax", "R(...a)"],
  ["output-syntax", "R(a?.b)"],
  ["output-syntax", "R(a??b)"],
  ["output-syntax", "R(2**3)"],
  ["output-syntax", "R({a})"],
  ["output-syntax", "R({[a]:1})"],
  ["output-syntax", "R({a(){}})"],
  ["output-syntax", "R({get a(){return 1}})"],
  ["output-syntax", "function f(a=1){}"],
  ["output-syntax", "function f(...a){}"],
  ["output-syntax", "function*f(){}"],
  ["output-syntax", "async function f(){}"],
  ["output-syntax", "[a]=[1]"],
  ["output-syntax", "for(a of b);"],
  ["output-syntax", "try{}catch{}"],
  ["output-syntax", "switch(a){default:case 1:}"],
  ["output-syntax", "debugger"],
  ["output-syntax", "with(a){}"],
  ["output-syntax", "R(1e21)"],
  ["output-order", "R(1);var a"],
  ["output-order", "R(1);function f(){}"],
  ["output-order", "if(R){var a}"],
  ["output-order", "for(var i=0;;);"],
  ["output-order", "R(function(){R(1);var a})"],
  ["output-order", "var a=b,b"],
  ["output-order", "var a=f(),b;function f(){}"],
  ["output-syntax", "switch(a){case 1:break;case f():}"],
  ["output-return", "function f(){return}"],
  ["output-syntax", "do{}while(a)"],
  ["output-syntax", "for(;;)f()"],
  ["output-syntax", "delete f().a"],
  ["output-lost-literal", "try{a={b:f(),c:this}}catch(e){}"],
  ["output-late-read", "a+=f()"],
  ["output-late-read", "a[f()]+=g()"],
  ["output-for-head", "for(function(){}();;);"],
  ["output-for-head", "for(function(){}.a;;);"],
  ["output-for-head", "for(({}).a=1,R(2);;);"],
  ["output-text", 'R("\u00b0")'],
  ["output-text", 'R("a\tb")'],
  ["output-name", "var of=1"],
  ["output-name", "function f(of){}"],
  ["output-name", "function E(){}"],
];

for (const [id, code] of REFUSED) {
  test(`${JSON.stringify(code)} is refused as ${id}`, () => {
    const found = checkOutput(code, "bundle.js");
    assert.ok(
      found.some((refusal) => refusal.id === id),
      JSON.stringify(found),
    );
    assert.ok(found.every((refusal) => refusal.message.includes("Instead: ")));
  });
}

test("every row found in the output is shown here", () => {
  const rows = DIALECT.filter((rule) => rule.found === "output").map((rule) => rule.id);
  assert.equal([...new Set(REFUSED.map(([id]) => id))].sort(), [...rows].sort());
});

const ALLOWED = [
  "!function(a){var b=1,c=a.d;function f(n){return n===void 0?!1:n}R(b,c,f(2))}({d:1});",
  "for(i=0,n=2;i<n;i++)R(i);for(k in o)R(k);while(1){break}",
  'switch(a){case 1:R(1);break;default:R(2)}try{throw{code:1}}catch(e){R(e)}finally{R("x")}',
  'a=b?c:d?e:f;o.x=o["y"]=3;delete o.z;R(typeof q,"a"in o,-1,~2,+"3",a,b++,--c,new K,new K(1))',
  'R("\\x00\\xff\\n",9007199254740991,[1,2],{a:1,"b-c":2,default:3,of:4},o.of)',
];

for (const code of ALLOWED) {
  test(`${JSON.stringify(code.slice(0, 40))}... passes`, () => {
    assert.equal(checkOutput(code, "bundle.js"), []);
  });
}

test("a refusal names the place", () => {
  const [refusal] = checkOutput("R(1);\n  R(/a/);", "bundle.js");
  assert.equal([refusal?.file, refusal?.line, refusal?.column], ["bundle.js", 2, 5]);
});
