// Owns what stands in for tslib in the bundle: the few functions TypeScript's lowering to ES5 calls, written so that the interpreter
// runs them. tslib's own fail there (they use prototypes as values and declarations before they are made). A helper that is not here is
// a construct the dialect refuses.

/** An ES module of plain ES5. */
export const DEVICE_HELPERS = `
export function __extends(derived, base) {
  function Bridge() { this.constructor = derived; }
  for (var name in base) derived[name] = base[name];
  Bridge.prototype = base.prototype;
  derived.prototype = new Bridge();
}
export function __assign(target) {
  for (var i = 1; i < arguments.length; i++) {
    var source = arguments[i];
    for (var name in source) target[name] = source[name];
  }
  return target;
}
export function __spreadArray(to, from) {
  for (var i = 0; i < from.length; i++) to.push(from[i]);
  return to;
}
export function __rest(source, taken) {
  var rest = {};
  for (var name in source) if (taken.indexOf(name) < 0) rest[name] = source[name];
  return rest;
}
`;
