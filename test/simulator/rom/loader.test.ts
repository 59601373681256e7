// Tests rom-loader.ts and stub.ts, command by command: what each answers, what it does to the flash, and where the two differ.
import { createHash } from "node:crypto";
import { deflateSync } from "node:zlib";
import * as assert from "uvu/assert";
import { OP } from "../../../simulator/rom/packets.ts";
import { suite } from "../../support/suite.ts";
import { createTool, encodeRequest, encodeWords, MAC, SYNC_DATA, type Tool } from "./tool.ts";

const test = suite("loader");
const ROM_OK = [0, 0, 0, 0];
const STUB_OK = [0, 0];

function connect(mode: "rom" | "stub", image?: Uint8Array): Tool {
  const tool = createTool(image);
  tool.powerOn("download");
  tool.command(OP.SYNC, SYNC_DATA);
  if (mode === "stub") tool.runStub();
  else tool.ask(OP.SPI_ATTACH, 0, 0);
  return tool;
}

function createImage(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 5)) & 0xff);
}

const filled = () => new Uint8Array(0x400000);
const md5 = (bytes: Uint8Array) => createHash("md5").update(bytes).digest();

test("a greeting is answered eight times: by the ROM with a value, by the stub without", () => {
  for (const [mode, value, status] of [
    ["rom", 0x20120707, ROM_OK],
    ["stub", 0, STUB_OK],
  ] as const) {
    const answers = connect(mode).command(OP.SYNC, SYNC_DATA);
    assert.is(answers.length, 8);
    for (const answer of answers)
      assert.equal({ ...answer, data: [...answer.data] }, { op: OP.SYNC, value, data: status });
  }
});

test("uploaded code is acknowledged before it says that it runs", () => {
  const tool = connect("rom");
  tool.ask(OP.MEM_BEGIN, 16, 1, 0x1800, 0x4009_0000);
  assert.equal([...tool.askBlock(OP.MEM_DATA, 0, createImage(16)).data], ROM_OK);
  tool.takeFrames();
  tool.sendFrame(encodeRequest(OP.MEM_END, encodeWords(0, 0x4009_0004)));
  const [answer, greeting] = tool.takeFrames();
  assert.is(answer?.[1], OP.MEM_END);
  assert.is(Buffer.from(greeting ?? []).toString(), "OHAI");
});

test("an entry where nothing was uploaded runs nothing", () => {
  const tool = connect("rom");
  tool.takeFrames();
  tool.sendFrame(encodeRequest(OP.MEM_END, encodeWords(0, 0x4009_0000)));
  assert.is(tool.takeFrames().length, 1);
  assert.is(tool.ask(OP.READ_REG, 0x40001000).value, 0x00f01d83, "the ROM's loader goes on");
});

test("the registers say which chip this is", () => {
  const tool = connect("rom");
  const read = (address: number) => tool.ask(OP.READ_REG, address).value;
  assert.is(read(0x40001000), 0x00f01d83);
  assert.is(read(0x3ff5a004), 0xc4123456);
  assert.is(read(0x3ff5a008) & 0xffff, 0x240a);
  assert.is(MAC, "24:0a:c4:12:34:56");
  assert.is(Math.round((115_200 * (read(0x3ff40014) & 0xfffff)) / 1e6), 40);
  assert.is(read(0x3ff44038), 0x03);
});

test("the eFuses carry the checksum beside the address, by which tools see that it was read well", () => {
  assert.is(connect("rom").ask(OP.READ_REG, 0x3ff5a008).value >>> 16, 0xf5);
});

test("what is written to memory under a mask is read back, several words in one command", () => {
  const tool = connect("rom");
  const data = encodeWords(0x3ffb0000, 0x12345678, 0xffffffff, 0, 0x3ffb0000, 0xffff, 0xff, 0);
  assert.equal([...(tool.command(OP.WRITE_REG, data)[0]?.data ?? [])], ROM_OK);
  assert.is(tool.ask(OP.READ_REG, 0x3ffb0000).value, 0x123456ff);
});

