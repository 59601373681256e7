// Allowed: what device code does with bytes, numbers and time, as a client of MQTT or a store of records would.
declare function R(value: unknown): void;

function encodeShort(value: number): string {
  return String.fromCharCode((value >> 8) & 255, value & 255);
}

function encodeLength(length: number): string {
  let left = length;
  let out = "";
  while (true) {
    const digit = left & 127;
    left = left >> 7;
    out += String.fromCharCode(left > 0 ? digit | 128 : digit);
    if (left === 0) return out;
  }
}

function toHex(bytes: string): string {
  let hex = "";
  for (let i = 0; i < bytes.length; i++) hex += bytes.charCodeAt(i).toString(16).padStart(2, "0");
  return hex;
}

function checkValue(bytes: string): number {
  let crc = 65535;
  for (let i = 0; i < bytes.length; i++) {
    crc = crc ^ (bytes.charCodeAt(i) << 8);
    for (let bit = 0; bit < 8; bit++) crc = (crc & 32768) !== 0 ? ((crc << 1) ^ 4129) & 65535 : (crc << 1) & 65535;
  }
  return crc;
}

R(toHex(encodeShort(300) + encodeLength(0) + encodeLength(127) + encodeLength(128) + encodeLength(16384)));
R(checkValue("123456789"));
R(toHex("\x00\xff\x80" + String.fromCharCode(13, 10)));
const view = new Uint8Array(4);
view[0] = 257;
view.set([7, 8], 2);
R(view[0] + "," + view.subarray(2).join() + "," + view.length);
const words = new Uint32Array(1);
words[0] = 4294967295;
R(words[0] + "," + (words[0] >>> 0) + "," + (words[0] | 0));
R(1700000000123 - 1700000000000 + "," + Math.floor(1700000000123 / 1000) + "," + (1700000000123 % 1000));
R(9007199254740991 + "," + (2147483647 + 1) + "," + 65536 * 65536 + "," + (-7 >> 1) + "," + (-7 % 3));
R("abc".charCodeAt(9) + "," + "abcdef".substring(4, 2) + "," + "a,b,,c".split(",").length + "," + 0xff);
R(
  Math.floor((2 * 7 + 3) / (2 * 3)) +
    "," +
    ((7 / 2) | 0) +
    "," +
    Math.ceil(7 / 2) +
    "," +
    Math.max(1, -2) +
    "," +
    Math.abs(-3),
);
R("text".indexOf("t", 1) + "," + "text".lastIndexOf("t") + "," + "text".replace("t", "T") + "," + " x ".trim() + "|");
const queueIsLong = (length: number): boolean => length > 3;
R(("a" < "b") + "," + ("10" < "9") + "," + isNaN(+"x") + "," + +"12" + "," + !queueIsLong(1) + "," + typeof undefined);
const queue = ["a", "b", "c"];
queue.splice(1, 1, "x", "y");
R(queue.join("") + queue.indexOf("y") + queue.shift() + queue.pop() + queue.length);
const record: { [name: string]: number } = { one: 1 };
record.two = 2;
delete record.one;
R(Object.keys(record).join() + ("one" in record) + record.none);

export {};
