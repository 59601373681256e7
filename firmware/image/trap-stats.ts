// Owns what `stats` tells of a whole trap beside the size of its programs: variables and stack, measured where the real interpreter is at hand,
// and the longest messages; each with its budget.
import { PACKET_BYTES_MAX, RECORD_BYTES_MAX } from "#protocol";
import { CHIP_STACK_BYTES, CHIP_VARIABLES, REST_VARIABLES_MAX, START_STACK_BYTES_MAX } from "../bundle/budget.ts";
import type { TrapStats } from "../bundle/command.ts";
import { ensureImage, type ImageOptions } from "./ensure-image.ts";
import { listLongestMessages } from "./longest-messages.ts";
import { type Interpreter, type Measured, measureStart } from "./measure.ts";

/** @param interpreter undefined: nothing is measured, and that is said */
export async function readTrapStats(options: ImageOptions, interpreter: Interpreter | undefined): Promise<TrapStats> {
  const messages = listLongestMessages();
  const longestRecord = messages.reduce((a, b) => (b.recordBytes > a.recordBytes ? b : a));
  const longestPacket = messages.reduce((a, b) => (b.packetBytes > a.packetBytes ? b : a));
  const measured = interpreter ? await measureStart(interpreter, (await ensureImage(options)).storage) : null;
  const ok = longestRecord.recordBytes <= RECORD_BYTES_MAX && longestPacket.packetBytes <= PACKET_BYTES_MAX;
  return {
    ok: ok && (measured === null || isWithin(measured)),
    facts: { measured, longestRecord, longestPacket },
    lines: [
      ...formatMeasured(measured),
      `messages: longest record ${longestRecord.name}, ${longestRecord.recordBytes} of ${RECORD_BYTES_MAX} bytes; ` +
        `longest packet ${longestPacket.name}, ${longestPacket.packetBytes} of ${PACKET_BYTES_MAX} bytes`,
    ],
  };
}

function isWithin({ restVariables, startStackBytes }: Measured): boolean {
  return restVariables <= REST_VARIABLES_MAX && (startStackBytes ?? 0) <= START_STACK_BYTES_MAX;
}

function formatMeasured(measured: Measured | null): string[] {
  if (measured === null) return ["variables and stack: not measured, ESPRUINO_BIN names no interpreter for Linux"];
  const { restVariables, startStackBytes } = measured;
  return [
    `variables: ${restVariables} in use after the start, measured; budget ${REST_VARIABLES_MAX} of ${CHIP_VARIABLES}`,
    startStackBytes === null
      ? "stack: this build of the interpreter cannot be told its stack"
      : `stack: the start takes at most ${startStackBytes} bytes, measured; budget ${START_STACK_BYTES_MAX} of ${CHIP_STACK_BYTES}`,
  ];
}
