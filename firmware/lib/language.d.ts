// Owns what device code may use of JavaScript's own library: what the interpreter has AND does as everyone expects. Whatever is absent
// here fails type-checking, and firmware/bundle/dialect.ts says why and what to write instead. It replaces TypeScript's lib entirely
// (noLib in firmware/tsconfig.json); the shapes are the language's, the selection is ours. Names of the board are in firmware/board.

interface Object {
  toString(): string;
  hasOwnProperty(name: string): boolean;
}
interface ObjectConstructor {
  keys(value: object): string[];
  values<T>(value: { [name: string]: T }): T[];
  entries<T>(value: { [name: string]: T }): [string, T][];
  assign<T extends object, U>(target: T, source: U): T & U;
}
declare const Object: ObjectConstructor;

interface Function {
  readonly length: number;
}
interface CallableFunction extends Function {
  call<T, A extends unknown[], R>(this: (this: T, ...args: A) => R, self: T, ...args: A): R;
  apply<T, A extends unknown[], R>(this: (this: T, ...args: A) => R, self: T, args: A): R;
  bind<T, A extends unknown[], R>(this: (this: T, ...args: A) => R, self: T): (...args: A) => R;
}
interface NewableFunction extends Function {}
interface IArguments {}
/** Only so that the compiler knows a type for a literal; the dialect refuses every one. */
interface RegExp {}

interface Boolean {}
interface BooleanConstructor {
  (value: unknown): boolean;
}
declare const Boolean: BooleanConstructor;

interface Number {
  toString(radix?: number): string;
}
interface NumberConstructor {
  (value: unknown): number;
}
declare const Number: NumberConstructor;

/** Characters 0 to 255: on the device strings are byte strings. */
interface String {
  readonly length: number;
  readonly [index: number]: string;
  charAt(index: number): string;
  charCodeAt(index: number): number;
  concat(...texts: string[]): string;
  endsWith(text: string): boolean;
  includes(text: string): boolean;
  indexOf(text: string, from?: number): number;
  lastIndexOf(text: string): number;
  padEnd(length: number, fill?: string): string;
  padStart(length: number, fill?: string): string;
  repeat(count: number): string;
  replace(text: string, by: string): string;
  replaceAll(text: string, by: string): string;
  slice(from?: number, to?: number): string;
  split(separator: string): string[];
  startsWith(text: string): boolean;
  substring(from: number, to?: number): string;
  toLowerCase(): string;
  toString(): string;
  toUpperCase(): string;
  trim(): string;
}
interface StringConstructor {
  (value: unknown): string;
  /** Each code 0 to 255; the device takes the rest modulo 256. */
  fromCharCode(...codes: number[]): string;
}
declare const String: StringConstructor;

interface ReadonlyArray<T> {
  readonly length: number;
  readonly [index: number]: T;
  concat(...items: (T | readonly T[])[]): T[];
  every(test: (item: T, index: number) => boolean): boolean;
  filter<U extends T>(test: (item: T, index: number) => item is U): U[];
  filter(test: (item: T, index: number) => boolean): T[];
  find(test: (item: T, index: number) => boolean): T | undefined;
  findIndex(test: (item: T, index: number) => boolean): number;
  forEach(each: (item: T, index: number) => void): void;
  includes(item: T): boolean;
  indexOf(item: T): number;
  join(separator?: string): string;
  map<U>(by: (item: T, index: number) => U): U[];
  reduce<U>(by: (sum: U, item: T, index: number) => U, start: U): U;
  slice(from?: number, to?: number): T[];
  some(test: (item: T, index: number) => boolean): boolean;
}
interface Array<T> {
  /** Not assignable on the device. */
  readonly length: number;
  [index: number]: T;
  concat(...items: (T | readonly T[])[]): T[];
  every(test: (item: T, index: number) => boolean): boolean;
  fill(value: T, from?: number, to?: number): this;
  filter<U extends T>(test: (item: T, index: number) => item is U): U[];
  filter(test: (item: T, index: number) => boolean): T[];
  find(test: (item: T, index: number) => boolean): T | undefined;
  findIndex(test: (item: T, index: number) => boolean): number;
  forEach(each: (item: T, index: number) => void): void;
  includes(item: T): boolean;
  indexOf(item: T): number;
  join(separator?: string): string;
  map<U>(by: (item: T, index: number) => U): U[];
  pop(): T | undefined;
  push(...items: T[]): number;
  reduce<U>(by: (sum: U, item: T, index: number) => U, start: U): U;
  reverse(): T[];
  shift(): T | undefined;
  slice(from?: number, to?: number): T[];
  some(test: (item: T, index: number) => boolean): boolean;
  splice(from: number, count?: number, ...items: T[]): T[];
  unshift(...items: T[]): number;
}
interface ArrayConstructor {
  new <T>(length: number): T[];
  isArray(value: unknown): value is unknown[];
}
declare const Array: ArrayConstructor;
interface TemplateStringsArray extends ReadonlyArray<string> {}
interface ArrayLike<T> {
  readonly length: number;
  readonly [index: number]: T;
}

interface ArrayBuffer {
  readonly byteLength: number;
}
declare const ArrayBuffer: { new (length: number): ArrayBuffer };
/** A typed array. `slice` is absent: on the device it answers a plain array. */
interface TypedArray {
  readonly length: number;
  readonly byteLength: number;
  readonly byteOffset: number;
  readonly buffer: ArrayBuffer;
  [index: number]: number;
  fill(value: number, from?: number, to?: number): this;
  indexOf(item: number): number;
  join(separator?: string): string;
  set(items: ArrayLike<number>, offset?: number): void;
  subarray(from?: number, to?: number): this;
}
interface Uint8Array extends TypedArray {
  readonly kind?: "Uint8Array";
}
interface Uint16Array extends TypedArray {
  readonly kind?: "Uint16Array";
}
interface Uint32Array extends TypedArray {
  readonly kind?: "Uint32Array";
}
interface Int32Array extends TypedArray {
  readonly kind?: "Int32Array";
}
interface TypedArrayConstructor<T> {
  new (length: number): T;
  new (items: ArrayLike<number>): T;
  /** A view that reaches past its buffer succeeds silently on the device: check the lengths first. */
  new (buffer: ArrayBuffer, byteOffset?: number, length?: number): T;
}
declare const Uint8Array: TypedArrayConstructor<Uint8Array>;
declare const Uint16Array: TypedArrayConstructor<Uint16Array>;
declare const Uint32Array: TypedArrayConstructor<Uint32Array>;
declare const Int32Array: TypedArrayConstructor<Int32Array>;

/** Thrown by the interpreter itself it may be anything: never tell faults apart by what was caught. */
interface Error {
  message: string;
}
/** Without a message the device leaves it undefined. */
declare const Error: { new (message: string): Error; (message: string): Error };

interface MathConstructor {
  abs(x: number): number;
  ceil(x: number): number;
  floor(x: number): number;
  max(...xs: number[]): number;
  min(...xs: number[]): number;
  sqrt(x: number): number;
}
declare const Math: MathConstructor;
declare const NaN: number;
declare const Infinity: number;
declare function isNaN(value: number): boolean;
declare function isFinite(value: number): boolean;
declare function parseInt(text: string, radix: number): number;
