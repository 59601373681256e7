// The topic tree: writing and reading a topic are each other's inverse, and nothing that is not of the tree is read as if it were.
import * as fc from "fast-check";
import * as assert from "uvu/assert";
import * as protocol from "#protocol";
import { checkProperty } from "../support/property.ts";
import { suite } from "../support/suite.ts";
import { uuid, word } from "./arbitraries.ts";
import { readGoldenLines } from "./golden.ts";

const test = suite("topics");

const TENANT = "5f0c6f3e-7c0b-4b1e-9a63-0c6a51c1d001";
const DEVICE = "5f0c6f3e-7c0b-4b1e-9a63-0c6a51c1d002";
const GOOD = protocol.upTopic(TENANT, DEVICE, "hello");

test("every topic is the frozen one", () => {
  const lines = [...readGoldenLines("topics"), ...readGoldenLines("session-topics")];
  const up = protocol.UP_NAMES.flatMap((name) => [`up ${name}`, protocol.upTopic(TENANT, DEVICE, name)]);
  const down = protocol.DOWN_NAMES.flatMap((name) => [`down ${name}`, protocol.downTopic(TENANT, DEVICE, name)]);
  assert.equal(lines, [...up, ...down]);
});

test("a topic of any tenant, device and name is read back as it was written", () =>
  checkProperty(
    fc.property(uuid, uuid, word(protocol.UP_NAMES), word(protocol.DOWN_NAMES), (tenant, device, up, down) => {
      const upTopic = protocol.upTopic(tenant, device, up);
      const downTopic = protocol.downTopic(tenant, device, down);
      assert.equal(protocol.parseTopic(upTopic), { tenant, device, direction: "up", name: up });
      assert.equal(protocol.parseTopic(downTopic), { tenant, device, direction: "down", name: down });
      assert.ok(upTopic.length <= protocol.TOPIC_BYTES_MAX && downTopic.length <= protocol.TOPIC_BYTES_MAX);
    }),
  ));

test("a device listens to its six topics and no wildcard", () => {
  const topics = protocol.downTopics(TENANT, DEVICE);
  assert.is(topics.length, 6);
  for (const topic of topics) assert.is(protocol.parseTopic(topic)?.direction, "down");
});

const FOREIGN: [why: string, topic: unknown][] = [
  ["no text", 7],
  ["nothing", undefined],
  ["empty", ""],
  ["a wildcard for all", "#"],
  ["a wildcard at the end", `tenant/${TENANT}/device/${DEVICE}/up/#`],
  ["a wildcard for the name", `tenant/${TENANT}/device/${DEVICE}/up/+`],
  ["a wildcard for the device", GOOD.replace(DEVICE, "+")],
  ["a wildcard for the tenant", GOOD.replace(TENANT, "+")],
  ["a wildcard within an identifier", GOOD.replace("d002", "d00+")],
  ["upper case in an identifier", GOOD.replace(DEVICE, DEVICE.toUpperCase())],
  ["upper case in a word", GOOD.replace("tenant", "Tenant")],
  ["upper case in a name", GOOD.replace("hello", "Hello")],
  ["a name of the other direction", GOOD.replace("hello", "ack")],
  ["a down name under up", protocol.downTopic(TENANT, DEVICE, "config").replace("/down/", "/up/")],
  ["an unknown direction", GOOD.replace("/up/", "/sideways/")],
  ["an unknown name", GOOD.replace("hello", "toString")],
  ["no name", GOOD.replace("hello", "")],
  ["one level too few", GOOD.replace("/hello", "")],
  ["one level too many", `${GOOD}/x`],
  ["a slash behind", `${GOOD}/`],
  ["a slash in front", `/${GOOD}`],
  ["an empty level", GOOD.replace("/up", "//up")],
  ["an empty tenant", GOOD.replace(TENANT, "")],
  ["a tenant that is no uuid", GOOD.replace(TENANT, "acme")],
  ["a uuid without dashes", GOOD.replace(TENANT, TENANT.replaceAll("-", ""))],
  ["tenant and device swapped", GOOD.replace("tenant", "x").replace("device", "tenant").replace("x", "device")],
  ["another tree", GOOD.replace("tenant", "tenants")],
  ["the broker's own tree", "$SYS/broker/uptime"],
  ["a shared subscription", `$share/group/${GOOD}`],
  ["a space behind", `${GOOD} `],
  ["a zero byte behind", `${GOOD}\0`],
  ["too long", GOOD + "x".repeat(protocol.TOPIC_BYTES_MAX)],
];

for (const [why, topic] of FOREIGN)
  test(`refused: ${why}`, () => {
    assert.is(protocol.parseTopic(topic), null);
  });

test("whatever is read as a topic is written as the very same text", () => {
  const nearly = fc.array(fc.constantFrom(...GOOD.split("/"), "down", "ack", "+", "#", "", "A"), {
    minLength: 5,
    maxLength: 7,
  });
  return checkProperty(
    fc.property(nearly, (parts) => {
      const topic = parts.join("/");
      const read = protocol.parseTopic(topic);
      if (read === null) return;
      const { tenant, device } = read;
      const written =
        read.direction === "up"
          ? protocol.upTopic(tenant, device, read.name)
          : protocol.downTopic(tenant, device, read.name);
      assert.is(written, topic);
    }),
    2000,
  );
});
