// What a trap says and believes before and after the welcome: nothing without a seal, nothing twice, nothing of another connection, and of
// what it refuses nothing stays but a count [SEAL-1].
import * as assert from "uvu/assert";
import {
  CODE_UNPROVEN,
  type DownName,
  downTopic,
  encodeCommand,
  encodeSessionStart,
  encodeWelcome,
  joinSealed,
} from "#protocol";
import { PROVE_MS } from "../../firmware/session/session.ts";
import { createSealEnd } from "../support/seals.ts";
import { suite } from "../support/suite.ts";
import { type CloudDouble, DEVICE, startOwned, TENANT } from "./cloud-double.ts";
import { createTestBench, createTestFlash, IDENTITY, KEY, type TestBench } from "./ports-double.ts";

const test = suite("seal of the trap");

const silence = encodeCommand({ id: 5, command: "silence" });
const to = (name: DownName) => downTopic(TENANT, DEVICE, name);
/** A nonce of a broker's own. */
const NONCE = "cd".repeat(16);

function countRefused(bench: TestBench, code = CODE_UNPROVEN): number {
  return bench.lines.filter((line) => line.includes(` refused code=${code} `)).length;
}

/** The trap connects anew while the cloud is as `change` has made it. */
function reconnect(bench: TestBench, cloud: CloudDouble, change: (cloud: CloudDouble) => void): void {
  change(cloud);
  cloud.received = [];
  bench.sockets.at(-1)!.handlers.closed("gone");
  bench.clock.advance(5_000);
}

function sessionOf(cloud: CloudDouble, end: "cloud" | "trap", nonce: string, key = KEY) {
  const { boot, session } = cloud.list("hello").at(-1)!;
  return createSealEnd(end, { key, deviceId: DEVICE }, { boot, session }, nonce);
}

test("it says nothing before the session begins, only hello before the welcome, and gives either up in time", () => {
  const { bench, cloud } = startOwned();
  reconnect(bench, cloud, () => {
    cloud.begins = false;
  });
  assert.equal(cloud.received, []);
  bench.clock.advance(PROVE_MS);
  assert.ok(
    bench.findLine("session")?.includes("no welcome") || bench.lines.some((line) => line.includes("no welcome")),
  );
  reconnect(bench, cloud, () => {
    cloud.begins = true;
    cloud.welcomes = false;
  });
  bench.setPlunger(true);
  bench.clock.advance(PROVE_MS - 6_000);
  assert.equal([...new Set(cloud.received.map((message) => message.name))], ["hello"]);
  cloud.welcomes = true;
  bench.clock.advance(60_000);
  assert.ok(
    cloud.list("event").some((event) => event.kind === "armed"),
    "it waited, and is told now",
  );
});

test("a welcome without a seal, under another key, or of the connection before, welcomes nobody", () => {
  const { bench, cloud } = startOwned();
  const before = cloud.list("hello")[0]!;
  const old = sessionOf(cloud, "cloud", "1".padStart(32, "0")).close("welcome", encodeWelcome(before));
  reconnect(bench, cloud, () => {
    cloud.welcomes = false;
  });
  const hello = cloud.list("hello").at(-1)!;
  const welcome = encodeWelcome(hello);
  const forged = [
    welcome,
    joinSealed(welcome, 1, "0".repeat(64)),
    sessionOf(cloud, "cloud", "2".padStart(32, "0"), "ee".repeat(32)).close("welcome", welcome),
    sessionOf(cloud, "cloud", NONCE).close("welcome", welcome),
    sessionOf(cloud, "trap", "2".padStart(32, "0")).close("welcome", welcome),
    old,
  ];
  const lines = bench.lines.length;
  for (const payload of forged) cloud.sendRaw(to("welcome"), payload);
  bench.clock.advance(1_000);
  assert.not.ok(bench.lines.slice(lines).some((line) => line.includes("state=online")));
  assert.is(countRefused(bench), forged.length - 1, "the one without a seal is no sealed message at all");
  cloud.send({ name: "welcome", value: { boot: hello.boot, session: hello.session } });
  bench.clock.advance(100);
  assert.ok(bench.lines.slice(lines).some((line) => line.includes("state=online")));
});

test("a second nonce is refused, and takes the key from under nothing", () => {
  const { bench, cloud } = startOwned();
  cloud.sendRaw(to("session"), encodeSessionStart({ nonce: NONCE }));
  bench.clock.advance(100);
  assert.is(countRefused(bench), 1);
  cloud.send({ name: "command", value: { id: 5, command: "silence" } });
  bench.clock.advance(100);
  assert.equal(cloud.list("result"), [{ id: 5, code: 0 }]);
});

test("what was believed once is refused the second time, and so is what comes behind something newer", () => {
  const { bench, cloud } = startOwned();
  const seal = sessionOf(cloud, "cloud", "1".padStart(32, "0"));
  seal.said = 10;
  const [first, second, third] = [1, 2, 3].map((id) =>
    seal.close("command", encodeCommand({ id, command: "identify" })),
  );
  for (const payload of [first, first, third, second]) cloud.sendRaw(to("command"), payload ?? "");
  bench.clock.advance(100);
  assert.equal(
    cloud.list("result").map((result) => result.id),
    [1, 3],
  );
  assert.is(countRefused(bench), 2);
});

test("a message on another topic than it was sealed for is refused, and every altered byte of one", () => {
  const { bench, cloud } = startOwned();
  const seal = sessionOf(cloud, "cloud", "1".padStart(32, "0"));
  seal.said = 10;
  const payload = seal.close("command", silence);
  cloud.sendRaw(to("config"), payload);
  for (let at = 0; at < payload.length; at++) {
    const flipped = String.fromCharCode(payload.charCodeAt(at) ^ 1);
    cloud.sendRaw(to("command"), payload.slice(0, at) + flipped + payload.slice(at + 1));
  }
  bench.clock.advance(1_000);
  assert.equal(cloud.list("result"), []);
  cloud.sendRaw(to("command"), payload);
  bench.clock.advance(100);
  assert.equal(cloud.list("result"), [{ id: 5, code: 0 }], "as it was, it is followed");
  assert.not.ok(bench.findLine("fault"));
});

test("a trap that has lost its identity stays away from the broker: it could prove nothing", () => {
  const { bench } = startOwned();
  const boot = (identity: typeof IDENTITY | null): number => {
    const flash = createTestFlash(15, 4096, bench.flash.bytes);
    const next = createTestBench({ wired: true, identity, flash });
    next.boot();
    next.clock.advance(60_000);
    return next.sockets.length;
  };
  assert.is(boot(null), 0);
  assert.ok(boot(IDENTITY) > 0, "with it, it goes there");
});
