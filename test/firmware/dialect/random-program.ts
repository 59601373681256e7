// Owns making programs of the dialect at random: every one ends, reads nothing undefined, and tells all it does through R. The same seed
// makes the same program.

type Random = (below: number) => number;

interface Place {
  random: Random;
  /** Names that can be read here. */
  names: string[];
  /** Functions that may be called here, with their number of parameters: those made before, so that nothing calls itself. */
  functions: [name: string, parameters: number][];
  depth: number;
  inLoop: boolean;
  inFunction: boolean;
  count: { names: number };
}

export function createProgram(seed: number): string {
  const random = createRandom(seed);
  const place: Place = {
    random,
    names: ["acc", "box.n"],
    functions: [],
    depth: 3,
    inLoop: false,
    inFunction: false,
    count: { names: 0 },
  };
  let text =
    "declare function R(x: unknown): void;\nlet acc = 0;\nconst box: { n: number; list: number[]; opt?: number } = { n: 1, list: [] };\n";
  for (let i = 2 + random(4); i > 0; i--) text += writeFunction(place);
  for (let i = 5; i > 0; i--)
    text += writeGuarded(`R("at " + ${i});\n${writeStatement({ ...place, names: [...place.names] })}`);
  for (const called of place.functions) text += writeGuarded(`R(${writeCall(place, called)});`);
  return `${text}R(acc + "," + box.n + "," + box.list.join());\nexport {};\n`;
}

/** Numbers below a bound, from a linear congruential generator. */
function createRandom(seed: number): Random {
  let state = (seed * 7919 + 13) >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 4294967296) * below);
  };
}

function pick<T>(random: Random, items: readonly T[]): T {
  return items[random(items.length)] as T;
}

function createName(place: Place, prefix: string): string {
  place.count.names += 1;
  return `${prefix}${place.count.names}`;
}

function writeGuarded(body: string): string {
  return `try {\n${body}\n} catch (_thrown) {\nR("thrown");\n}\n`;
}

function writeFunction(place: Place): string {
  const { random } = place;
  const name = createName(place, "f");
  const parameters = Array.from({ length: random(3) }, () => createName(place, "a"));
  const inside: Place = { ...place, names: [...place.names, ...parameters], inFunction: true };
  let body = "";
  if (random(2) === 0) {
    const inner = createName(place, "inner");
    body += `R(${inner}(${writeValue(inside, 1)}));\nfunction ${inner}(x: number): unknown {\n${writeBlock({ ...inside, depth: 2, names: [...inside.names, "x"] })}\nreturn x;\n}\n`;
  }
  for (let i = 1 + random(4); i > 0; i--) body += `${writeStatement(inside)}\n`;
  place.functions.push([name, parameters.length]);
  const written = parameters
    .map((one) => (random(2) === 0 ? `${one} = ${random(9)}` : `${one}: number`))
    .sort((a, b) => +a.includes("=") - +b.includes("="));
  return `function ${name}(${written.join(", ")}): unknown {\n${body}return acc;\n}\n`;
}

/** A number, a word or a truth: never undefined, which the types of real code keep out of comparisons. */
function writeValue(place: Place, depth: number): string {
  const { random } = place;
  const part = () => writeValue(place, depth - 1);
  if (depth <= 0) {
    return random(3) === 0
      ? pick(random, ["0", "1", "2", "7", '"a"', '"bc"', '""', "true"])
      : pick(random, place.names);
  }
  const called = place.functions.length > 0 ? pick(random, place.functions) : undefined;
  const forms = [
    () => `(${part()} + ${part()})`,
    () => `(${part()} === ${part()})`,
    () => `(${part()} < ${part()})`,
    () => `(${part()} ? ${part()} : ${part()})`,
    () => `(${part()} && ${part()})`,
    () => `(${part()} || ${part()})`,
    () => `!${part()}`,
    () => `typeof ${part()}`,
    () => `[${part()}, ${part()}].length`,
    () => `({ k: ${part()} }).k`,
    () => `(box.opt ?? ${part()})`,
    () => `(() => ${part()})()`,
    () => `[${part()}, 2].map((m) => m + 1).join()`,
    () => (called === undefined ? "acc++" : `(${writeCall(place, called)} ?? 3)`),
  ];
  return pick(random, forms)();
}

