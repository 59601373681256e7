// A virtual board and the RFC 2217 client of pyserial, which most flashing tools stand on and which was not written for it: it opens the port
// without a reset, resets into the loader line by line, changes the speed and is answered by the ROM.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import * as assert from "uvu/assert";
import { skip, suite } from "../../support/suite.ts";
import { startBoard } from "./board-process.ts";

const test = suite("virtual board and pyserial", { limitMs: 40_000 });
const PYTHON = "/usr/bin/python3";

const PROGRAM = `
import serial, sys, time
port = serial.serial_for_url(sys.argv[1], 115200, timeout=5)
print("opened", port.read_until(b"invalid header: 0xffffffff").count(b"POWERON_RESET"))
port.dtr = False; port.rts = True; time.sleep(0.1); port.dtr = True; port.rts = False; time.sleep(0.05); port.dtr = False
heard = port.read_until(b"waiting for download\\r\\n")
print("loader", b"boot:0x3 (DOWNLOAD_BOOT" in heard)
print("modem", port.cts, port.dsr, port.ri, port.cd)
port.baudrate = 460800
port.reset_input_buffer()
port.write(b"\\xc0\\x00\\x08\\x24\\x00\\x00\\x00\\x00\\x00\\x07\\x07\\x12\\x20" + b"\\x55" * 32 + b"\\xc0")
print("answer", port.read(5).hex())
port.close()
`;

test("opened, reset line by line, at another speed, it is answered by the ROM", async () => {
  if (spawnSync(PYTHON, ["-c", "import serial"]).status !== 0) skip("needs Debian's package python3-serial", "package");
  const board = await startBoard([]);
  try {
    const child = spawn(PYTHON, ["-c", PROGRAM, board.addresses.serial], { stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (bytes) => {
        said += String(bytes);
      });
    }
    await once(child, "close");
    assert.is(said, "opened 0\nloader True\nmodem False False False False\nanswer c001080400\n");
  } finally {
    assert.is(await board.end(), 0, board.complaints());
  }
});
