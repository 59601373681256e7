// Which addresses count as one place.
import * as assert from "uvu/assert";
import { networkOf } from "../../../cloud/http/address.ts";
import { suite } from "../../support/suite.ts";

const test = suite("network of an address");

const CASES: [address: string, network: string][] = [
  ["203.0.113.7", "203.0.113.7"],
  ["::ffff:203.0.113.7", "203.0.113.7"],
  ["::FFFF:203.0.113.7", "203.0.113.7"],
  ["::1", "0:0:0:0::/64"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:DB8:1:2::9", "2001:db8:1:2::/64"],
  ["2001:0db8::1", "2001:db8:0:0::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
  ["1:2:3:4:5:6:7::", "1:2:3:4::/64"],
  ["ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff::/64"],
  ["", "unknown"],
  ["nonsense", "unknown"],
];
for (const [address, network] of CASES) {
  test(`${address || "nothing"} is at ${network}`, () => {
    assert.is(networkOf(address), network);
    assert.ok(network.length <= 45);
  });
}
