// Owns the virtual board as a process: tells its addresses in the first line of its output, and ends on a signal or when its standard input
// ends, so that whoever started it and dies leaves no board behind [CHIP-21].
import { randomInt } from "node:crypto";
import { MissingProgramError } from "../serial/pty.ts";
import { createVirtualBoard } from "./compose.ts";
import { ConfigError, parseVirtualBoardConfig, VIRTUAL_BOARD_USAGE, type VirtualBoardConfig } from "./config.ts";
import { writeImages } from "./write-images.ts";

async function run(config: VirtualBoardConfig): Promise<void> {
  if (config.writeImages !== undefined) {
    await writeImages(config.writeImages);
    return;
  }
  const board = await createVirtualBoard({ ...config, seed: config.seed ?? randomInt(0x1_0000_0000) });
  const stop = () => {
    void board.stop().then(() => process.exit(0));
  };
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  process.stdin.once("close", stop).once("end", stop).resume();
  console.log(JSON.stringify(board.addresses));
}

try {
  await run(parseVirtualBoardConfig());
} catch (thrown) {
  if (thrown instanceof ConfigError) console.error(`${thrown.message}\n\n${VIRTUAL_BOARD_USAGE}`);
  else if (thrown instanceof MissingProgramError) console.error(thrown.message);
  else console.error(thrown);
  process.exit(1);
}
