// The trap's console as the bench hears it: lines out of bytes, waits, breakdowns, and a console that is locked.
import { createHash } from "node:crypto";
import * as assert from "uvu/assert";
import { parseConsoleCommand } from "#protocol";
import { createSimClock } from "../../../../hil/clock.ts";
import { consolePassword } from "../../../../hil/drivers/console/order-text.ts";
import { createTrapConsole, type HeardLine } from "../../../../hil/drivers/console/trap-console.ts";
import { HilError } from "../../../../hil/error.ts";
import { StepFailure } from "../../../../hil/steps/failure.ts";
import { getRejection } from "../../../support/rejection.ts";
import { suite } from "../../../support/suite.ts";
import { createPortDouble } from "./port-double.ts";

const test = suite("the trap's console on a port");

const KEY = "ab".repeat(32);

function connect(key: string | undefined = KEY) {
  const double = createPortDouble();
  const clock = createSimClock();
  const heard: HeardLine[] = [];
  const panics: string[] = [];
  const console = createTrapConsole({
    port: double.port,
    clock,
    key: () => key,
    onLine: (line) => heard.push(line),
    onPanic: (text) => panics.push(text),
  });
  const texts = (direction: "in" | "out") => heard.filter((line) => line.direction === direction).map((l) => l.text);
  return { ...double, clock, console, heard, panics, texts };
}

test("a line is heard once it is whole, with its time, and only behind the mark", async () => {
  const { say, clock, console } = connect();
  say("TL 5 boot id=1\r\n");
  await clock.advance(250);
  const mark = console.mark();
  const seen = console.see(mark, "a boot", 1_000, (line) => line.name === "boot");
  say("TL 7 boo");
  say("t id=2\r\n");
  assert.equal(await seen, { ms: 7, name: "boot", fields: { id: "2" }, at: 250, place: 1 });
  assert.is((await console.see(0, "a boot", 1_000, (line) => line.name === "boot")).ms, 5, "what was heard is found");
  console.stop();
});

test("the trap's lines are read behind the prompt that the interpreter wipes", async () => {
  const { say, console, texts } = connect();
  say(Buffer.from('>\x1b[JTL 12 wifi ssid="B\xe4r"\r\n>', "latin1"));
  say('\x1b[1D\x1b[JTL 13 wifi ssid="Kücheˮ"\r\n');
  assert.is((await console.see(0, "a network", 1, (line) => line.ms === 13)).fields.ssid, "Kücheˮ");
  assert.equal(texts("in"), ['TL 12 wifi ssid="Bär"', 'TL 13 wifi ssid="Kücheˮ"']);
  console.stop();
});

test("boot log and console are told apart", () => {
  const { say, heard, console } = connect();
  say("ets Jul 29 2019 12:21:46\r\n\r\nrst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n");
  say("I (31) boot: ESP-IDF\r\ninvalid header: 0xffffffff\r\nTL 0 loader slot=a\r\nUncaught Error: x\r\n");
  assert.equal(
    heard.map((line) => line.source),
    ["rom", "rom", "rom", "rom", "console", "console"],
  );
  console.stop();
});

test("noise of any kind is no error, and a line behind it is read", async () => {
  const { say, console } = connect();
  let seed = 7;
  const noise = Uint8Array.from({ length: 20_000 }, () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed >> 16;
  });
  say(noise);
  say("\nTL 9 trap state=armed\r\n");
  assert.is((await console.see(0, "armed", 1, (line) => line.name === "trap")).fields.state, "armed");
  console.stop();
});

test("a wait in vain says what was awaited and what was heard last", async () => {
  const { say, clock, console } = connect();
  say("TL 1 boot id=1\r\nTL 2 trap state=armed\r\n");
  const waiting = getRejection(console.seeText(console.mark(), /rst:0x/, 3_000));
  await clock.advance(3_000);
  const error = (await waiting) as StepFailure;
  assert.instance(error, StepFailure);
  assert.is(error.facts.awaited, "a line like /rst:0x/");
  assert.equal(error.facts.lastSeen, ["TL 1 boot id=1", "TL 2 trap state=armed"]);
  assert.match(error.message, "within 3000 ms");
});

test("any line can be waited for, with a pattern that remembers nothing", async () => {
  const { say, console } = connect();
  say("rst:0x1 (POWERON_RESET)\r\n");
  const pattern = /rst:0x(\d+)/g;
  for (let i = 0; i < 3; i++) assert.is((await console.seeText(0, pattern, 1)).text, "rst:0x1 (POWERON_RESET)");
  console.stop();
});

