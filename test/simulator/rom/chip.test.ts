// Tests simulator/rom/chip.ts: power, EN and IO0, what the boot log says, and who has the UART.
import * as assert from "uvu/assert";
import { OP } from "../../../simulator/rom/packets.ts";
import { suite } from "../../support/suite.ts";
import { createFlashedImage, createTool, encodeWords, SYNC_DATA } from "./tool.ts";

const test = suite("chip");

test("a blank chip says that it finds nothing, and tries again each time its watchdog bites", () => {
  const tool = createTool();
  tool.powerOn("flash");
  assert.match(
    tool.takeText(),
    /^ets Jul 29 2019 12:21:46\r\n\r\nrst:0x1 \(POWERON_RESET\),boot:0x13 \(SPI_FAST_FLASH_BOOT\)\r\n(invalid header: 0xffffffff\r\n)+$/,
  );
  assert.is(tool.chip.state(), "looping");
  tool.clock.advance(300);
  assert.is(tool.takeText(), "", "a looping chip costs nothing between its tries");
  tool.clock.advance(200);
  assert.match(tool.takeText(), /rst:0x10 \(RTCWDT_RTC_RESET\),boot:0x13 .*\r\ninvalid header: 0xffffffff/);
});

test("a good boot tells its way and then gives the UART to the silicon", () => {
  const tool = createTool(createFlashedImage());
  tool.powerOn("flash");
  assert.is(tool.chip.state(), "booting");
  tool.clock.advance(500);
  const text = tool.takeText();
  for (const part of [
    "mode:DIO, clock div:2\r\n",
    "entry 0x400806b4\r\n",
    "factory app",
    "Loaded app from partition at offset 0x10000",
  ]) {
    assert.ok(text.includes(part), `${part} in ${text}`);
  }
  assert.equal(tool.told, ["start power-on"]);
  assert.is(tool.chip.state(), "running");
  tool.silicon.send(new TextEncoder().encode(">"));
  assert.is(tool.takeText(), ">");
  tool.chip.receive(new TextEncoder().encode("1+1\n"), 115_200);
  assert.is(tool.told.at(-1), "receive 1+1\n");
});

test("[CHIP-1] IO0 is looked at when EN rises, and at no other time", () => {
  const tool = createTool(createFlashedImage());
  tool.powerOn("flash");
  tool.chip.setIo0(false);
  tool.clock.advance(500);
  assert.is(tool.chip.state(), "running", "low after the edge is too late");
  tool.silicon.reset("software");
  tool.clock.advance(500);
  assert.is(tool.chip.state(), "running", "a reset by software samples nothing");
  tool.chip.setEnable(false);
  assert.is(tool.chip.state(), "reset");
  tool.chip.setEnable(true);
  tool.chip.setIo0(true);
  tool.takeText();
  tool.clock.advance(10);
  assert.is(tool.chip.state(), "loader");
  assert.match(
    tool.takeText(),
    /boot:0x3 \(DOWNLOAD_BOOT\(UART0\/UART1\/SDIO_REI_REO_V2\)\)\r\nwaiting for download\r\n$/,
  );
  assert.is(tool.chip.bootMode(), 0x03);
});

test("[CHIP-1] power that comes back samples IO0 too, but only with EN high", () => {
  const tool = createTool();
  tool.chip.setEnable(false);
  tool.chip.setIo0(false);
  tool.chip.setPower(true);
  tool.clock.advance(100);
  assert.is(tool.chip.state(), "reset");
  assert.is(tool.takeText(), "");
  tool.chip.setEnable(true);
  tool.clock.advance(10);
  assert.is(tool.chip.state(), "loader");
});

test("a tool that comes too late for the straps finds the normal boot mode in the log and no loader", () => {
  const tool = createTool(createFlashedImage());
  tool.powerOn("flash");
  assert.match(tool.takeText(), /boot:0x13/);
  tool.clock.advance(500);
  tool.takeText();
  assert.equal(tool.command(OP.SYNC, SYNC_DATA), []);
});

