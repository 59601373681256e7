// What is signed of a firmware: the hash tree leaf by leaf against a plain definition of it and against frozen roots [WIRE-2], and the
// file that holds manifest, signature and firmware, which has one length and one spelling.
import * as fc from "fast-check";
import * as assert from "uvu/assert";
import * as protocol from "#protocol";
import { checkProperty } from "../support/property.ts";
import { suite } from "../support/suite.ts";
import { readGolden, readGoldenLines, sha256 as sha256Hex } from "./golden.ts";

const test = suite("what is signed of a firmware");

const LEAF = protocol.HASH_LEAF_BYTES;

function sha256(data: protocol.Bytes): protocol.Bytes {
  return Buffer.from(sha256Hex(Buffer.from(data, "latin1")), "hex").toString("latin1");
}

/** The bytes of the frozen roots. */
function createBytes(size: number): protocol.Bytes {
  return Buffer.from(Uint8Array.from({ length: size }, (_, i) => i * 31 + (i >> 9))).toString("latin1");
}

/** By definition: a leaf, or the largest full tree that leaves something over, and the tree over the rest. */
function defineNode(data: protocol.Bytes): protocol.Bytes {
  if (data.length <= LEAF) return sha256(`\x00${data}`);
  let left = LEAF;
  while (left * 2 < data.length) left *= 2;
  return sha256(`\x01${defineNode(data.slice(0, left))}${defineNode(data.slice(left))}`);
}

function defineRoot(data: protocol.Bytes): protocol.Bytes {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(data.length);
  return sha256(`\x02${size.toString("latin1")}${defineNode(data)}`);
}

function toHex(bytes: protocol.Bytes): string {
  return Buffer.from(bytes, "latin1").toString("hex");
}

test("the roots of the hash tree are those that are frozen", () => {
  for (const line of readGoldenLines("hash-tree")) {
    const { size, leaves, root } = JSON.parse(line);
    const data = createBytes(size);
    assert.is(toHex(protocol.hashFirmware(sha256, data)), root, `${size} bytes`);
    assert.is(toHex(defineRoot(data)), root, `${size} bytes, by definition`);
    assert.is(Math.ceil(size / LEAF), leaves);
  }
});

test("any bytes have the root that the definition gives them, and no other bytes have it", () => {
  const bytes = fc.tuple(fc.integer({ min: 1, max: 6000 }), fc.nat(5999), fc.integer({ min: 1, max: 255 }));
  return checkProperty(
    fc.property(bytes, ([size, place, flip]) => {
      const data = createBytes(size);
      const root = protocol.hashFirmware(sha256, data);
      assert.is(root, defineRoot(data));
      const at = place % size;
      const other = data.slice(0, at) + String.fromCharCode(data.charCodeAt(at) ^ flip) + data.slice(at + 1);
      for (const changed of [other, `${data}\x00`, data.slice(0, -1), data.slice(LEAF), data + data])
        assert.is.not(protocol.hashFirmware(sha256, changed), root);
    }),
    60,
  );
});

test("a tree over its own leaves' hashes is another tree", () => {
  const data = createBytes(2 * LEAF);
  const inner = sha256(`\x00${data.slice(0, LEAF)}`) + sha256(`\x00${data.slice(LEAF)}`);
  assert.is.not(protocol.hashFirmware(sha256, inner), protocol.hashFirmware(sha256, data));
});

test("a leaf of another length than its place allows is not added", () => {
  const tree = protocol.createHashTree();
  for (const length of [0, LEAF + 1]) assert.is(protocol.addLeaf(tree, sha256, createBytes(length)), false);
  assert.is(protocol.addLeaf(tree, sha256, createBytes(LEAF)), true);
  assert.is(protocol.addLeaf(tree, sha256, createBytes(5)), true);
  const before = structuredClone(tree);
  for (const length of [1, LEAF]) assert.is(protocol.addLeaf(tree, sha256, createBytes(length)), false);
  assert.equal(tree, before, "nothing was added");
  assert.is(protocol.closeHashTree(tree, sha256), defineRoot(createBytes(LEAF) + createBytes(5)));
});

test("the tree holds no more than one node for each of its levels", () => {
  const tree = protocol.createHashTree();
  let most = 0;
  for (let at = 0; at < protocol.FIRMWARE_BYTES_MAX; at += LEAF) {
    protocol.addLeaf(tree, sha256, createBytes(LEAF));
    most = Math.max(most, tree.nodes.length);
  }
  assert.is(most, Math.log2(protocol.FIRMWARE_BYTES_MAX / LEAF));
});

const SIGNATURE = createBytes(protocol.SIGNATURE_BYTES);

function createFile(): { file: protocol.Bytes; text: string; firmware: protocol.Bytes } {
  const firmware = createBytes(777);
  const text = protocol.encodeManifest({
    product: "trapline-trap",
    hardware: "esp32",
    version: "1.0.0",
    counter: 3,
    size: firmware.length,
    root: toHex(protocol.hashFirmware(sha256, firmware)),
    notes: 'with a "quote"',
  });
  return { file: protocol.joinSignedFirmware(text, SIGNATURE, firmware), text, firmware };
}

test("what was joined into one file comes apart as it was", () => {
  const { file, text, firmware } = createFile();
  const read = protocol.splitSignedFirmware(file);
  assert.ok(read.ok && read.value.text === text && read.value.signature === SIGNATURE);
  assert.ok(read.ok && read.value.firmware === firmware);
  assert.is(read.ok && protocol.encodeManifest(read.value.manifest), text);
  assert.ok(file.length <= protocol.SIGNED_FIRMWARE_BYTES_MAX);
});

test("a file that is cut off anywhere or goes on behind its end is refused, and so is what has no manifest in front", () => {
  const { file, text } = createFile();
  for (let length = 0; length < file.length; length += length <= text.length ? 1 : 97)
    assert.is(protocol.splitSignedFirmware(file.slice(0, length)).ok, false, `${length} bytes`);
  const refused = (code: number, field = "") => ({ ok: false, code, field });
  const wrongSize = refused(protocol.CODE_UPDATE_WRONG_SIZE, "size");
  assert.equal(protocol.splitSignedFirmware(file.slice(0, -1)), wrongSize);
  assert.equal(protocol.splitSignedFirmware(`${file}\n`), wrongSize);
  assert.equal(protocol.splitSignedFirmware("x".repeat(2000)), refused(protocol.CODE_MALFORMED));
  assert.equal(protocol.splitSignedFirmware(file.replace("\n", "\r\n")), refused(protocol.CODE_MALFORMED));
  assert.equal(
    protocol.splitSignedFirmware(file.replace('"v":1', '"v":2')),
    refused(protocol.CODE_UNKNOWN_VERSION, "v"),
  );
  for (const other of [undefined, null, 7, Buffer.from(file)])
    assert.equal(protocol.splitSignedFirmware(other), refused(protocol.CODE_NOT_TEXT));
});

test("no byte in front of the signature can be changed without the file being refused or another manifest being read", () => {
  const { file, text } = createFile();
  for (let at = 0; at <= text.length; at++) {
    const changed = `${file.slice(0, at)}${String.fromCharCode(file.charCodeAt(at) ^ 1)}${file.slice(at + 1)}`;
    const read = protocol.splitSignedFirmware(changed);
    assert.ok(!read.ok || read.value.text !== text, `byte ${at}`);
  }
});

test("every frozen manifest leaves room in its record for the file", () => {
  for (const { bytes } of readGolden("manifest")) assert.ok(bytes.length < protocol.RECORD_BYTES_MAX);
});