/** As tools do it: set up, run, wait, read. */
function runSpi(tool: Tool, command: number, bits: number, address = 0, addressBits = 0): number {
  const base = 0x3ff42000;
  const set = (offset: number, value: number) => tool.ask(OP.WRITE_REG, base + offset, value, 0xffffffff, 0);
  set(0x2c, bits - 1);
  set(0x20, addressBits > 0 ? (addressBits - 1) * 2 ** 26 : 0);
  set(0x24, 7 * 2 ** 28 + command);
  set(0x04, address * 2 ** (32 - addressBits));
  set(0x80, 0);
  set(0x00, 1 << 18);
  assert.is(tool.ask(OP.READ_REG, base).value & (1 << 18), 0, "it is over at once");
  return tool.ask(OP.READ_REG, base + 0x80).value;
}

test("the flash answers commands that a tool makes up itself", () => {
  const tool = connect("rom", createImage(0x400000));
  assert.is(runSpi(tool, 0x9f, 24), 0x1640ef, "Winbond, 4 MB");
  assert.is(runSpi(tool, 0x5a, 32, 0, 24), 0x50444653, "SFDP");
  assert.is(runSpi(tool, 0x35, 8), 0x02);
  assert.is(runSpi(tool, 0x03, 32, 0x4, 24), Buffer.from(createImage(8)).readUInt32LE(4));
  runSpi(tool, 0x06, 8);
  assert.is(runSpi(tool, 0x05, 8), 0x02, "writing is enabled");
  runSpi(tool, 0x04, 8);
  assert.is(runSpi(tool, 0x05, 8), 0x00);
});

for (const mode of ["rom", "stub"] as const) {
  const ok = mode === "rom" ? ROM_OK : STUB_OK;

  test(`the ${mode} writes block after block, over what was there`, () => {
    const tool = connect(mode, filled());
    const data = createImage(0x900);
    assert.equal([...tool.ask(OP.FLASH_BEGIN, data.length, 3, 0x400, 0x3000).data], ok);
    for (let i = 0; i * 0x400 < data.length; i++) {
      assert.equal([...tool.askBlock(OP.FLASH_DATA, i, data.subarray(i * 0x400, (i + 1) * 0x400)).data], ok);
    }
    assert.equal(Buffer.from(tool.flash.view(0x3000, 0x1000)), Buffer.concat([data, Buffer.alloc(0x700, 0xff)]));
    assert.equal([...tool.flash.view(0x2fff, 1), ...tool.flash.view(0x4000, 1)], [0, 0]);
  });

  test(`the ${mode} inflates a stream across its blocks`, () => {
    const tool = connect(mode, filled());
    const data = createImage(100_000);
    const packed = deflateSync(data);
    const size = mode === "rom" ? Math.ceil(data.length / 0x400) * 0x400 : data.length;
    tool.ask(OP.FLASH_DEFL_BEGIN, size, Math.ceil(packed.length / 100), 100, 0x10000);
    for (let i = 0; i * 100 < packed.length; i++) {
      const answer = tool.askBlock(OP.FLASH_DEFL_DATA, i, packed.subarray(i * 100, (i + 1) * 100));
      assert.equal([...answer.data], ok);
    }
    assert.ok(Buffer.from(tool.flash.view(0x10000, data.length)).equals(data));
  });

  test(`the ${mode} tells the hash of a range`, () => {
    const tool = connect(mode, createImage(0x400000));
    const { data } = tool.ask(OP.SPI_FLASH_MD5, 0x1234, 5000, 0, 0);
    const hash = md5(createImage(0x400000).subarray(0x1234, 0x1234 + 5000));
    const told = data.subarray(0, data.length - ok.length);
    assert.equal(Buffer.from(told), mode === "rom" ? Buffer.from(hash.toString("hex")) : hash);
  });

  test(`the ${mode} changes its speed after it has answered at the old one`, () => {
    const tool = connect(mode);
    tool.ask(OP.CHANGE_BAUDRATE, 460_800, mode === "rom" ? 0 : 115_200);
    assert.is(tool.baud(), 115_200);
    tool.takeFrames();
    tool.sendFrame(encodeRequest(OP.READ_REG, encodeWords(0x40001000)), 115_200);
    assert.is(tool.takeFrames().length, 0, "the old speed is noise now");
    tool.sendFrame(encodeRequest(OP.READ_REG, encodeWords(0x40001000)), 460_800);
    assert.is(tool.takeFrames().length, 1);
    assert.ok(Math.abs(tool.baud() - 460_800) < 1_000);
  });
}

