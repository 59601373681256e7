// Owns a board's connector over RFC 2217: the speed and the two lines travel beside the bytes, and every request is answered, since clients
// wait for it. Lines fall when the client goes, as those of a closed port do; opened, a client raises both, which resets nothing [CHIP-20].
import { distort } from "../rom/noise.ts";
import { type Client, type ClientHandlers, formatAddress, startOneClientServer } from "./one-client.ts";
import { createTelnetReader, encodeAside, escapeData } from "./telnet.ts";
import { createTelnetOptions } from "./telnet-options.ts";
import type { SerialConnector, SerialServer } from "./uart.ts";

const BINARY = 0;
const ECHO = 1;
const SUPPRESS_GO_AHEAD = 3;
export const COM_PORT = 44;

/** Requests of the client; the answer is 100 more. */
const ASK = {
  signature: 0,
  baud: 1,
  dataBits: 2,
  parity: 3,
  stopBits: 4,
  control: 5,
  lineState: 6,
  modemState: 7,
  suspend: 8,
  resume: 9,
  lineStateMask: 10,
  modemStateMask: 11,
  purge: 12,
} as const;
const ANSWER = 100;
const SIGNATURE = "trapline virtual board";

const CONTROL = {
  flow: { ask: 0, none: 1, kinds: [1, 2, 3] },
  break: { ask: 4, on: 5, off: 6 },
  dtr: { ask: 7, on: 8, off: 9 },
  rts: { ask: 10, on: 11, off: 12 },
  inbound: { ask: 13, none: 14 },
} as const;

const BAUD_DEFAULT = 115_200;
/** Data bits, parity (none) and stop bits, by request. */
const FRAME_DEFAULTS = new Map<number, number>([
  [ASK.dataBits, 8],
  [ASK.parity, 1],
  [ASK.stopBits, 1],
]);

/** @throws Error of the system if the port is taken */
export async function startRfc2217Server(connector: SerialConnector, port = 0): Promise<SerialServer> {
  const server = await startOneClientServer((client) => createSession(connector, client), port);
  return { address: formatAddress("rfc2217", server.port), stop: server.stop };
}

function createSession(connector: SerialConnector, client: Client): ClientHandlers {
  const session = new ComPortSession(connector, client);
  return { received: (bytes) => session.read(bytes), ended: () => session.end() };
}

class ComPortSession {
  readonly #connector: SerialConnector;
  readonly #client: Client;
  readonly #reader: ReturnType<typeof createTelnetReader>;
  readonly #unsubscribe: () => void;
  readonly #frame = new Map(FRAME_DEFAULTS);
  #baud = BAUD_DEFAULT;
  #hasBreak = false;
  #isSuspended = false;
  #hasTold = false;

  constructor(connector: SerialConnector, client: Client) {
    this.#connector = connector;
    this.#client = client;
    const known = [BINARY, SUPPRESS_GO_AHEAD, COM_PORT];
    const options = createTelnetOptions({
      ours: [...known, ECHO],
      theirs: known,
      send: (bytes) => client.write(bytes),
    });
    this.#reader = createTelnetReader({
      data: (bytes) => connector.receive(bytes, this.#baud),
      negotiated: (verb, option) => {
        options.onNegotiated(verb, option);
        if (option === COM_PORT) this.#onAgreed();
      },
      aside: (option, told) => {
        if (option === COM_PORT) this.#onAsked(told);
      },
    });
    this.#unsubscribe = connector.onSend((bytes, baud) => this.#send(bytes, baud));
    options.offer();
  }

  read(bytes: Uint8Array): void {
    this.#reader.read(bytes);
  }

  end(): void {
    this.#unsubscribe();
    this.#connector.lines.set({ dtr: false, rts: false });
  }

  #send(bytes: Uint8Array, baud: number): void {
    if (this.#isSuspended) return;
    this.#client.write(escapeData(distort(bytes, baud, this.#baud)));
  }

  /** Some clients know of no other lines until they are told once, unasked. */
  #onAgreed(): void {
    if (!this.#hasTold) this.#answer(ASK.modemState, [0]);
    this.#hasTold = true;
  }

  #answer(request: number, value: Iterable<number>): void {
    this.#client.write(encodeAside(COM_PORT, [request + ANSWER, ...value]));
  }

  #onAsked(told: Uint8Array): void {
    const [request, ...value] = told;
    const first = value[0];
    if (request === ASK.signature) {
      if (first === undefined) this.#answer(request, Buffer.from(SIGNATURE));
    } else if (request === ASK.baud) this.#setBaud(told.subarray(1));
    else if (request === ASK.suspend) this.#isSuspended = true;
    else if (request === ASK.resume) this.#isSuspended = false;
    else if (request !== undefined && first !== undefined) this.#onValue(request, first);
    else if (request === ASK.modemState || request === ASK.lineState) this.#answer(request, [0]);
  }

  #onValue(request: number, value: number): void {
    const frame = this.#frame.get(request);
    if (frame !== undefined) {
      if (value !== 0) this.#frame.set(request, value);
      this.#answer(request, [value === 0 ? frame : value]);
    } else if (request === ASK.control) this.#answer(request, [this.#control(value)]);
    else if (request === ASK.modemState || request === ASK.lineState) this.#answer(request, [0]);
    else if (request <= ASK.purge) this.#answer(request, [value]);
  }

  /** 0 asks; a speed of another length than four bytes is none. */
  #setBaud(value: Uint8Array): void {
    const asked = value.length === 4 ? Buffer.from(value).readUInt32BE() : 0;
    if (asked !== 0) this.#baud = asked;
    const answer = Buffer.alloc(4);
    answer.writeUInt32BE(this.#baud);
    this.#answer(ASK.baud, answer);
  }

  /** What is so from now on. */
  #control(value: number): number {
    const { lines } = this.#connector;
    const { dtr, rts, flow, inbound } = CONTROL;
    if (value === dtr.on || value === dtr.off) lines.set({ dtr: value === dtr.on });
    else if (value === rts.on || value === rts.off) lines.set({ rts: value === rts.on });
    else if (value === CONTROL.break.on || value === CONTROL.break.off) this.#hasBreak = value === CONTROL.break.on;
    else if (value === dtr.ask) return lines.levels().dtr ? dtr.on : dtr.off;
    else if (value === rts.ask) return lines.levels().rts ? rts.on : rts.off;
    else if (value === CONTROL.break.ask) return this.#hasBreak ? CONTROL.break.on : CONTROL.break.off;
    else if (value === flow.ask || value <= flow.kinds.length) return flow.none;
    else return inbound.none;
    return value;
  }
}
