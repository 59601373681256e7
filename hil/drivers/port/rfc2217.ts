// Owns the client's end of a serial port over telnet (RFC 2217): speed, the two lines, bytes. It is patient with servers: some answer nothing
// to a change of the lines, some answer something else, some do not agree on binary, and all of them carry bytes nevertheless.
import type { Clock } from "../../clock.ts";
import { HilError } from "../../error.ts";
import { formatPort } from "./parse-port.ts";
import { CONSOLE_BAUD, type PortLines } from "./port.ts";
import { gone, type LinkListener, type PortLink } from "./port-link.ts";
import { type Address, connectSocket, createWire, type Wire } from "./tcp.ts";
import { createTelnetReader, escapeTelnet, TELNET, type TelnetItem, type TelnetVerb, tellOption } from "./telnet.ts";

const OPTION = { binary: 0, suppressGoAhead: 3, comPort: 44 } as const;
const OURS: number[] = [OPTION.binary, OPTION.suppressGoAhead, OPTION.comPort];
const SET = { baud: 1, size: 2, parity: 3, stop: 4, control: 5 } as const;
const CONTROL = { noFlow: 1, dtrOn: 8, dtrOff: 9, rtsOn: 11, rtsOff: 12 } as const;
/** A server answers with the number of the question and this. */
const ANSWER = 100;
const AGREE_MS = 3_000;
/** Not every server answers; who has not once, is not waited for again. */
const ANSWER_MS = 1_000;
const LINES_ANSWER_MS = 300;
const REMEMBERED_CHARS = 200;

export async function openRfc2217(address: Address, listener: LinkListener, clock: Clock): Promise<PortLink> {
  const name = formatPort({ kind: "rfc2217", ...address });
  const client = new ComPortClient(name, listener, clock);
  const socket = await connectSocket(address, name, clock);
  client.start(createWire(socket, name, client.wireListener, clock));
  try {
    await client.agree();
    await client.configure();
  } catch (error) {
    await client.close();
    throw client.explain(error);
  }
  return client;
}

class ComPortClient implements PortLink {
  readonly hasLines = true;
  readonly #name: string;
  readonly #listener: LinkListener;
  readonly #answers: Answers;
  readonly #read = createTelnetReader();
  readonly #refusals: number[] = [];
  #wire: Wire | undefined;
  #isOpen = false;
  #firstText = "";
  #ended: string | undefined;

  constructor(name: string, listener: LinkListener, clock: Clock) {
    this.#name = name;
    this.#listener = listener;
    this.#answers = createAnswers(clock);
  }

