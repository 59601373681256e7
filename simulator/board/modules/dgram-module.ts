// Owns require("dgram") as programs on the ESP32 find it: a socket that is bound to a port, hears datagrams of byte strings and answers.
import type { Datagrams } from "../listeners.ts";
import { type Program, toOptionalCallback } from "../program.ts";
import { ProgramError, type RealmObject } from "../realm.ts";

export function createDgramModule(program: Program): RealmObject {
  return program.realm.expose(program.realm.createObject(), { createSocket: () => createSocket(program) });
}

function createSocket(program: Program): RealmObject {
  const { chip, emitters, loop, realm } = program;
  const socket = realm.createObject();
  let datagrams: Datagrams | undefined;

  function take(data: string, address: string, port: number): void {
    loop.post(() => emitters.emit(socket, "message", data, realm.createObject({ address, port, size: data.length })));
  }

  return realm.expose(
    socket,
    {
      bind(port, callback) {
        const bound = toOptionalCallback(callback);
        if (datagrams !== undefined) throw new ProgramError("Unable to create socket", "InternalError");
        datagrams = chip.network.bind(Number(port), take);
        loop.post(() => bound?.call(undefined, socket));
        return socket;
      },
      /** Message, port, address; or message, offset, length, port, address. */
      send(message, ...rest) {
        const text = String(message);
        const [port, address] = rest.length > 2 ? rest.slice(2) : rest;
        const part = rest.length > 2 ? text.slice(Number(rest[0]), Number(rest[0]) + Number(rest[1])) : text;
        datagrams?.send(part, String(address), Number(port));
      },
      close() {
        datagrams?.close();
        datagrams = undefined;
        loop.post(() => emitters.emit(socket, "close", false));
      },
    },
    true,
  );
}
