// The portal: when it opens and closes, what it answers to phones and to garbage, and what it makes of a form.
import { createHmac } from "node:crypto";
import fc from "fast-check";
import * as assert from "uvu/assert";
import { CLAIM_CODE_ALPHABET, portalPassword, portalPasswordText, portalSsid, RESET_SOFTWARE } from "#protocol";
import { answerName } from "../../firmware/portal/dns.ts";
import { writeForm, writeRedirect, writeThanks } from "../../firmware/portal/page.ts";
import {
  BATTERY_WINDOW_MS,
  createPortal,
  decidePortal,
  HEARD_MS,
  JOIN_MS,
  POWER_ON_WINDOW_MS,
  type Portal,
  type PortalInput,
  type PortalSituation,
  PRESSED_WINDOW_MS,
  WINDOW_MS_MAX,
} from "../../firmware/portal/portal.ts";
import {
  BODY_BYTES_MAX,
  createPhoneRequest,
  type PhoneRequest,
  readFormField,
  readPhoneRequest,
} from "../../firmware/portal/request.ts";
import { suite } from "../support/suite.ts";
import { createTestBench, createTestFlash, IDENTITY, KEY, type TestBench, type TestPortal } from "./ports-double.ts";
import { SEED } from "./seed.ts";

const test = suite("portal");
const SITUATION: PortalSituation = { isWired: false, isJoined: false, knowsNetwork: false, onBattery: false };
const ADDRESS = "\xc0\xa8\x04\x01";

/** A question for the address of a name, with an id and the wish for recursion. */
function createQuestion(name: string, type = 1): string {
  const labels = name.split(".").map((label) => String.fromCharCode(label.length) + label);
  return `\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00${labels.join("")}\x00\x00${String.fromCharCode(type)}\x00\x01`;
}

test("every name is at the portal's address; of other kinds there is nothing, said at once", () => {
  for (const name of ["connectivitycheck.gstatic.com", "captive.apple.com", "a.b"]) {
    const question = createQuestion(name);
    const answer = answerName(question, ADDRESS);
    assert.is(answer.slice(0, 12), "\x12\x34\x85\x00\x00\x01\x00\x01\x00\x00\x00\x00");
    assert.is(answer.slice(12, question.length), question.slice(12), "the question is repeated");
    assert.is(answer.slice(question.length), `\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x05\x00\x04${ADDRESS}`);
    const other = answerName(createQuestion(name, 28), ADDRESS);
    assert.is(other.slice(6, 8), "\x00\x00", "no address of version 6");
    assert.is(other.length, question.length);
  }
});

test("garbage on the port for names gets no answer, or one that is no longer than what came and an address", () => {
  for (const bad of ["", "x", createQuestion("a.b").slice(0, -1), `\x12\x34\x81${createQuestion("a.b").slice(3)}`]) {
    assert.is(answerName(bad, ADDRESS), "");
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.boolean(), (bytes, shaped) => {
      const text = Buffer.from(bytes).toString("latin1");
      const query = shaped ? createQuestion("a.b").slice(0, 12) + text : text;
      const answer = answerName(query, ADDRESS);
      assert.ok(answer === "" || (answer.length <= query.length + 16 && answer.slice(0, 2) === query.slice(0, 2)));
    }),
    { seed: SEED, numRuns: 3000 },
  );
});

/** The same bytes in pieces of this size. */
function read(text: string, size: number): PhoneRequest {
  const request = createPhoneRequest();
  for (let at = 0; at < text.length; at += size) readPhoneRequest(request, text.slice(at, at + size));
  return request;
}

const LONG = `Cookie: ${"c".repeat(900)}\r\n`;
const FORM = `POST / HTTP/1.1\r\nHost: x\r\n${LONG}content-length: 22\r\nX: y\r\n\r\nssid=attic&pass=cheese`;