test("every reset tells its reason, to the log and to the silicon", () => {
  const reasons = [
    ["software", "rst:0xc (SW_CPU_RESET)"],
    ["watchdog", "rst:0x7 (TG0WDT_SYS_RESET)"],
    ["deep-sleep", "rst:0x5 (DEEPSLEEP_RESET)"],
    ["brown-out", "rst:0xf (RTCWDT_BROWN_OUT_RESET)"],
    ["power-on", "rst:0x1 (POWERON_RESET)"],
  ] as const;
  for (const [reason, text] of reasons) {
    const tool = createTool(createFlashedImage());
    tool.powerOn("flash");
    tool.clock.advance(500);
    tool.silicon.reset(reason);
    assert.is(tool.told.at(-1), "stop");
    tool.clock.advance(500);
    assert.ok(tool.takeText().includes(text), text);
    assert.is(tool.told.at(-1), `start ${reason}`);
  }
});

test("EN and power end the silicon at once, and what it still says is not heard", () => {
  for (const cut of ["power", "enable"] as const) {
    const tool = createTool(createFlashedImage());
    tool.powerOn("flash");
    tool.clock.advance(500);
    tool.takeText();
    if (cut === "power") tool.chip.setPower(false);
    else tool.chip.setEnable(false);
    assert.equal(tool.told, ["start power-on", "stop"]);
    tool.silicon.send(Uint8Array.of(1));
    tool.silicon.reset("software");
    tool.chip.receive(Uint8Array.of(1), 115_200);
    tool.clock.advance(1_000);
    assert.is(tool.takeText(), "");
    assert.is(tool.chip.state(), cut === "power" ? "off" : "reset");
  }
});

test("bytes at another speed than the chip's arrive as noise", () => {
  const tool = createTool(createFlashedImage());
  tool.powerOn("flash");
  tool.clock.advance(500);
  tool.chip.receive(new TextEncoder().encode("reset()\n"), 9_600);
  assert.not.match(tool.told.at(-1) ?? "", /reset|\n/);
  tool.chip.receive(new TextEncoder().encode("a"), 117_000);
  assert.is(tool.told.at(-1), "receive a", "a little off is still understood");
  tool.chip.receive(new TextEncoder().encode("b"), undefined);
  assert.is(tool.told.at(-1), "receive b", "a line without a speed garbles nothing");
});

test("states are told to whoever listens, until he stops", () => {
  const tool = createTool(createFlashedImage());
  const states: string[] = [];
  const stop = tool.chip.onState((state) => states.push(state));
  tool.powerOn("flash");
  tool.clock.advance(500);
  stop();
  tool.chip.setPower(false);
  assert.equal(states, ["booting", "running"]);
});

test("a stopped chip leaves no timer behind", () => {
  const tool = createTool();
  tool.powerOn("flash");
  tool.chip.stop();
  tool.takeText();
  tool.clock.advance(10_000);
  assert.is(tool.takeText(), "");
});

test("leaving the loader boots what is on flash, restarting it comes back as a loader", () => {
  const tool = createTool(createFlashedImage());
  tool.powerOn("download");
  tool.command(OP.SYNC, SYNC_DATA);
  tool.ask(OP.FLASH_BEGIN, 0, 0, 0x400, 0);
  tool.command(OP.FLASH_END, encodeWords(0));
  tool.takeText();
  tool.clock.advance(10);
  assert.is(tool.chip.state(), "loader");
  assert.match(tool.takeText(), /rst:0x3 \(SW_RESET\),boot:0x3 /);
  tool.ask(OP.FLASH_BEGIN, 0, 0, 0x400, 0);
  tool.command(OP.FLASH_END, encodeWords(1));
  tool.clock.advance(500);
  assert.equal(tool.told, ["start software"]);
});
