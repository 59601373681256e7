// Serving a trap other bytes than it was offered: chunk by chunk, of the same length, and nothing else is touched.
import * as assert from "uvu/assert";
import { FIRMWARE_CHUNK_BYTES } from "#protocol";
import type { TapMessage } from "../../../hil/drivers/cloud/tap-messages.ts";
import { replaceChunk } from "../../../hil/suites/update-offers.ts";
import { suite } from "../../support/suite.ts";

const test = suite("altered bytes");
const ID = "0b7f1c52-3f0a-4b8e-9d7e-0123456789ab";
const HEAD = "HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\n\r\n";
/** Bytes of all values, so that none is taken for text. */
const INSTEAD = Uint8Array.from({ length: 2 * FIRMWARE_CHUNK_BYTES + 100 }, (_, i) => (i * 7) & 255);

function answer(chunk: number, bodyBytes: number, changes: Partial<TapMessage> = {}): TapMessage {
  const name = `GET /device/v1/firmware/${ID}/chunks/${chunk}`;
  const bytes = Buffer.concat([Buffer.from(HEAD), Buffer.alloc(bodyBytes, "\r\n")]);
  return { link: "http", direction: "down", name, status: 200, body: "", bytes, ...changes };
}

for (const [chunk, bodyBytes] of [
  [0, FIRMWARE_CHUNK_BYTES],
  [1, FIRMWARE_CHUNK_BYTES],
  [2, 100],
] as const) {
  test(`chunk ${chunk} is served from the other file, under the head that came`, () => {
    const replaced = Buffer.from(replaceChunk(answer(chunk, bodyBytes), INSTEAD) ?? []);
    assert.is(replaced.subarray(0, HEAD.length).toString(), HEAD);
    const from = chunk * FIRMWARE_CHUNK_BYTES;
    assert.equal(replaced.subarray(HEAD.length), Buffer.from(INSTEAD.subarray(from, from + bodyBytes)));
  });
}

for (const [what, message] of [
  ["a question", answer(0, 0, { direction: "up" })],
  ["an answer that is no chunk", answer(0, 10, { status: 404 })],
  ["another path", answer(0, 10, { name: "POST /device/v1/credentials" })],
  ["a chunk that the other file does not have", answer(9, FIRMWARE_CHUNK_BYTES)],
  ["a chunk that is longer than the other file's rest", answer(2, 101)],
] as const) {
  test(`${what} passes as it is`, () => assert.is(replaceChunk(message, INSTEAD), undefined));
}