test("a request is read alike in whatever pieces it comes, and keeps little", () => {
  for (const size of [1, 2, 7, 64, 536, 5000]) {
    const get = read(`GET /generate_204 HTTP/1.1\r\nHost: x\r\n${LONG}\r\n`, size);
    assert.equal([get.part, get.method, get.path], ["done", "GET", "/generate_204"]);
    const post = read(FORM, size);
    assert.equal([post.part, post.method, post.body], ["done", "POST", "ssid=attic&pass=cheese"]);
    assert.ok(post.text.length <= 64);
  }
});

test("what is no request, or too much of one, is refused", () => {
  const bad: [string, string][] = [
    ["no words", "\r\n\r\n"],
    ["no path", "GET HTTP/1.1\r\n\r\n"],
    ["another protocol", "SSH-2.0-OpenSSH_9.2 a b\r\n"],
    ["a path elsewhere", "GET http://x/ HTTP/1.1\r\n\r\n"],
    ["an endless line", `GET /${"a".repeat(300)}`],
    ["an endless head", `GET / HTTP/1.1\r\n${LONG.repeat(5)}`],
    ["a head without line ends", `GET / HTTP/1.1\r\n${"a".repeat(5000)}`],
    ["a long body", `POST / HTTP/1.1\r\nContent-Length: ${BODY_BYTES_MAX + 1}\r\n\r\n`],
    ["a length that is none", "POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n"],
    ["a negative length", "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"],
  ];
  for (const [what, text] of bad) assert.is(read(text, 100).part, "bad", what);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), fc.nat(FORM.length), (bytes, at) => {
      const noise = Buffer.from(bytes).toString("latin1");
      const request = read(FORM.slice(0, at) + noise + FORM.slice(at), 97);
      assert.ok(request.text.length <= 256 && request.body.length <= BODY_BYTES_MAX);
    }),
    { seed: SEED, numRuns: 1000 },
  );
});

test("a form is read as browsers send it", () => {
  assert.is(readFormField("ssid=my+%22home%22%26&pass=", "ssid"), 'my "home"&');
  assert.is(readFormField("ssid=my+home&pass=", "pass"), "");
  assert.is(readFormField("ssid=caf%C3%A9", "ssid"), "caf\xc3\xa9");
  for (const bad of ["", "pass=x", "ssid", "ssid=%", "ssid=%4", "ssid=%zz", "ssid=a&ssid=b", "xssid=a"]) {
    assert.is(readFormField(bad, "ssid"), null, bad);
  }
});

test("pages are small, fetch nothing, and take no name of a network for a tag", () => {
  const names = Array.from({ length: 8 }, (_, i) => `<b>"&${i}`.padEnd(32, "x"));
  const gather = (tell: (write: (text: string) => void) => void) => {
    let whole = "";
    tell((text) => {
      assert.ok(text.length < 300, "in small pieces");
      whole += text;
    });
    return whole;
  };
  const form = gather((write) => writeForm(write, "TL-0001", "<script>", names));
  assert.ok(form.length < 2500, `${form.length} bytes`);
  for (const text of [form, gather((write) => writeThanks(write, "<script>"))]) {
    assert.not.match(text, /<script|<b>|src=|https?:/);
    assert.match(text, "Connection: close");
    assert.is(text.split("\r\n\r\n").length, 2);
  }
  assert.match(
    gather((write) => writeRedirect(write, "192.168.4.1")),
    "Location: http://192.168.4.1/\r\n",
  );
});

test("name and password follow from the identity, as any host can compute them", () => {
  const signature = createHmac("sha256", Buffer.from(KEY, "hex")).update(portalPasswordText(IDENTITY.serial));
  const password = portalPassword(signature.digest("hex"));
  const bench = createTestBench();
  bench.boot();
  bench.clock.advance(100);
  assert.equal([bench.portals[0]?.ssid, bench.portals[0]?.password], [portalSsid(IDENTITY.serial), password]);
  assert.is(portalSsid(IDENTITY.serial), "Trapline-0001");
  assert.is(password.length, 10);
  for (const char of password) assert.ok(CLAIM_CODE_ALPHABET.includes(char));
  bench.type("info");
  assert.ok(bench.findLine("portal")?.includes(`ssid=Trapline-0001 pass=${password}`));
});

