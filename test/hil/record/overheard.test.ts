// What a tap hears becomes entries of a recording: records and steps, without anything that is good once.
import { generate } from "mqtt-packet";
import * as assert from "uvu/assert";
import {
  downTopic,
  encodeAck,
  encodeClaimRequest,
  encodeCredentialsAnswer,
  encodeEvent,
  encodeSessionStart,
  joinSealed,
  upTopic,
} from "#protocol";
import { createHttpSplitter, createMqttSplitter } from "../../../hil/drivers/cloud/tap-messages.ts";
import type { RecordedEntry } from "../../../hil/record/entries.ts";
import { overhearTapped } from "../../../hil/record/overheard.ts";
import { suite } from "../../support/suite.ts";
import { BOOT } from "./recordings.ts";

const test = suite("what is overheard between trap and cloud");
const [TENANT, DEVICE] = ["0a0a0a0a-0000-4000-8000-00000000000a", "0d0d0d0d-0000-4000-8000-00000000000d"];
const SEAL = "5e".repeat(32);
const CHALLENGE = "c4".repeat(16);

function hearMqtt(direction: "up" | "down", bytes: Uint8Array): (RecordedEntry | null)[] {
  return createMqttSplitter(direction).take(bytes).map(overhearTapped);
}

const publish = (topic: string, payload: string) =>
  generate({ cmd: "publish", topic, payload, qos: 1, messageId: 1, dup: false, retain: false });

test("messages are records by topic, without seals and nonces [RECORD-1]", () => {
  const event = { boot: BOOT, seq: 1, age: 3, exact: true, kind: "sprung", value: 0 } as const;
  const said = publish(upTopic(TENANT, DEVICE, "event"), joinSealed(encodeEvent(event), 2, SEAL));
  assert.equal(hearMqtt("up", said), [{ kind: "mqtt", direction: "out", name: "event", record: event }]);
  const ack = { boot: BOOT, seq: 1 };
  const answer = publish(downTopic(TENANT, DEVICE, "ack"), joinSealed(encodeAck(ack), 1, SEAL));
  assert.equal(hearMqtt("down", answer), [{ kind: "mqtt", direction: "in", name: "ack", record: ack }]);
  const session = publish(downTopic(TENANT, DEVICE, "session"), encodeSessionStart({ nonce: CHALLENGE }));
  assert.equal(hearMqtt("down", session), [{ kind: "mqtt", direction: "in", name: "session", record: {} }]);
});

test("what cannot be read, or stands on a foreign topic, is a remark", () => {
  for (const bytes of [publish("a/b", "x"), publish(upTopic(TENANT, DEVICE, "event"), "x")]) {
    assert.is(hearMqtt("up", bytes)[0]?.kind, "remark");
  }
});

test("of the packets beneath, the connection's beginning and its polite end are kept", () => {
  const connack = generate({ cmd: "connack", returnCode: 5, sessionPresent: false });
  assert.equal(hearMqtt("down", connack), [{ kind: "mqtt-connect", returnCode: 5 }]);
  assert.equal(hearMqtt("up", generate({ cmd: "disconnect" })), [{ kind: "mqtt-end", by: "trap" }]);
  assert.equal(hearMqtt("up", generate({ cmd: "pingreq" })), [null]);
});

function hearHttp(path: string, asked: string, status: number, answer: Buffer): (RecordedEntry | null)[] {
  const names: string[] = [];
  const up = Buffer.from(`POST ${path} HTTP/1.1\r\ncontent-length: ${asked.length}\r\n\r\n${asked}`);
  const head = Buffer.from(`HTTP/1.1 ${status} OK\r\ncontent-length: ${answer.length}\r\n\r\n`);
  return [
    ...createHttpSplitter("up", names).take(up),
    ...createHttpSplitter("down", names).take(Buffer.concat([head, answer])),
  ].map(overhearTapped);
}

test("a claim is told by its kind and status, credentials without their password [RECORD-1]", () => {
  const asked = { serial: "TL-1234", mac: "24:0a:c4:00:00:01", challenge: CHALLENGE, code: "ABCDEFGHJK", proof: SEAL };
  assert.equal(hearHttp("/device/v1/claiming", encodeClaimRequest(asked), 401, Buffer.from("{}")), [
    { kind: "request", step: "claiming", fields: { code: "<claim-code>" } },
    { kind: "answer", step: "claiming", status: 401, fields: {} },
  ]);
  const credentials = { tenant: TENANT, device: DEVICE, host: "h", port: 1883, user: DEVICE, sealed: SEAL };
  const answer = encodeCredentialsAnswer({ status: "ready", challenge: CHALLENGE, credentials, proof: SEAL });
  assert.equal(hearHttp("/device/v1/credentials", "{}", 200, Buffer.from(answer)), [
    { kind: "request", step: "credentials", fields: {} },
    { kind: "answer", step: "credentials", status: 200, fields: { status: "ready", tenant: TENANT, device: DEVICE } },
  ]);
});

test("a chunk of firmware is kept with its bytes, whatever they are", () => {
  const bytes = Buffer.from([0, 255, 13, 10, 13, 10, 128]);
  assert.equal(hearHttp(`/device/v1/firmware/${DEVICE}/chunks/7`, "", 200, bytes)[1], {
    ...{ kind: "answer", step: "firmware", status: 200, fields: { firmware: DEVICE, number: 7 } },
    body: bytes.toString("base64"),
  });
});

test("what is none of a trap's is not kept", () => {
  assert.equal(hearHttp("/api/v1/health", "", 200, Buffer.from("{}")), [null, null]);
});
