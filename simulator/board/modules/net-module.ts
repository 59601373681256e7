// Owns require("net") as programs on the ESP32 find it: TCP sockets of byte strings, those it opens and those its servers accept.
import type { Listener } from "../listeners.ts";
import type { Link, LinkHandlers } from "../network.ts";
import { isFunction, type Program, toOptionalCallback } from "../program.ts";
import { type Callable, ProgramError, type RealmObject } from "../realm.ts";
import { checkOptions, createInbox, emitError, exposeStream, openLink, parseTarget } from "./connection.ts";

export function createNetModule(program: Program): RealmObject {
  return program.realm.expose(program.realm.createObject(), {
    connect(options, callback) {
      const target = parseTarget(checkOptions(options), 0);
      const accepted = toOptionalCallback(callback);
      return createSocket(program, (handlers) => openLink(program, target, handlers), accepted).object;
    },
    createServer(callback) {
      if (!isFunction(callback)) throw new ProgramError(`Expecting Callback Function but got ${typeof callback}`);
      return createServer(program, callback);
    },
  });
}

function createServer(program: Program, callback: Callable): RealmObject {
  const { chip, emitters, loop, realm } = program;
  let listener: Listener | undefined;

  /** The program hears of it from the idle loop, and of what has come on it after that. */
  function accept(link: Link): LinkHandlers {
    let handlers: LinkHandlers | undefined;
    const socket = createSocket(program, (own) => {
      handlers = own;
      return link;
    });
    loop.post(() => {
      callback.call(undefined, socket.object);
      emitters.emit(socket.object, "connect", socket.object);
    });
    return {
      opened: () => undefined,
      received: (data) => loop.post(() => handlers?.received(data)),
      drained: () => loop.post(() => handlers?.drained()),
      closed: (error) => loop.post(() => handlers?.closed(error)),
    };
  }

  return realm.expose(
    realm.createObject(),
    {
      listen(port) {
        if (listener !== undefined) throw new ProgramError("Unable to create socket", "InternalError");
        listener = chip.network.listen(Number(port), accept);
      },
      close() {
        listener?.close();
        listener = undefined;
      },
    },
    true,
  );
}

/** @param attach gives the link whose handlers it is told */
function createSocket(
  program: Program,
  attach: (handlers: LinkHandlers) => Link,
  callback?: Callable,
): { object: RealmObject } {
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

  const opened = attach({
    opened() {
      callback?.call(undefined, socket);
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
  const object = realm.expose(
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
  return { object };
}
