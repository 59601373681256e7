// Owns the shape of what a flashing tool and a loader say to each other: requests, answers, their checksum, and the numbers of the commands.
// It leaves to rom-loader.ts and stub.ts what each of them does with a command.

export const OP = {
  FLASH_BEGIN: 0x02,
  FLASH_DATA: 0x03,
  FLASH_END: 0x04,
  MEM_BEGIN: 0x05,
  MEM_END: 0x06,
  MEM_DATA: 0x07,
  SYNC: 0x08,
  WRITE_REG: 0x09,
  READ_REG: 0x0a,
  SPI_SET_PARAMS: 0x0b,
  SPI_ATTACH: 0x0d,
  READ_FLASH_SLOW: 0x0e,
  CHANGE_BAUDRATE: 0x0f,
  FLASH_DEFL_BEGIN: 0x10,
  FLASH_DEFL_DATA: 0x11,
  FLASH_DEFL_END: 0x12,
  SPI_FLASH_MD5: 0x13,
  GET_SECURITY_INFO: 0x14,
  ERASE_FLASH: 0xd0,
  ERASE_REGION: 0xd1,
  READ_FLASH: 0xd2,
  RUN_USER_CODE: 0xd3,
} as const;

const HEADER_BYTES = 8;
const REQUEST = 0x00;
const RESPONSE = 0x01;
/** Before the bytes of a data command: length, sequence number, two zeros. */
export const DATA_HEADER_BYTES = 16;
const CHECKSUM_SEED = 0xef;

export interface Packet {
  isRequest: boolean;
  op: number;
  /** As the header says; `data` may be shorter or longer. */
  length: number;
  checksum: number;
  data: Uint8Array;
}

/** Undefined where the frame is shorter than a header. */
export function parsePacket(frame: Uint8Array): Packet | undefined {
  if (frame.length < HEADER_BYTES) return undefined;
  const view = viewOf(frame);
  return {
    isRequest: frame[0] === REQUEST,
    op: frame[1]!,
    length: view.getUint16(2, true),
    checksum: view.getUint32(4, true),
    data: frame.subarray(HEADER_BYTES),
  };
}

/** @param status appended to `data`: its length is what tells the ROM (4) from the stub (2) */
export function encodeResponse(op: number, value: number, data: Uint8Array, status: readonly number[]): Uint8Array {
  const frame = new Uint8Array(HEADER_BYTES + data.length + status.length);
  const view = viewOf(frame);
  frame[0] = RESPONSE;
  frame[1] = op;
  view.setUint16(2, data.length + status.length, true);
  view.setUint32(4, value, true);
  frame.set(data, HEADER_BYTES);
  frame.set(status, HEADER_BYTES + data.length);
  return frame;
}

/** The little-endian words of a request; missing ones are not there. */
export function readWords(data: Uint8Array): number[] {
  const view = viewOf(data);
  return Array.from({ length: Math.floor(data.length / 4) }, (_, i) => view.getUint32(i * 4, true));
}

export function dataChecksum(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => sum ^ byte, CHECKSUM_SEED);
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
