// Owns the table of what the interpreter's language has, read from the wrapper declarations of Espruino's ESP32 build. Whatever a newer
// JavaScript offers beyond it is taken away from programs (realm.ts). What no table can take away is left to the dialect checker of
// the bundle: syntax, hoisting, regular expressions, the printing of numbers.

/** Functions and classes of the language itself; the board adds its own (pins, timers, modules). */
export const LANGUAGE_GLOBALS = [
  "Array",
  "ArrayBuffer",
  "Boolean",
  "DataView",
  "Date",
  "Error",
  "Float32Array",
  "Float64Array",
  "Function",
  "Infinity",
  "Int16Array",
  "Int32Array",
  "Int8Array",
  "InternalError",
  "JSON",
  "Math",
  "NaN",
  "Number",
  "Object",
  "ReferenceError",
  "RegExp",
  "String",
  "SyntaxError",
  "TypeError",
  "Uint16Array",
  "Uint32Array",
  "Uint8Array",
  "Uint8ClampedArray",
  "decodeURIComponent",
  "encodeURIComponent",
  "eval",
  "globalThis",
  "isFinite",
  "isNaN",
  "parseFloat",
  "parseInt",
  "undefined",
] as const;

/** Own properties of the class itself, beside those every function has. */
export const LANGUAGE_STATICS: Record<string, readonly string[]> = {
  Array: ["isArray"],
  ArrayBuffer: [],
  Boolean: [],
  DataView: [],
  Date: ["now", "parse"],
  // The engine reads it when an error is made; without it there is no stack.
  Error: ["stackTraceLimit"],
  Function: [],
  JSON: ["parse", "stringify"],
  Math: [
    ...["abs", "acos", "asin", "atan", "atan2", "ceil", "cos", "exp", "floor", "log", "max", "min", "pow"],
    ...["random", "round", "sign", "sin", "sqrt", "tan"],
    ...["E", "LN10", "LN2", "LOG10E", "LOG2E", "PI", "SQRT1_2", "SQRT2"],
  ],
  Number: ["MAX_VALUE", "MIN_VALUE", "NEGATIVE_INFINITY", "NaN", "POSITIVE_INFINITY"],
  Object: [
    ...["assign", "create", "defineProperties", "defineProperty", "entries", "fromEntries"],
    ...["getOwnPropertyDescriptor", "getOwnPropertyDescriptors", "getOwnPropertyNames", "getPrototypeOf"],
    ...["keys", "setPrototypeOf", "values"],
  ],
  String: ["fromCharCode"],
  TypedArray: [],
};

const DATE_PARTS = ["Date", "FullYear", "Hours", "Milliseconds", "Minutes", "Month", "Seconds"];

/** Own properties of the class's prototype, beside `constructor`. TypedArray stands for what all typed arrays inherit. */
export const LANGUAGE_METHODS: Record<string, readonly string[]> = {
  Array: [
    ...["concat", "every", "fill", "filter", "find", "findIndex", "forEach", "includes", "indexOf", "join", "length"],
    ...["map", "pop", "push", "reduce", "reverse", "shift", "slice", "some", "sort", "splice", "toString", "unshift"],
  ],
  ArrayBuffer: ["byteLength"],
  Boolean: ["toString", "valueOf"],
  DataView: [
    ...["Float32", "Float64", "Int16", "Int32", "Int8", "Uint16", "Uint32", "Uint8"].flatMap((type) => [
      `get${type}`,
      `set${type}`,
    ]),
  ],
  Date: [
    ...DATE_PARTS.flatMap((part) => [`get${part}`, `getUTC${part}`, `set${part}`]),
    ...["getDay", "getUTCDay", "getTime", "setTime", "getTimezoneOffset"],
    ...["toISOString", "toJSON", "toString", "toUTCString", "valueOf"],
  ],
  Error: ["message", "toString"],
  Function: ["apply", "bind", "call", "length", "toString"],
  Number: ["toFixed", "toString", "valueOf"],
  InternalError: ["message", "toString"],
  Object: ["__proto__", "hasOwnProperty", "toString", "valueOf"],
  ReferenceError: ["message", "toString"],
  String: [
    ...["charAt", "charCodeAt", "concat", "endsWith", "includes", "indexOf", "lastIndexOf", "length", "match"],
    ...["padEnd", "padStart", "repeat", "replace", "replaceAll", "slice", "split", "startsWith", "substr", "substring"],
    ...["toLowerCase", "toString", "toUpperCase", "trim", "valueOf"],
  ],
  SyntaxError: ["message", "toString"],
  TypeError: ["message", "toString"],
  TypedArray: [
    ...["buffer", "byteLength", "byteOffset", "length"],
    ...["every", "fill", "filter", "find", "findIndex", "forEach", "includes", "indexOf", "join", "map", "reduce"],
    ...["reverse", "set", "slice", "some", "sort", "subarray", "toString"],
  ],
};
