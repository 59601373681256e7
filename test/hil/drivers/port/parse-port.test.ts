// How a person writes where a port is.
import * as assert from "uvu/assert";
import { formatPort, looksLikePort, parsePort } from "../../../../hil/drivers/port/parse-port.ts";
import { HilError } from "../../../../hil/error.ts";
import type { PortResource } from "../../../../hil/resources/bench.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("where a port is, as a person writes it");

const READ: [typed: string, port: PortResource][] = [
  ["/dev/ttyUSB0", { kind: "path", path: "/dev/ttyUSB0" }],
  ["COM3", { kind: "path", path: "COM3" }],
  ["usb:0001", { kind: "usb", serialNumber: "0001" }],
  ["usb-location:1-1.2", { kind: "usb-location", location: "1-1.2" }],
  ["tcp://bench-7:4000", { kind: "tcp", host: "bench-7", port: 4000 }],
  ["rfc2217://10.0.0.3:2217", { kind: "rfc2217", host: "10.0.0.3", port: 2217 }],
  ["rfc2217://[fe80::1]:2217", { kind: "rfc2217", host: "fe80::1", port: 2217 }],
];

for (const [typed, port] of READ) {
  test(`reads ${typed} and writes it back`, () => {
    assert.equal(parsePort(` ${typed} `), port);
    assert.is(formatPort(port), typed);
  });
}

test("leaves aside what an address says to other tools", () => {
  assert.equal(parsePort("rfc2217://h:1?ign_set_control"), { kind: "rfc2217", host: "h", port: 1 });
});

for (const typed of [
  "",
  "tcp://host",
  "tcp://host:0",
  "tcp://host:65536",
  "tcp:host:1",
  "rfc2217://:1",
  "http://h:1",
  "usb:",
]) {
  test(`refuses "${typed}" with examples`, () => {
    try {
      parsePort(typed);
    } catch (error) {
      assert.instance(error, HilError);
      assert.is((error as HilError).kind, "usage");
      assert.match((error as HilError).message, "rfc2217://host:4000");
      return;
    }
    assert.unreachable("it was read");
  });
}

test("a name of a board is not taken for a port", () => {
  for (const name of ["trap-1", "left", "usb"]) assert.not(looksLikePort(name), name);
  for (const [typed] of READ) assert.ok(looksLikePort(typed), typed);
});