for (const text of [
  "Guru Meditation Error: Core  0 panic'ed (LoadProhibited). Exception was unhandled.",
  "abort() was called at PC 0x400d1234 on core 1",
  "Backtrace: 0x400d1234:0x3ffb1230 0x400d5678:0x3ffb1250",
  "Brownout detector was triggered",
  "Stack smashing protect failure!",
  "New interpreter error: LOW_MEMORY,MEMORY",
]) {
  test(`[BENCH-31] a breakdown is told at once: ${text.slice(0, 24)}`, () => {
    const { say, panics, console } = connect();
    say(`TL 4 trap state=armed\r\n${text}\r\n`);
    assert.equal(panics, [text]);
    console.stop();
  });
}

test("[BENCH-31] what a healthy trap and a refused firmware say is no breakdown", () => {
  const { say, panics, console } = connect();
  say("rst:0xc (SW_CPU_RESET),boot:0x13\r\nUncaught Error: refused\r\nTL 1 fault code=12\r\nTL 2 health memFree=1\r\n");
  say("New interpreter error: FIFO_FULL\r\n");
  assert.equal(panics, []);
  console.stop();
});

test("an order is typed as the interpreter reads it, whatever its values", async () => {
  const { typed, console, texts } = connect();
  await console.order("wifi", { ssid: 'Bär "2"', pass: "geheim\\1" });
  assert.is(typed(), '\x10TL("wifi ssid=\\"B\\xc3\\xa4r \\\\\\"2\\\\\\"\\" pass=\\"geheim\\\\\\\\1\\"")\n');
  assert.equal(texts("out"), ['wifi ssid="Bär \\"2\\"" pass=***']);
  console.stop();
});

test("on a locked console the password is typed first, and then what met the lock", async () => {
  const { say, typed, console, texts } = connect();
  await console.order("info");
  await console.order("identify");
  say("\r\nPassword incorrect!\r\n");
  say("\r\nPassword incorrect!\r\n");
  const password = createHash("sha256").update(`trapline/1/console\n${KEY}`).digest("hex").slice(0, 16);
  assert.is(consolePassword(KEY), password);
  const [info, identify] = ['\x10TL("info")\n', '\x10TL("identify")\n'];
  assert.is(typed(), `${info}${identify}${password}\n${info}${identify}`);
  say("\r\nPassword OK!\r\n");
  await console.order("reboot");
  assert.is(typed().endsWith('\x10TL("identify")\n\x10TL("reboot")\n'), true, "an open console needs no password");
  assert.not(texts("out").join("\n").includes(password));
  console.stop();
});

test("after a reset the lock is met anew", async () => {
  const { say, typed, console } = connect();
  await console.order("info");
  say("Password incorrect!\nPassword OK!\nrst:0x1 (POWERON_RESET)\n");
  const before = typed().length;
  await console.order("info");
  say("Password incorrect!\n");
  assert.is(typed().slice(before), `\x10TL("info")\n${consolePassword(KEY)}\n\x10TL("info")\n`);
  console.stop();
});

test("a password that is refused is not typed for ever, and said", async () => {
  const { say, typed, console, texts } = connect();
  await console.order("info");
  for (let i = 0; i < 5; i++) say("Password incorrect!\n");
  assert.is(typed().split(consolePassword(KEY)).length - 1, 1);
  assert.match(texts("out").at(-1) ?? "", "not that of the key");
  console.stop();
});

test("a locked console without a known key is said, not typed at", async () => {
  const { say, typed, console, texts } = connect("");
  await console.order("info");
  say("Password incorrect!\n");
  assert.is(typed(), '\x10TL("info")\n');
  assert.match(texts("out").at(-1) ?? "", "key of this trap is not known");
  console.stop();
});

test("what a flashing tool hears is not the trap's", () => {
  const { say, console, texts } = connect();
  const resume = console.pause();
  say("rst:0x1 (POWERON_RESET)\r\n");
  resume();
  say("TL 1 boot id=1\r\n");
  assert.equal(texts("in"), ["TL 1 boot id=1"]);
  console.stop();
});

test("waits end at once when the port is gone, or nobody listens any more", async () => {
  const { end, console } = connect();
  const waiting = getRejection(console.seeText(0, /x/, 60_000));
  end("unplugged");
  const error = await waiting;
  assert.instance(error, HilError);
  assert.is((error as HilError).code, "port-gone");
  const another = getRejection(console.seeText(0, /x/, 60_000));
  console.stop();
  assert.is(((await another) as HilError).code, "port-gone");
});

test("what is typed is what the trap's own reader takes", async () => {
  const { typed, console } = connect();
  const fields = { ssid: 'Bär "2" = \\', pass: "a b", code: "ABCDE" };
  await console.order("wifi", fields);
  const literal = /TL\((".*")\)/.exec(typed())?.[1] ?? "";
  const line = JSON.parse(literal.replaceAll(/\\x(..)/g, "\\u00$1"));
  const read = parseConsoleCommand(line);
  const bytes = Object.entries(read?.fields ?? {}).map(([key, value]) => [
    key,
    Buffer.from(value, "latin1").toString(),
  ]);
  assert.equal(Object.fromEntries(bytes), fields);
  console.stop();
});
