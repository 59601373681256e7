// Claiming, refused credentials and release over HTTP, on the whole device with a cloud whose proofs Node makes.
import * as assert from "uvu/assert";
import {
  CODE_CLAIM_CODE_REFUSED,
  CODE_CLOUD_UNPROVEN,
  CODE_NO_NETWORK,
  CODE_OWNED,
  CODE_WINDOW_CLOSED,
} from "#protocol";
import { CLAIM_MS_MAX } from "../../firmware/claim/claim.ts";
import { suite } from "../support/suite.ts";
import { type CloudDouble, createCloudDouble, TENANT } from "./cloud-double.ts";
import { type BenchOptions, createTestBench, createTestFlash, type TestBench } from "./ports-double.ts";

const test = suite("claiming");

function start(options: BenchOptions = {}) {
  const bench = createTestBench({ wired: true, ...options });
  const cloud = createCloudDouble(bench);
  const device = bench.boot();
  return { bench, cloud, device };
}

/** Hold the button for claiming. */
function hold(bench: TestBench): void {
  bench.setButton(true);
  bench.clock.advance(3200);
  bench.setButton(false);
  bench.clock.advance(100);
}

function claim(bench: TestBench, cloud: CloudDouble): void {
  hold(bench);
  cloud.credentialsStatus = "ready";
  bench.clock.advance(2100);
}

test("button, window, claim, credentials, online: in one go, and stored before they are used", () => {
  const { bench, cloud } = start();
  hold(bench);
  assert.ok(bench.findLine("claim")?.endsWith("claim status=open code=0"));
  bench.clock.advance(10_000);
  assert.is(cloud.connects, 0, "nobody has claimed yet");
  cloud.credentialsStatus = "ready";
  let stored = false;
  const { onSocket } = bench;
  bench.onSocket = (socket) => {
    stored = bench.flash.bytes.includes(TENANT);
    onSocket(socket);
  };
  bench.clock.advance(2100);
  assert.ok(stored, "flash held the credentials before the first connection");
  assert.ok(bench.findLine("claim")?.includes("status=ready"));
  assert.is(cloud.list("hello").length, 1);
  assert.is(cloud.received[0]?.name, "hello", "the first word");
  assert.equal(cloud.will, { name: "will", value: { boot: cloud.list("hello")[0]!.boot, session: 1 } });
});

test("a claimed trap is online again after a boot, without asking anybody", () => {
  const first = start();
  claim(first.bench, first.cloud);
  const bench = createTestBench({ wired: true, flash: createTestFlash(15, 4096, first.bench.flash.bytes) });
  const cloud = createCloudDouble(bench);
  bench.boot();
  bench.clock.advance(100);
  assert.is(bench.requests.length, 0);
  assert.is(cloud.list("hello").length, 1);
  assert.is.not(cloud.list("hello")[0]!.boot.slice(0, 8), first.cloud.list("hello")[0]!.boot.slice(0, 8));
});

for (const path of ["challenges", "claiming", "credentials"]) {
  test(`an answer to /${path} that was lost is asked for again`, () => {
    const { bench, cloud } = start();
    cloud.losesAnswerTo.push(path);
    cloud.credentialsStatus = "ready";
    hold(bench);
    bench.clock.advance(60_000);
    assert.is(cloud.list("hello").length, 1);
  });
}

test("credentials lost with the power before they were stored are asked for after the boot", () => {
  const first = start();
  hold(first.bench);
  first.cloud.credentialsStatus = "ready";
  first.cloud.losesAnswerTo.push("credentials");
  first.bench.clock.advance(2100);
  const bench = createTestBench({ wired: true, flash: createTestFlash(15, 4096, first.bench.flash.bytes) });
  const cloud = createCloudDouble(bench);
  cloud.credentialsStatus = "ready";
  bench.boot();
  bench.clock.advance(1000);
  assert.is(cloud.list("hello").length, 1);
  assert.not.ok(
    bench.requests.some((request) => request.path.endsWith("/claiming")),
    "the window is not opened anew: the person may have claimed meanwhile",
  );
});

test("an unclaimed window ends by the cloud's word, and the trap rests", () => {
  const { bench, cloud } = start();
  hold(bench);
  bench.clock.advance(60_000);
  cloud.credentialsStatus = "closed";
  bench.clock.advance(3000);
  assert.ok(bench.findLine("claim")?.includes(`status=closed code=${CODE_WINDOW_CLOSED}`));
  const asked = bench.requests.length;
  bench.clock.advance(600_000);
  assert.is(bench.requests.length, asked);
});