/** When it is open, from input to input and on by itself. */
function play(situation: Partial<PortalSituation>, inputs: [PortalInput["name"], number][], untilMs: number): string {
  let portal: Portal = createPortal();
  const now = { ...SITUATION, ...situation };
  const times: string[] = [];
  const take = (input: PortalInput, at: number) => {
    const next = decidePortal(portal, input, now, at);
    if (next.isOpen !== portal.isOpen) times.push(`${next.isOpen ? "open" : "closed"} ${at / 1000}`);
    portal = next;
  };
  for (const [name, at] of [...inputs, ["look", untilMs] as const]) {
    while (portal.wakeAt > 0 && portal.wakeAt <= at) take({ name: "look" }, portal.wakeAt);
    take({ name }, at);
  }
  return times.join(", ");
}

const DAY = 86_400_000;

test("it is open while no Wi-Fi is known, and for a window while a known one cannot be joined [PORTAL-1]", () => {
  const known = { knowsNetwork: true };
  const battery = { onBattery: true };
  const end = (fromMs: number, ms: number) => `open ${fromMs / 1000}, closed ${(fromMs + ms) / 1000}`;
  const boot: [PortalInput["name"], number] = ["power-returned", 0];
  const cases: [string, Partial<PortalSituation>, [PortalInput["name"], number][], string][] = [
    ["fresh, on mains", {}, [boot], "open 0"],
    ["fresh, on a battery", battery, [boot], end(0, BATTERY_WINDOW_MS)],
    ["known, after the power came on", known, [boot], end(JOIN_MS, POWER_ON_WINDOW_MS)],
    ["known, after another start", known, [["look", 0]], ""],
    ["known, pressed", known, [["button-pressed", 5000]], end(5000, PRESSED_WINDOW_MS)],
    ["known, told by a phone", known, [["network-told", 5000]], end(5000 + JOIN_MS, PRESSED_WINDOW_MS)],
    ["on a cable", { isWired: true }, [boot, ["button-pressed", 1000]], ""],
    ["joined", { ...known, isJoined: true }, [boot, ["button-pressed", 1000]], ""],
    [
      "a phone that is heard late",
      known,
      [boot, ["phone-heard", JOIN_MS + POWER_ON_WINDOW_MS - 1000]],
      end(JOIN_MS, POWER_ON_WINDOW_MS - 1000 + HEARD_MS),
    ],
  ];
  for (const [what, situation, inputs, expected] of cases) assert.is(play(situation, inputs, 10 * DAY), expected, what);
});

test("no phone keeps a window open for ever", () => {
  const inputs: [PortalInput["name"], number][] = [["button-pressed", 0]];
  for (let at = 1000; at < DAY; at += 60_000) inputs.push(["phone-heard", at]);
  assert.is(play({ knowsNetwork: true }, inputs, DAY), `open 0, closed ${WINDOW_MS_MAX / 1000}`);
});

function getOpen(bench: TestBench): TestPortal {
  const open = bench.portals.filter((portal) => !portal.isClosed);
  assert.is(open.length, 1, "one portal is open");
  return open[0]!;
}

/** What the phone gets; it has to be all at once. */
function ask(bench: TestBench, text: string, connection = 1): string {
  let answer = "";
  const isAll = getOpen(bench).handlers.answerPhone(connection, text, (piece) => {
    answer += piece;
  });
  assert.ok(isAll);
  return answer;
}

function startFresh(): TestBench {
  const bench = createTestBench();
  bench.pins.batteryMv = 0;
  bench.boot();
  bench.clock.advance(1000);
  return bench;
}

