// Owns require("net") as programs on the ESP32 find it: a client's TCP sockets of byte strings. Servers are not doubled.
import type { Link } from "../network.ts";
import { type Program, toOptionalCallback } from "../program.ts";
import { ProgramError, type RealmObject } from "../realm.ts";
import { checkOptions, createInbox, emitError, exposeStream, openLink, parseTarget } from "./connection.ts";

export function createNetModule(program: Program): RealmObject {
  return program.realm.expose(program.realm.createObject(), {
    connect(options, callback) {
      const target = parseTarget(checkOptions(options), 0);
      return createSocket(program, target, toOptionalCallback(callback));
    },
    createServer() {
      throw new ProgramError("The simulated board serves no sockets");
    },
  });
}

function createSocket(
  program: Program,
  target: { host: string; port: number },
  callback: ((socket: RealmObject) => unknown) | undefined,
): RealmObject {
  const { emitters, realm } = program;
  const socket = realm.createObject();
  const inbox = createInbox(program, socket);
  let link: Link | undefined;
  let closing = false;

  function ended(hadError: boolean): void {
    closing = true;
    link = undefined;
    emitters.emit(socket, "end");
    emitters.emit(socket, "close", hadError);
  }

  const opened = openLink(program, target, {
    opened() {
      callback?.(socket);
      emitters.emit(socket, "connect", socket);
      if (link !== undefined && !link.hasUnsent()) emitters.emit(socket, "drain", socket);
    },
    received: (data) => inbox.push(data),
    drained() {
      if (!closing) emitters.emit(socket, "drain", socket);
    },
    closed(error) {
      inbox.flush();
      ended(emitError(program, socket, error));
    },
  });
  link = opened;

  function write(data: unknown): false {
    if (closing || link === undefined) throw new ProgramError("This socket is closed");
    link.write(String(data));
    return false;
  }

  exposeStream(program, socket);
  return realm.expose(
    socket,
    {
      write,
      end(data) {
        if (data !== undefined) write(data);
        if (link === undefined || closing) return;
        closing = true;
        link.finish();
        // The interpreter tells the program of the close from its idle loop.
        program.loop.post(() => ended(false));
      },
    },
    true,
  );
}
