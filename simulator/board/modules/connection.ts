// Owns what sockets and HTTP requests of a program have in common: opening a link when the radio is up, and a queue in which received
// bytes wait until somebody takes them. Each chunk is delivered as a task of its own, as the interpreter does from its idle loop.
import type { Link, SocketError } from "../network.ts";
import { SOCKET_ERRORS } from "../network.ts";
import { isObject, type Program } from "../program.ts";
import { ProgramError, type RealmObject } from "../realm.ts";

export interface ConnectionHandlers {
  opened(): void;
  received(data: string): void;
  drained(): void;
  closed(error: SocketError | undefined): void;
}

export interface Target {
  host: string;
  port: number;
}

/** Host and port of the options a program gave. */
export function parseTarget(options: RealmObject, portDefault: number): Target {
  const port = Number(options.port);
  return { host: String(options.host ?? "127.0.0.1"), port: port > 0 && port < 65_536 ? port : portDefault };
}

/** @throws ProgramError as the chip does where there is no network or no such host. */
export function openLink(program: Program, target: Target, handlers: ConnectionHandlers): Link {
  const { network } = program.chip;
  const { loop } = program;
  const address = network.isOnline() ? network.resolve(target.host) : undefined;
  if (address === undefined) throw new ProgramError("Unable to locate host", "InternalError");
  if (target.port === 0) throw new ProgramError("Unable to create socket", "InternalError");
  return network.connect(address, target.port, {
    opened: () => loop.post(() => handlers.opened()),
    received: (data) => loop.post(() => handlers.received(data)),
    drained: () => loop.post(() => handlers.drained()),
    closed: (error) => loop.post(() => handlers.closed(error)),
  });
}

/** Fires "error" if there was one. Returns what "close" is told: whether there was one. */
export function emitError(program: Program, target: RealmObject, error: SocketError | undefined): boolean {
  if (error === undefined) return false;
  program.emitters.emit(target, "error", program.realm.createObject({ ...SOCKET_ERRORS[error] }));
  return true;
}

export interface Inbox {
  push(data: string): void;
  /** Delivers what is left, whether anybody listens or not. */
  flush(): void;
}

/** Bytes on their way to the "data" listeners of `target`; they wait while the stream's own small buffer is full. */
export function createInbox(program: Program, target: RealmObject): Inbox {
  const { emitters, loop } = program;
  let waiting = "";

  function deliver(force: boolean): void {
    const data = waiting;
    if (data === "") return;
    waiting = "";
    if (!emitters.pushData(target, data, force) && !force) waiting = data + waiting;
  }

  emitters.onDataListener(target, () => loop.post(() => deliver(false)));
  return {
    push(data) {
      waiting += data;
      deliver(false);
    },
    flush: () => deliver(true),
  };
}

/** available() and read() of a stream. */
export function exposeStream(program: Program, target: RealmObject): void {
  const { emitters } = program;
  program.realm.expose(
    target,
    {
      available: () => emitters.availableData(target),
      read: (length) => emitters.readData(target, Number(length ?? 0)),
    },
    true,
  );
}

/** @throws ProgramError */
export function checkOptions(value: unknown): RealmObject {
  if (isObject(value)) return value;
  throw new ProgramError(`Expecting Options to be an Object but it was ${typeof value}`);
}
