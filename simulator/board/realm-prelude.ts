// Owns what must be changed from within a program's world before it is stripped: time without zones, strings of bytes, the
// interpreter's chance, its errors. A text, since it has to be compiled in that world.

/** Evaluates to a function of (systemTimeMs, random), both of them the board's. */
export const REALM_PRELUDE = `(function (systemTimeMs, random) {
  var D = Date, utc = Date.UTC, parts = ["Date", "FullYear", "Hours", "Milliseconds", "Minutes", "Month", "Seconds"];
  function BoardDate(year, month, day, hours, minutes, seconds, ms) {
    if (!(this instanceof BoardDate)) return new D(systemTimeMs()).toUTCString();
    if (arguments.length === 0) return new D(systemTimeMs());
    if (arguments.length === 1) return new D(year);
    return new D(utc(year, month, day === undefined ? 1 : day, hours || 0, minutes || 0, seconds || 0, ms || 0));
  }
  BoardDate.prototype = D.prototype;
  BoardDate.now = function () { return systemTimeMs(); };
  BoardDate.parse = D.parse;
  D.prototype.constructor = BoardDate;
  D.prototype.getDay = D.prototype.getUTCDay;
  parts.forEach(function (part) {
    D.prototype["get" + part] = D.prototype["getUTC" + part];
    D.prototype["set" + part] = D.prototype["setUTC" + part];
  });
  D.prototype.getTimezoneOffset = function () { return 0; };
  D.prototype.toString = D.prototype.toUTCString;
  globalThis.Date = BoardDate;

  var N = Number;
  function BoardNumber(value) {
    var number = arguments.length === 0 ? 0 : N(value);
    return this instanceof BoardNumber ? new N(number) : number;
  }
  BoardNumber.prototype = N.prototype;
  ["MAX_VALUE", "MIN_VALUE", "NEGATIVE_INFINITY", "NaN", "POSITIVE_INFINITY"].forEach(function (name) {
    BoardNumber[name] = N[name];
  });
  N.prototype.constructor = BoardNumber;
  globalThis.Number = BoardNumber;

  var fromCharCode = String.fromCharCode;
  String.fromCharCode = function () {
    if (arguments.length === 1) return fromCharCode(arguments[0] & 255);
    var text = "";
    for (var i = 0; i < arguments.length; i++) text += fromCharCode(arguments[i] & 255);
    return text;
  };
  Math.random = function () { return random() / 2147483648; };

  globalThis.InternalError = function InternalError(message) {
    if (!(this instanceof InternalError)) return new InternalError(message);
    this.message = message === undefined ? "" : String(message);
  };
  ["Error", "InternalError", "ReferenceError", "SyntaxError", "TypeError"].forEach(function (name) {
    globalThis[name].prototype.toString = function () { return this.message ? name + ": " + this.message : name; };
  });
})`;