for (const [status, code] of [
  ["owned", CODE_OWNED],
  ["code-refused", CODE_CLAIM_CODE_REFUSED],
] as const) {
  test(`${status} is told on console, LED and buzzer, and ends the claiming`, () => {
    const { bench, cloud } = start();
    cloud.claimStatus = status;
    bench.type("claim code=2345-67a-bcd");
    bench.clock.advance(100);
    assert.equal(cloud.codes, ["234567ABCD"]);
    assert.ok(bench.findLine("claim")?.includes(`status=${status} code=${code}`));
    assert.is(bench.pins.hz, 400);
    const asked = bench.requests.length;
    bench.clock.advance(600_000);
    assert.is(bench.requests.length, asked);
  });
}

test("a code claims without a window; typed wrongly it is refused before anybody is asked", () => {
  const { bench, cloud } = start();
  cloud.claimStatus = "code-claimed";
  cloud.credentialsStatus = "ready";
  bench.type("claim code=1234567890");
  assert.ok(bench.findLine("claim")?.includes("status=code-refused"));
  assert.is(bench.requests.length, 0);
  bench.type('claim code="2345 67A bcd"');
  bench.clock.advance(100);
  assert.equal(cloud.codes, ["234567ABCD"]);
  assert.is(cloud.list("hello").length, 1);
});

test("[CLAIM-3] what a cloud says without the key is not believed, whatever it says", () => {
  const { bench, cloud } = start();
  cloud.isImpostor = true;
  cloud.credentialsStatus = "ready";
  hold(bench);
  bench.clock.advance(120_000);
  assert.is(cloud.connects, 0);
  assert.ok(bench.lines.some((line) => line.includes(`code=${CODE_CLOUD_UNPROVEN}`)));
  cloud.isImpostor = false;
  bench.clock.advance(30_000);
  assert.is(cloud.list("hello").length, 1, "the true one is still listened to");
});

test("a cloud out of reach is asked again within seconds, and given up after the window and as long again", () => {
  const { bench, cloud } = start();
  bench.isReachable = false;
  hold(bench);
  bench.clock.advance(300_000);
  const asked = bench.requests.length;
  assert.ok(asked > 30 && asked < 300, `${asked} requests in five minutes`);
  bench.isReachable = true;
  bench.clock.advance(11_000);
  assert.ok(bench.lines.some((line) => line.includes("status=open")));
  bench.isReachable = false;
  bench.clock.advance(CLAIM_MS_MAX + 60_000);
  assert.ok(bench.findLine("claim")?.includes("claim-failed"));
  const after = bench.requests.length;
  bench.clock.advance(600_000);
  assert.is(bench.requests.length, after);
  assert.is(cloud.connects, 0);
});

test("without a network the trap says so, and goes on as soon as there is one", () => {
  const { bench, cloud } = start({ wired: false });
  hold(bench);
  assert.ok(bench.lines.some((line) => line.includes(`code=${CODE_NO_NETWORK}`)));
  bench.type("wifi ssid=home pass=secret");
  bench.clock.advance(110);
  assert.ok(bench.findLine("claim")?.includes("status=open"), bench.lines.join("\n"));
  assert.is(cloud.connects, 0);
});

test("a trap without identity claims nothing and says why", () => {
  const { bench } = start({ identity: null });
  hold(bench);
  assert.ok(bench.findLine("fault")?.includes("code=47"));
  assert.is(bench.requests.length, 0);
});

for (const connectCode of [4, 5]) {
  test(`refused by the broker with ${connectCode}, the trap keeps its credentials and asks the cloud`, () => {
    const { bench, cloud } = start();
    claim(bench, cloud);
    cloud.connectCode = connectCode;
    cloud.credentialsStatus = "confirmed";
    bench.sockets.at(-1)!.handlers.closed("gone");
    bench.clock.advance(20_000);
    assert.ok(bench.lines.some((line) => line.includes("status=confirmed")));
    cloud.connectCode = 0;
    bench.clock.advance(120_000);
    assert.is(cloud.list("hello").length, 2, "the broker's bad day is over");
  });
}

test("refused by the broker, and the cloud has new credentials: they are taken", () => {
  const { bench, cloud } = start();
  claim(bench, cloud);
  cloud.connectCode = 5;
  bench.sockets.at(-1)!.handlers.closed("gone");
  bench.clock.advance(1100);
  cloud.connectCode = 0;
  bench.clock.advance(20_000);
  assert.is(cloud.list("hello").length, 2);
});