test("a phone names the Wi-Fi, is thanked, and the trap joins it and closes its own", () => {
  const bench = startFresh();
  assert.is(bench.wifi.joins, 0);
  const { ledChanges } = bench.pins;
  bench.clock.advance(10_000);
  assert.ok(bench.pins.ledChanges >= ledChanges + 19, "its light says that it waits");
  assert.match(ask(bench, "GET /hotspot-detect.html HTTP/1.1\r\n\r\n"), /^HTTP\/1.1 302/);
  assert.match(ask(bench, "GET / HTTP/1.1\r\n\r\n"), 'value="attic"');
  const body = "ssid=attic&pass=%22cheese%22+%5C";
  const thanks = ask(bench, `POST / HTTP/1.1\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  assert.match(thanks, "now joins attic");
  bench.clock.advance(5000);
  assert.equal(
    bench.portals.map((portal) => portal.isClosed),
    [true],
  );
  assert.ok(bench.findLine("link")?.includes("joined"));
  assert.is(bench.wifi.joins, 1);
  const next = createTestBench({ flash: createTestFlash(15, 4096, bench.flash.bytes) });
  next.boot();
  next.clock.advance(5000);
  assert.equal([next.portals.length, next.wifi.joins], [0, 1], "it is kept");
});

test("a Wi-Fi that cannot be joined brings the portal back in a minute, which says so; the radio does one thing at a time", () => {
  const bench = startFresh();
  bench.wifi.isUp = false;
  const body = "ssid=attic&pass=wrong-one";
  ask(bench, `POST / HTTP/1.1\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  bench.clock.advance(30_000);
  assert.ok(bench.portals.every((portal) => portal.isClosed));
  const joins = bench.wifi.joins;
  assert.ok(joins > 1, "meanwhile it tries");
  bench.clock.advance(JOIN_MS);
  const before = bench.wifi.joins;
  assert.match(ask(bench, "GET / HTTP/1.1\r\n\r\n"), "could not join attic");
  bench.clock.advance(60_000);
  assert.is(bench.wifi.joins, before, "while it is open nothing is tried");
  bench.clock.advance(PRESSED_WINDOW_MS);
  assert.ok(bench.portals.every((portal) => portal.isClosed));
  bench.clock.advance(120_000);
  assert.ok(bench.wifi.joins > before, "then it tries again, for ever");
  bench.wifi.isUp = true;
  bench.clock.advance(120_000);
  assert.ok(bench.findLine("link")?.includes("joined"));
});

test("a trap on a battery opens it for a while after a start and after a press of three seconds", () => {
  const bench = createTestBench();
  bench.resetReason = RESET_SOFTWARE;
  bench.boot();
  bench.clock.advance(1000);
  getOpen(bench);
  bench.clock.advance(BATTERY_WINDOW_MS);
  assert.ok(bench.portals.every((portal) => portal.isClosed));
  bench.setButton(true);
  bench.clock.advance(4000);
  bench.setButton(false);
  bench.clock.advance(1000);
  getOpen(bench);
});

test("garbage changes nothing and is counted", () => {
  const bench = startFresh();
  const { handlers } = getOpen(bench);
  assert.is(handlers.answerName("garbage"), "");
  const forms = ["ssid=", "pass=x", `ssid=${"a".repeat(33)}&pass=x`, `ssid=a&pass=${"b".repeat(64)}`, "ssid=%zz&pass="];
  for (const [i, body] of forms.entries()) {
    const answer = ask(bench, `POST / HTTP/1.1\r\nContent-Length: ${body.length}\r\n\r\n${body}`, i);
    assert.match(answer, /^HTTP\/1.1 400/, body);
  }
  assert.match(ask(bench, `GET /${"x".repeat(999)}`, 9), /^HTTP\/1.1 400/);
  bench.clock.advance(10_000);
  bench.type("info");
  assert.ok(bench.findLine("health")?.includes(`refusals=${forms.length + 2}`));
  assert.is(bench.wifi.joins, 0);
  getOpen(bench);
});

test("a network of its own that does not come up is tried again", () => {
  const bench = createTestBench();
  bench.pins.batteryMv = 0;
  const { openPortal } = bench.ports;
  bench.ports.openPortal = (ssid, password, handlers) =>
    openPortal(ssid, password, {
      ...handlers,
      opened: (_error, names) => handlers.opened(bench.portals.length < 3 ? "refused" : "", names),
    });
  bench.boot();
  bench.clock.advance(60_000);
  assert.equal(
    bench.portals.map((portal) => portal.isClosed),
    [true, true, false],
  );
});