test("the ROM erases when writing begins, the stub no more than it writes", () => {
  const count = (mode: "rom" | "stub") => {
    const tool = connect(mode, filled());
    const before = tool.flash.operationCount();
    tool.ask(OP.FLASH_BEGIN, 0x10000, 16, 0x400, 0x20000);
    return tool.flash.operationCount() - before;
  };
  assert.is(count("rom"), 16);
  assert.is(count("stub"), 0);
});

test("the stub erases no page that is blank", () => {
  const tool = connect("stub");
  tool.ask(OP.FLASH_BEGIN, 0x400, 1, 0x400, 0x20000);
  tool.askBlock(OP.FLASH_DATA, 0, createImage(0x400));
  assert.is(tool.flash.operationCount(), 1, "one programming and nothing else");
});

test("the stub acknowledges a block before it is written, and tells at the next command what went wrong", () => {
  const tool = connect("stub");
  tool.ask(OP.FLASH_DEFL_BEGIN, 1000, 1, 0x4000, 0);
  assert.equal([...tool.askBlock(OP.FLASH_DEFL_DATA, 0, Uint8Array.of(1, 2, 3, 4)).data], STUB_OK);
  const late = tool.ask(OP.READ_REG, 0x40001000);
  assert.equal([late.op, ...late.data], [OP.READ_REG, 0xc7, 0x00]);
  assert.is(tool.ask(OP.READ_REG, 0x40001000).value, 0x00f01d83, "once");
});

test("the stub writes no more than was begun, and does not end before that", () => {
  const tool = connect("stub", filled());
  tool.ask(OP.FLASH_BEGIN, 0x100, 1, 0x400, 0x1000);
  assert.equal([...tool.ask(OP.FLASH_END, 1).data], [0xc0, 0x00], "bytes are missing");
  tool.askBlock(OP.FLASH_DATA, 0, createImage(0x400));
  assert.equal(Buffer.from(tool.flash.view(0x1000, 0x100)), Buffer.from(createImage(0x100)));
  assert.is(tool.flash.view(0x1100, 1)[0], 0xff);
  assert.equal([...tool.ask(OP.FLASH_END, 1).data], STUB_OK);
  assert.is(tool.chip.state(), "loader");
});

interface Wrong {
  what: string;
  mode: "rom" | "stub";
  ask(tool: Tool): { data: Uint8Array };
  status: number[];
}

const broken = (tool: Tool, op: number) => {
  const data = Buffer.concat([encodeWords(4, 0, 0, 0), Uint8Array.of(1, 2, 3, 4)]);
  return tool.command(op, data, 0)[0]!;
};
const begin = (tool: Tool, op: number) => tool.ask(op, 0x1000, 1, 0x400, 0x1000);