test("refused by the broker, and the cloud proves that the trap was released: it lets go, and keeps its network", () => {
  const { bench, cloud } = start({ wired: false });
  bench.type("wifi ssid=home pass=secret");
  bench.clock.advance(200);
  claim(bench, cloud);
  cloud.connectCode = 5;
  cloud.credentialsStatus = "released";
  bench.sockets.at(-1)!.handlers.closed("gone");
  bench.clock.advance(30_000);
  const released = (line: string): boolean => line.includes("claim status=released");
  assert.ok(bench.lines.some(released));
  const connects = cloud.connects;
  bench.clock.advance(300_000);
  assert.is(cloud.connects, connects, "nothing left to connect with");
  const next = createTestBench({ flash: createTestFlash(15, 4096, bench.flash.bytes) });
  next.boot();
  next.clock.advance(200);
  assert.is(next.wifi.joins, 1);
  assert.is(next.sockets.length, 0);
});

test("[CLAIM-3] a released without proof lets nothing go", () => {
  const { bench, cloud } = start();
  claim(bench, cloud);
  cloud.connectCode = 5;
  cloud.credentialsStatus = "released";
  cloud.isImpostor = true;
  bench.sockets.at(-1)!.handlers.closed("gone");
  bench.clock.advance(120_000);
  cloud.isImpostor = false;
  cloud.connectCode = 0;
  bench.clock.advance(120_000);
  assert.is(cloud.list("hello").length, 2);
});

test("the command release is answered first, then followed, without telling the cloud", () => {
  const { bench, cloud } = start();
  claim(bench, cloud);
  cloud.send({ name: "command", value: { id: 9, command: "release" } });
  bench.clock.advance(1000);
  assert.equal(cloud.list("result"), [{ id: 9, code: 0 }]);
  assert.is(cloud.commands.at(-1), "disconnect", "politely, without a will");
  assert.ok(bench.findLine("session")?.includes("state=idle"));
  assert.is(cloud.released, 0);
  assert.not.ok(bench.findLine("reboot"));
});

function holdForReset(bench: TestBench): void {
  bench.setButton(true);
  bench.clock.advance(10_100);
  bench.setButton(false);
}

test("[BUTTON-1] a reset boots only once the button is let go, since the loader starts nothing while it is held", () => {
  const { bench, cloud } = start();
  bench.setButton(true);
  bench.clock.advance(30_000);
  assert.equal([cloud.released, bench.reboots], [1, 0]);
  bench.setButton(false);
  bench.clock.advance(300);
  assert.is(bench.reboots, 1);
});

test("a factory reset tells the cloud, erases what is the owner's, and starts afresh", () => {
  const { bench, cloud } = start();
  claim(bench, cloud);
  holdForReset(bench);
  bench.clock.advance(1000);
  assert.is(cloud.released, 1);
  assert.is(bench.reboots, 1);
  const next = createTestBench({ wired: true, flash: createTestFlash(15, 4096, bench.flash.bytes) });
  const nextCloud = createCloudDouble(next);
  next.boot();
  next.clock.advance(10_000);
  assert.equal([next.requests.length, nextCloud.connects], [0, 0], "nothing to tell, nobody to connect to");
});

test("a reset without a network is told when there is one again, before a new claim", () => {
  const { bench, cloud } = start({ wired: false });
  bench.type("wifi ssid=home pass=secret");
  bench.clock.advance(200);
  claim(bench, cloud);
  bench.wifi.isUp = false;
  bench.wifi.lose();
  holdForReset(bench);
  bench.clock.advance(2000);
  assert.equal([bench.reboots, cloud.released], [1, 0]);
  const next = createTestBench({ flash: createTestFlash(15, 4096, bench.flash.bytes) });
  const nextCloud = createCloudDouble(next);
  next.boot();
  hold(next);
  next.clock.advance(120_000);
  assert.is(next.wifi.joins, 0, "the old network is forgotten");
  next.type("wifi ssid=other pass=secret");
  next.clock.advance(300);
  assert.is(nextCloud.released, 1);
  const steps = next.requests.map((request) => request.path.split("/").at(-1));
  assert.equal(steps.slice(0, 4), ["challenges", "release", "challenges", "claiming"]);
});

test("claimed by another than before, the events of the one before stay untold", () => {
  const { bench, cloud } = start();
  claim(bench, cloud);
  cloud.acknowledges = false;
  bench.setPlunger(true);
  bench.clock.advance(3000);
  assert.is(cloud.list("event").length, 1);
  cloud.send({ name: "command", value: { id: 1, command: "release" } });
  bench.clock.advance(1000);
  cloud.received = [];
  hold(bench);
  bench.clock.advance(3000);
  assert.equal([cloud.list("hello").length, cloud.list("event").length], [1, 0]);
});