function writeCall(place: Place, [name, parameters]: [string, number]): string {
  return `${name}(${Array.from({ length: parameters }, () => writeValue({ ...place, functions: [] }, 1)).join(", ")})`;
}

function writeBlock(place: Place): string {
  const inside: Place = { ...place, names: [...place.names], depth: place.depth - 1 };
  let text = "";
  for (let i = 1 + place.random(3); i > 0; i--) text += `${writeStatement(inside)}\n`;
  return text;
}

/** In braces, or a single statement without. */
function writeBody(place: Place): string {
  return place.random(3) === 0 ? writeEffect(place) : `{\n${writeBlock(place)}}`;
}

/** A statement that declares nothing. */
function writeEffect(place: Place): string {
  const { random } = place;
  const value = () => writeValue(place, 2);
  const forms = [
    () => `R("r" + ${value()});`,
    () => "acc++;",
    () => `acc += ${value()} ? 1 : 2;`,
    () => `box.n += ${value()} ? 3 : 4;`,
    () => `box.n = ${value()} ? 5 : box.n;`,
    () => `box.list.push(${value()} ? 6 : 7);`,
    () => `if (box.list.length > 2) box.list.splice(${random(2)}, 1);`,
    () => (random(2) === 0 ? "delete box.opt;" : `box.opt = ${random(5)};`),
    () => (place.inLoop ? pick(random, ["break;", "continue;"]) : "acc--;"),
    () => (place.inFunction ? pick(random, ["return;", `return ${value()};`]) : `R(${value()});`),
    () => (random(3) === 0 ? `throw ${value()};` : `R(${value()});`),
  ];
  return pick(random, forms)();
}

function writeStatement(place: Place): string {
  const { random } = place;
  const value = () => writeValue(place, 2);
  if (place.depth <= 0 || random(2) === 0) return writeEffect(place);
  const inner: Place = { ...place, depth: place.depth - 1 };
  const name = createName(place, "v");
  const named = (): Place => ({ ...inner, names: [...place.names, name], inLoop: true });
  const forms = [
    () => `if (${value()}) ${writeBody(inner)}`,
    () => `if (${value()}) ${writeBody(inner)} else ${writeBody(inner)}`,
    () => `for (let ${name} = 0; ${name} < ${1 + random(3)}; ${name}++) ${writeBody(named())}`,
    () => `for (const ${name} of [${value()}, ${value()}]) ${writeBody(named())}`,
    () => `let ${name} = ${1 + random(3)};\nwhile (${name}-- > 0) ${writeBody({ ...inner, inLoop: true })}`,
    () =>
      `let ${name} = ${1 + random(2)};\nfor (;;) {\nif (${name}-- <= 0) break;\n${writeBlock({ ...inner, inLoop: true })}}`,
    () => writeSwitch(inner),
    () =>
      `try {\n${writeBlock(inner)}} catch (_thrown) {\n${writeBlock(inner)}}${random(2) === 0 ? ' finally {\nR("finally");\nacc += 3;\n}' : ""}`,
    () => writeClosure(place, inner, name),
    () => {
      const text = `const ${name} = ${value()};`;
      place.names.push(name);
      return text;
    },
    () =>
      `const { n: ${name} = 2, ...${name}x } = { n: ${value()}, m: 1 };\nR(${name} + Object.keys(${name}x).join());`,
    () => `R([...box.list, ${value()}].join());`,
  ];
  return pick(random, forms)();
}

function writeSwitch(place: Place): string {
  const { random } = place;
  let text = `switch (${writeValue(place, 1)}) {\n`;
  for (const test of ["1", '"a"', "true"].slice(random(3))) {
    text += `case ${test}: {\n${writeBlock({ ...place, inLoop: false })}}\n${random(2) === 0 ? "break;\n" : ""}`;
  }
  if (random(2) === 0) text += `default: {\n${writeBlock({ ...place, inLoop: false })}}\n`;
  return `${text}}`;
}

/** Closures that remember, called later than they were made. */
function writeClosure(place: Place, inner: Place, name: string): string {
  const keeps = writeValue({ ...inner, names: [...place.names, "i"] }, 1);
  return `const ${name}: (() => unknown)[] = [];\nfor (let i = 0; i < 3; i++) ${name}.push(() => ${keeps} + "" + i);\nR(${name}.map((one) => one()).join());`;
}