const WRONGS: Wrong[] = [
  {
    what: "a block with a wrong checksum",
    mode: "rom",
    ask(tool) {
      begin(tool, OP.FLASH_BEGIN);
      return broken(tool, OP.FLASH_DATA);
    },
    status: [1, 0x07, 0, 0],
  },
  {
    what: "a block with a wrong checksum",
    mode: "stub",
    ask(tool) {
      begin(tool, OP.FLASH_BEGIN);
      return broken(tool, OP.FLASH_DATA);
    },
    status: [0xc1, 0],
  },
  {
    what: "a block before writing began",
    mode: "rom",
    ask: (tool) => tool.askBlock(OP.FLASH_DATA, 0, new Uint8Array(4)),
    status: [1, 5, 0, 0],
  },
  {
    what: "a block before writing began",
    mode: "stub",
    ask: (tool) => tool.askBlock(OP.FLASH_DATA, 0, new Uint8Array(4)),
    status: [0xc6, 0],
  },
  {
    what: "a stream that is none",
    mode: "rom",
    ask(tool) {
      begin(tool, OP.FLASH_DEFL_BEGIN);
      return tool.askBlock(OP.FLASH_DEFL_DATA, 0, Uint8Array.of(9, 9, 9, 9));
    },
    status: [1, 0x0b, 0, 0],
  },
  {
    what: "a stream whose sum is wrong",
    mode: "rom",
    ask(tool) {
      begin(tool, OP.FLASH_DEFL_BEGIN);
      const packed = deflateSync(createImage(100));
      packed[packed.length - 1]! ^= 1;
      return tool.askBlock(OP.FLASH_DEFL_DATA, 0, packed);
    },
    status: [1, 0x0c, 0, 0],
  },
  {
    what: "a range beyond the chip",
    mode: "rom",
    ask: (tool) => tool.ask(OP.FLASH_BEGIN, 0x1000, 1, 0x400, 0x400000),
    status: [1, 6, 0, 0],
  },
  {
    what: "a range beyond the chip",
    mode: "stub",
    ask: (tool) => tool.ask(OP.FLASH_BEGIN, 0x1000, 1, 0x400, 0x400000, 0),
    status: [0xc4, 0],
  },
  {
    what: "reading beyond the chip",
    mode: "rom",
    ask: (tool) => tool.ask(OP.READ_FLASH_SLOW, 0x3ffff0, 64),
    status: [1, 9, 0, 0],
  },
  {
    what: "reading too much at once",
    mode: "rom",
    ask: (tool) => tool.ask(OP.READ_FLASH_SLOW, 0, 65),
    status: [1, 0x0a, 0, 0],
  },
  {
    what: "a hash beyond the chip",
    mode: "stub",
    ask: (tool) => tool.ask(OP.SPI_FLASH_MD5, 0, 0x400001, 0, 0),
    status: [0xc4, 0],
  },
  {
    what: "erasing half a page",
    mode: "stub",
    ask: (tool) => tool.ask(OP.ERASE_REGION, 0x1000, 0x800),
    status: [0xc0, 0],
  },
  { what: "too few words", mode: "rom", ask: (tool) => tool.ask(OP.READ_REG), status: [1, 5, 0, 0] },
  { what: "too few words", mode: "stub", ask: (tool) => tool.ask(OP.READ_REG), status: [0xc0, 0] },
  { what: "a command nobody knows", mode: "stub", ask: (tool) => tool.ask(0x77), status: [0xc3, 0] },
  {
    what: "the question for security that this chip has not",
    mode: "stub",
    ask: (tool) => tool.ask(OP.GET_SECURITY_INFO),
    status: [0xff, 0],
  },
];

for (const { what, mode, ask, status } of WRONGS) {
  test(`the ${mode} refuses ${what}, and goes on`, () => {
    const tool = connect(mode);
    assert.equal([...ask(tool).data], status);
    if (!what.includes("sum")) assert.ok(tool.flash.view(0, 0x400000).every((byte) => byte === 0xff));
    assert.is(tool.ask(OP.READ_REG, 0x40001000).value, 0x00f01d83);
  });
}

