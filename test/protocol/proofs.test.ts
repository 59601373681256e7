// The texts that trap and cloud sign with the trap's key: frozen to the letter, and no two statements ever share one [CLAIM-2] [SEAL-1].
import * as crypto from "node:crypto";
import * as fc from "fast-check";
import * as assert from "uvu/assert";
import * as protocol from "#protocol";
import { checkProperty } from "../support/property.ts";
import { suite } from "../support/suite.ts";
import { hex, integer, macAddress, printable, serialNumber, text, uuid, word } from "./arbitraries.ts";
import { readGolden, readGoldenLines } from "./golden.ts";
import { RECORDS } from "./records.ts";

const test = suite("proof texts");

/** What somebody asserts: a purpose and every value that the signature has to bind. */
interface Statement {
  purpose: string;
  bound: unknown[];
  text: string;
}

const proof = "0".repeat(64);

/** Few different values, so that two statements often agree in all but one of them. */
function few<T>(values: fc.Arbitrary<T>, seed: number): fc.Arbitrary<T> {
  return fc.constantFrom(...fc.sample(values, { numRuns: 3, seed }));
}

const serial = few(serialNumber, 1);
const mac = few(macAddress, 2);
const challenge = few(hex(protocol.CHALLENGE_CHARS), 3);
const code = fc.oneof(fc.constant(""), few(printable(0, 10), 4));
const ids = few(uuid, 5);
const host = fc.oneof(few(printable(1, 20), 6), text(["1", " "], 1, 2));
const port = few(integer(1, 65535), 7);
const sealed = few(hex(64), 8);

const claimRequest = fc.tuple(serial, mac, challenge, code).map(
  (bound): Statement => ({
    purpose: "claim",
    bound,
    text: protocol.claimRequestText({ serial: bound[0], mac: bound[1], challenge: bound[2], code: bound[3], proof }),
  }),
);

const claimAnswer = fc.tuple(serial, challenge, word(protocol.CLAIM_STATUSES), integer(0, 2), challenge).map(
  (bound): Statement => ({
    purpose: "claim-answer",
    bound,
    text: protocol.claimAnswerText(bound[0], bound[1], {
      status: bound[2],
      expiresInS: bound[3],
      challenge: bound[4],
      proof,
    }),
  }),
);

const credentialsAnswer = fc
  .tuple(
    serial,
    challenge,
    word(protocol.CREDENTIALS_STATUSES),
    challenge,
    fc.option(fc.record({ tenant: ids, device: ids, host, port, user: ids, sealed })),
  )
  .map(
    (bound): Statement => ({
      purpose: "credentials-answer",
      bound,
      text: protocol.credentialsAnswerText(bound[0], bound[1], {
        status: bound[2],
        challenge: bound[3],
        credentials: bound[4],
        proof,
      }),
    }),
  );

const shortOnes = fc
  .tuple(serial, challenge, word(protocol.RELEASE_STATUSES), fc.nat(3))
  .map(([one, asked, status, which]): Statement => {
    const request = { serial: one, challenge: asked, proof };
    const bound = [one, asked];
    if (which === 0) return { purpose: "credentials", bound, text: protocol.credentialsRequestText(request) };
    if (which === 1) return { purpose: "release", bound, text: protocol.releaseRequestText(request) };
    if (which === 2) return { purpose: "seal", bound, text: protocol.sealText(one, asked) };
    const answer = protocol.releaseAnswerText(one, asked, { status, proof });
    return { purpose: "release-answer", bound: [...bound, status], text: answer };
  });

const boot = few(hex(16), 9);
const count = few(integer(0, protocol.SEAL_COUNT_MAX), 10);
/** Of a message that is not believed yet: anything, line feeds too. */
const record = few(text(["1", "\n", "{"], 0, 3), 11);

const sessionKey = fc
  .tuple(ids, boot, integer(1, 2), challenge)
  .map((bound): Statement => ({ purpose: "session-key", bound, text: protocol.sessionKeyText(...bound) }));

const message = fc
  .tuple(fc.constantFrom("up" as const, "down" as const), word(protocol.DOWN_NAMES), count, record)
  .map((bound): Statement => ({ purpose: "message", bound, text: protocol.messageSealText(...bound) }));

const will = fc
  .tuple(ids, record)
  .map((bound): Statement => ({ purpose: "will", bound, text: protocol.willSealText(...bound) }));

const statement = fc.oneof(claimRequest, claimAnswer, credentialsAnswer, shortOnes, sessionKey, message, will);

test("two statements share a text if and only if they are the same statement", () => {
  const identity = (one: Statement) => JSON.stringify([one.purpose, one.bound]);
  let same = 0;
  return checkProperty(
    fc.property(statement, statement, (a, b) => {
      if (identity(a) === identity(b)) same++;
      assert.is(a.text === b.text, identity(a) === identity(b), `${identity(a)} and ${identity(b)}`);
    }),
    5000,
  ).then(() => assert.ok(same > 0, "the generator never made the same statement twice"));
});

test("no field that a decoder lets through can hold a line break, raw or escaped", () => {
  for (const one of RECORDS)
    for (const { bytes } of readGolden(one.name))
      for (const quote of bytes.matchAll(/"(?=[,}])/g))
        for (const lineBreak of ["\n", "\r", "\\n", "\\u000a"]) {
          const broken = bytes.slice(0, quote.index) + lineBreak + bytes.slice(quote.index);
          assert.equal(one.decode(broken), { ok: false, code: protocol.CODE_MALFORMED, field: "" });
        }
});

interface Vector {
  statement: string;
  arguments: unknown[];
  /** Hexadecimal, as is `hmac`. */
  key: string;
  text: string;
  hmac: string;
}

/** Text functions of the contract by name: each takes what its golden vectors hold. */
function applyText(vector: Vector): unknown {
  const found = Object.entries(protocol).find(([name]) => name === vector.statement)?.[1];
  return typeof found === "function" ? Reflect.apply(found, undefined, vector.arguments) : undefined;
}

test("every text and its proof are the frozen ones", () => {
  const lines = [
    ...readGoldenLines("proofs"),
    ...readGoldenLines("session-proofs"),
    ...readGoldenLines("portal-proofs"),
  ];
  const vectors = lines.map((line): Vector => JSON.parse(line));
  for (const vector of vectors) {
    assert.is(applyText(vector), vector.text);
    const hmac = crypto.createHmac("sha256", Buffer.from(vector.key, "hex")).update(vector.text, "latin1");
    assert.is(hmac.digest("hex"), vector.hmac);
  }
  const named = Object.keys(protocol).filter(
    (name) => name.endsWith("Text") && !["escapeText", "readText"].includes(name),
  );
  assert.equal([...new Set(vectors.map((vector) => vector.statement))].sort(), named.sort());
});
