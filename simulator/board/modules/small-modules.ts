// Owns the modules of few words: hashes (require("crypto"); ciphers are not doubled) and the switch of the Telnet console.
import { createHash } from "node:crypto";
import { iterableToBytes } from "../bytes.ts";
import { isObject, type Program } from "../program.ts";
import { type Callable, ProgramError, type RealmObject } from "../realm.ts";

const HASHES = { SHA1: "sha1", SHA224: "sha224", SHA256: "sha256", SHA384: "sha384", SHA512: "sha512" };

export function createCryptoModule(program: Program): RealmObject {
  const { realm } = program;
  const hashes = Object.entries(HASHES).map(([name, algorithm]): [string, Callable] => [
    name,
    // What has no bytes has no hash either: the interpreter answers undefined.
    (message) => {
      const bytes = iterableToBytes(message);
      return bytes && realm.createBuffer(createHash(algorithm).update(bytes).digest());
    },
  ]);
  return realm.expose(realm.createObject(), Object.fromEntries(hashes));
}

export function createTelnetModule(program: Program): RealmObject {
  return program.realm.expose(program.realm.createObject(), {
    setOptions(options) {
      if (!isObject(options)) throw new ProgramError(`Expecting Object, got ${typeof options}`);
      const mode = options.mode;
      if (mode !== undefined && mode !== "on" && mode !== "off") throw new ProgramError("Unknown mode value");
      program.chip.setTelnet(mode !== "off");
    },
  });
}