test("the ROM reaches no flash before it was attached", () => {
  const tool = createTool();
  tool.powerOn("download");
  tool.command(OP.SYNC, SYNC_DATA);
  assert.equal([...tool.ask(OP.FLASH_BEGIN, 0x1000, 1, 0x400, 0).data], [1, 6, 0, 0]);
  assert.equal([...tool.ask(OP.READ_FLASH_SLOW, 0, 64).data], [1, 9, 0, 0]);
  assert.is(tool.flash.operationCount(), 0);
});

test("the ROM answers a command that it does not know eight times, as no command's answer", () => {
  const answers = connect("rom").command(OP.GET_SECURITY_INFO, new Uint8Array());
  assert.is(answers.length, 8);
  for (const { op, data } of answers) assert.equal([op, ...data], [0, 1, 5, 0, 0]);
});

test("the ROM reads 64 bytes at a time, whatever was asked", () => {
  const { data } = connect("rom", createImage(0x400000)).ask(OP.READ_FLASH_SLOW, 0x100, 10);
  assert.is(data.length, 64 + 4);
  assert.equal([...data.subarray(0, 10)], [...createImage(0x110).subarray(0x100, 0x10a)]);
});

test("the stub reads in a stream: a frame for each acknowledgement, and the hash at the end", () => {
  const tool = connect("stub", createImage(0x400000));
  const wanted = createImage(0x400000).subarray(0x2000, 0x2000 + 2500);
  tool.takeFrames();
  tool.sendFrame(encodeRequest(OP.READ_FLASH, encodeWords(0x2000, 2500, 1000, 64)));
  const [answer, first, more] = tool.takeFrames();
  assert.is(answer?.[1], OP.READ_FLASH);
  assert.is(more, undefined, "no second frame before the first is acknowledged");
  const parts = [first ?? new Uint8Array()];
  for (let have = 1000; have < 2500; have += 1000) {
    tool.sendFrame(encodeWords(have));
    parts.push(...tool.takeFrames());
  }
  assert.ok(Buffer.concat(parts).equals(wanted));
  tool.sendFrame(encodeWords(2500));
  assert.equal(Buffer.from(tool.takeFrames()[0] ?? []), md5(wanted));
  assert.is(tool.ask(OP.READ_REG, 0x40001000).value, 0x00f01d83, "then it listens to commands again");
});

test("a reading that the tool gives up ends", () => {
  const tool = connect("stub", createImage(0x400000));
  tool.sendFrame(encodeRequest(OP.READ_FLASH, encodeWords(0, 5000, 1000, 64)));
  tool.sendFrame(encodeRequest(OP.READ_REG, encodeWords(0x40001000)));
  assert.is(tool.ask(OP.READ_REG, 0x40001000).value, 0x00f01d83);
});

test("erasing is the stub's: of pages, of all", () => {
  const tool = connect("stub", filled());
  assert.equal([...tool.ask(OP.ERASE_REGION, 0x1000, 0x2000).data], STUB_OK);
  assert.equal(
    [0xfff, 0x1000, 0x2fff, 0x3000].map((at) => tool.flash.view(at, 1)[0]),
    [0, 0xff, 0xff, 0],
  );
  assert.equal([...tool.ask(OP.ERASE_FLASH).data], STUB_OK);
  assert.ok(tool.flash.view(0, 0x400000).every((byte) => byte === 0xff));
});

test("power that is cut in the middle of writing leaves a dead chip and half a page", () => {
  const tool = connect("rom");
  tool.ask(OP.FLASH_BEGIN, 0x400, 1, 0x400, 0x1000);
  tool.flash.setHook(() => "cut-torn");
  tool.command(OP.FLASH_DATA, Buffer.concat([encodeWords(0x400, 0, 0, 0), new Uint8Array(0x400)]), 0xef);
  assert.is(tool.chip.state(), "off");
  tool.flash.setHook(undefined);
  const bytes = tool.flash.view(0x1000, 0x400);
  assert.ok(bytes.includes(0x00) && bytes.includes(0xff));
});
