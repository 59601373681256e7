// Owns the start of the firmware on the board: the ports of the chip, the device behind them.
import { createPorts } from "./board/board.ts";
import { createDevice } from "./device.ts";

createDevice(createPorts()).start();
