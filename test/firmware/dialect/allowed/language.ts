// Allowed: the forms device code is made of. The answers are compared between Node, the built program on Node, and the interpreter.
declare function R(value: unknown): void;

const LIMIT = 5;
const WORDS = ["armed", "sprung", "disarmed"] as const;
type Word = (typeof WORDS)[number];

interface Point {
  x: number;
  y?: number;
}

function sum(first: number, second = 2, ...more: number[]): number {
  let all = first + second;
  for (const one of more) all += one;
  return all;
}

function describe({ x, y = 7 }: Point): string {
  return `${x}/${y}`;
}

function createCounter(start: number): { next(): number; read: () => number } {
  let count = start;
  const step = () => ++count;
  return { next: step, read: () => count };
}

function weigh(word: Word): number {
  switch (word) {
    case "armed":
      return 1;
    case "sprung": {
      const bonus = 10;
      return bonus + 1;
    }
    default:
      return 0;
  }
}

class Base {
  protected count = 1;
  constructor(readonly name: string) {}
  static make(name: string): Base {
    return new Base(name);
  }
  read(): string {
    return this.name + this.count;
  }
}
class Middle extends Base {
  override read(): string {
    return "m" + super.read();
  }
}
class Leaf extends Middle {
  extra = LIMIT;
  constructor() {
    super("leaf");
    this.count += 2;
  }
  override read(): string {
    return "l" + super.read() + this.extra;
  }
}

function skipOdd(): string {
  let text = "";
  for (let i = 0; i < 6; i++) {
    if (i % 2 === 1) continue;
    switch (i) {
      case 4:
        continue;
      default:
        text += i;
    }
  }
  return text;
}

function guard(run: () => void): string {
  try {
    run();
    return "fine";
  } catch (thrown) {
    return typeof thrown === "number" ? "caught " + thrown : "caught";
  } finally {
    R("finally");
  }
}

R(sum(1) + "," + sum(1, 3) + "," + sum(1, 1, 1, 1));
R(describe({ x: 1 }) + describe({ x: 1, y: 2 }));
const counter = createCounter(3);
counter.next();
R(counter.next() + counter.read());
R(WORDS.map(weigh).join());
R(new Leaf().read() + Leaf.make("z").read() + (new Leaf() instanceof Middle));
R(skipOdd());
R(guard(() => R("ran")));
R(
  guard(() => {
    throw 5;
  }),
);

const makers: (() => number)[] = [];
for (let i = 0; i < 3; i++) makers.push(() => i * 10);
for (const word of WORDS) makers.push(() => word.length);
R(makers.map((make) => make()).join());

const [head, , ...tail] = [1, 2, 3, 4];
R(head + tail.join());
const { a, ...others } = { a: 1, b: 2, c: 3 };
R(a + Object.keys(others).join() + Object.values({ ...others, d: 4 }).join());
let [left, right] = [1, 2];
[left, right] = [right, left];
R(left + "" + right);

const deep: { inner?: { text: string; say?: (twice: boolean) => string } } = { inner: { text: "t" } };
R((deep.inner?.text ?? "none") + deep.inner?.say?.(true) + ({} as { inner?: Point }).inner?.x);
const holder: { unset?: string } = {};
holder.unset ??= "set";
R(holder.unset);

let late = "";
for (let i = 0; i < 2; i++) setTimeout(() => R("timer " + i + late), 2 + i);
late = "!";
declare function setTimeout(fn: () => void, ms: number): unknown;

R(isEarly() + isLate());
function isEarly(): string {
  return isLate() + "early";
}
function isLate(): string {
  return "late";
}

const name = "k" + 1;
R(
  Object.entries({ [name]: 1, plain: 2 })
    .map(([key, value]) => key + value)
    .join(),
);
let n = 0;
for (;;) {
  n += 3;
  if (n >= 10) break;
}
while (n-- > 9);
R(n);
R(
  [3, 4]
    .concat([5])
    .filter((x) => x > 3)
    .reduce((all, x) => all * x, 1),
);
R(((x: number) => (x > 2 ? (x > 4 ? "big" : "middle") : "small"))(4));
const action: { kind: "a"; size: number } | { kind: "b" } =
  Math.floor(7 / 2) > 2 ? { kind: "a", size: 1 } : { kind: "b" };
R(action.kind === "a" ? action.size : 0);

export {};