  readonly wireListener: LinkListener = {
    bytes: (bytes) => {
      for (const item of this.#read(bytes)) this.#take(item);
    },
    end: (reason) => {
      this.#ended = reason;
      this.#answers.end();
      if (this.#isOpen) this.#listener.end(reason);
    },
  };

  start(wire: Wire): void {
    this.#wire = wire;
  }

  async agree(): Promise<void> {
    const offers = OURS.flatMap((option) => [TELNET.iac, TELNET.will, option, TELNET.iac, TELNET.do, option]);
    const answered = this.#answers.wait(["agreed", "refused"], 1, AGREE_MS);
    // A server that is busy says so and leaves; what it said is worth more than that it could not be written to.
    await this.#send(Uint8Array.from(offers)).catch(() => undefined);
    const [answer] = await answered;
    if (answer?.to === "agreed") return;
    if (this.#ended !== undefined) throw gone(this.#name, this.#ended);
    throw new HilError(
      "infrastructure",
      "port-not-rfc2217",
      `The server of ${this.#name} ${answer ? "refuses" : "does not answer"} the offer of RFC 2217. Is it a plain port? Then write tcp:// instead.`,
    );
  }

  async configure(): Promise<void> {
    await this.#send(Uint8Array.from(this.#refusals));
    await this.setBaudRate(CONSOLE_BAUD);
    const plain = [
      [SET.size, 8],
      [SET.parity, 1],
      [SET.stop, 1],
      [SET.control, CONTROL.noFlow],
    ];
    const answered = this.#answers.wait([SET.control], 1, LINES_ANSWER_MS);
    await this.#send(Buffer.concat(plain.map((pair) => tellOption(OPTION.comPort, Uint8Array.from(pair)))));
    await answered;
    this.#isOpen = true;
    if (this.#firstText !== "") this.#listener.bytes(Buffer.from(this.#firstText, "latin1"));
    if (this.#ended !== undefined) throw gone(this.#name, this.#ended);
  }

  /** A server that is busy says why before it leaves. */
  explain(error: unknown): unknown {
    const said = this.#firstText.replaceAll(/[^ -~]+/g, " ").trim();
    if (this.#ended === undefined || said === "") return error;
    const code = /in use|busy/i.test(said) ? "port-in-use" : "port-gone";
    const what = `The server of ${this.#name} says "${said}" and leaves. Look who else uses the port, and at the server's log.`;
    return new HilError("infrastructure", code, what, error);
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#send(escapeTelnet(bytes));
  }

  async setBaudRate(baud: number): Promise<void> {
    const value = [SET.baud, (baud >>> 24) & 255, (baud >>> 16) & 255, (baud >>> 8) & 255, baud & 255];
    const answered = this.#answers.wait([SET.baud], 1, ANSWER_MS);
    await this.#send(tellOption(OPTION.comPort, Uint8Array.from(value)));
    const [answer] = await answered;
    const got = answer?.value.length === 4 ? Buffer.from(answer.value).readUInt32BE() : baud;
    if (got === baud) return;
    throw new HilError(
      "infrastructure",
      "port-speed-refused",
      `The server of ${this.#name} sets ${got} bits per second instead of ${baud}. Use a lower speed, or allow this one at the server.`,
    );
  }

  async setLines(lines: PortLines): Promise<void> {
    const orders = orderLines(lines);
    const answered = this.#answers.wait([SET.control], orders.length, LINES_ANSWER_MS);
    // In one piece, so that no more time lies between the two than has to.
    await this.#send(
      Buffer.concat(orders.map((order) => tellOption(OPTION.comPort, Uint8Array.of(SET.control, order)))),
    );
    await answered;
  }

  async close(): Promise<void> {
    await this.#wire?.close();
  }

  async #send(bytes: Uint8Array): Promise<void> {
    if (bytes.length > 0) await this.#wire?.write(bytes);
  }

  #take(item: TelnetItem): void {
    if (item.kind === "data") {
      if (this.#isOpen) this.#listener.bytes(item.bytes);
      else this.#remember(Buffer.from(item.bytes).toString("latin1"));
    } else if (item.kind === "told") {
      const [command = 0] = item.bytes;
      if (item.option === OPTION.comPort) this.#answers.give(command - ANSWER, item.bytes.subarray(1));
    } else if (item.option === OPTION.comPort) {
      this.#answers.give(item.verb === "do" || item.verb === "will" ? "agreed" : "refused");
    } else {
      this.#refuse(item.verb, item.option);
    }
  }

  #remember(text: string): void {
    this.#firstText = (this.#firstText + text).slice(0, REMEMBERED_CHARS);
  }

  /** Told once all is agreed: a server that is busy leaves at once, and what it says on leaving is lost to whoever writes to it then. */
  #refuse(verb: TelnetVerb, option: number): void {
    if (OURS.includes(option) || verb === "wont" || verb === "dont") return;
    const refusal = [TELNET.iac, verb === "will" ? TELNET.dont : TELNET.wont, option];
    if (!this.#isOpen) this.#refusals.push(...refusal);
    // A link that is lost says so itself.
    else this.#send(Uint8Array.from(refusal)).catch(() => undefined);
  }
}

/**
 * The lines change one after the other: in this order they pass through both or none asserted, where the board is not reset, except where a
 * reset is what is wanted.
 */
export function orderLines({ dtr, rts }: PortLines): number[] {
  const dtrOrder = dtr === undefined ? [] : [dtr ? CONTROL.dtrOn : CONTROL.dtrOff];
  const rtsOrder = rts === undefined ? [] : [rts ? CONTROL.rtsOn : CONTROL.rtsOff];
  return dtr ? [...dtrOrder, ...rtsOrder] : [...rtsOrder, ...dtrOrder];
}

type Subject = number | "agreed" | "refused";

interface Answer {
  to: Subject;
  value: Uint8Array;
}

/** Answers to questions, which come when they come, or not. */
interface Answers {
  give(to: Subject, value?: Uint8Array): void;
  end(): void;
  /** As many as came in time; at once none where this was asked in vain before. */
  wait(subjects: Subject[], count: number, withinMs: number): Promise<Answer[]>;
}

function createAnswers(clock: Clock): Answers {
  const waiting = new Set<{ give(answer: Answer): void; end(): void }>();
  const silent = new Set<Subject>();
  return {
    give(to: Subject, value: Uint8Array = new Uint8Array()) {
      silent.delete(to);
      for (const one of [...waiting]) one.give({ to, value });
    },
    end() {
      for (const one of [...waiting]) one.end();
    },
    wait(subjects, count, withinMs) {
      if (count === 0 || subjects.some((subject) => silent.has(subject))) return Promise.resolve([]);
      return new Promise((resolve) => {
        const got: Answer[] = [];
        const finish = (): void => {
          forget();
          waiting.delete(one);
          resolve(got);
        };
        const forget = clock.setTimer(withinMs, () => {
          for (const subject of subjects) silent.add(subject);
          finish();
        });
        const one = {
          give(answer: Answer) {
            if (subjects.includes(answer.to)) got.push(answer);
            if (got.length >= count) finish();
          },
          end: finish,
        };
        waiting.add(one);
      });
    },
  };
}
