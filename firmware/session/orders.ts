// Owns what a trap does at the cloud's word: the beginning of a session, acknowledgements, commands, configuration, offers. What is not
// proven to be the cloud's word on this connection, said after everything heard so far [SEAL-1], or is malformed or meant for another, is
// refused and counted, nothing more.
import {
  type Bytes,
  CODE_FOREIGN_TOPIC,
  CODE_OK,
  CODE_STORE_FULL,
  CODE_UNPROVEN,
  type Command,
  type Configuration,
  type Decoded,
  type DownMessage,
  type DownName,
  decodeDown,
  downTopic,
  encodeConfiguration,
  messageSealText,
  sessionKeyText,
  splitSealed,
} from "#protocol";
import { createProver, isSameProof, prove } from "../claim/proofs.ts";
import { type Context, fault, intend, post, postNext, refuse, say } from "../context.ts";
import { putRecord } from "../store/record-store.ts";
import { COMMAND_KEY, CONFIG_KEY } from "../store/settings.ts";
import { applyAck } from "./outbox.ts";
import { publishConfiguration, publishEvents, publishHello, publishResult, telemetryMs } from "./reports.ts";

export const IDENTIFY_MS = 10000;
/** Time for the answer to get out. */
const ANSWER_MS = 500;
/** So many commands are remembered, so that one delivered twice is done once. */
const COMMANDS_MAX = 8;

export function handleMessage(c: Context, topic: string, payload: Bytes): void {
  const credentials = c.credentials;
  if (!credentials) return;
  const prefix = downTopic(credentials.tenant, credentials.device, "" as DownName);
  if (!topic.startsWith(prefix)) {
    refuse(c, CODE_FOREIGN_TOPIC, "topic");
    return;
  }
  const name = topic.substring(prefix.length) as DownName;
  const decoded = name === "session" ? decodeDown(name, payload) : openSealed(c, name, payload);
  if (!decoded.ok) {
    refuse(c, decoded.code, "message");
    return;
  }
  const message = decoded.value;
  switch (message.name) {
    case "ack":
      if (applyAck(c.outbox, message.value.boot, message.value.seq)) publishEvents(c);
      break;
    case "command":
      handleCommand(c, message.value);
      break;
    case "config":
      handleConfiguration(c, message.value);
      break;
    case "session":
      beginSession(c, credentials.device, message.value.nonce);
      break;
    case "welcome":
      // What came with it in one piece is answered, and only a session that is welcomed answers.
      postNext(c, { to: "session", fact: { name: "welcomed" } });
      break;
    default:
      post(c, { to: "update", fact: { name: "offered", offer: message.value, runningSha256: c.sha256 } });
  }
}

/** What is proven, read; what is not is not even read. */
function openSealed(c: Context, name: DownName, payload: Bytes): Decoded<DownMessage> {
  const seal = c.seal;
  const sealed = splitSealed(payload);
  if (!sealed.ok) return { ok: false, code: sealed.code, field: "" };
  if (seal && sealed.count > seal.heard) {
    const expected = prove(seal, messageSealText("down", name, sealed.count, sealed.record));
    if (isSameProof(expected, sealed.seal)) {
      seal.heard = sealed.count;
      return decodeDown(name, sealed.record);
    }
  }
  return { ok: false, code: CODE_UNPROVEN, field: "" };
}

/** Anybody may have sent this nonce: what it is worth shows in the welcome. A second one would take the key from under what was said. */
function beginSession(c: Context, device: string, nonce: string): void {
  const identity = c.ports.identity;
  if (c.session.name !== "proving" || c.seal || !identity) {
    refuse(c, CODE_UNPROVEN, "session");
    return;
  }
  const text = sessionKeyText(device, c.boot, c.session.session, nonce);
  const sha256 = c.ports.chip.sha256;
  const own = createProver(sha256, identity.key);
  const key = prove(own, text);
  c.seal = Object.assign({ said: 0, heard: 0 }, createProver(sha256, key));
  publishHello(c);
}

function handleCommand(c: Context, command: Command): void {
  const earlier = c.commands.find((one) => one.id === command.id);
  if (!earlier) {
    say(c, "command", ["command", command.command, "id", command.id]);
    c.commands.push({ id: command.id, code: CODE_OK });
    if (c.commands.length > COMMANDS_MAX) c.commands.shift();
  }
  // The answer goes first: two of the commands end the connection.
  publishResult(c, command.id, earlier ? earlier.code : CODE_OK);
  if (earlier) return;
  switch (command.command) {
    case "identify":
      c.identifyUntil = c.ports.clock.now() + IDENTIFY_MS;
      break;
    case "silence":
      post(c, { to: "trap", fact: { name: "silence-asked" } });
      break;
    case "reboot":
      // Remembered beyond the boot: an answer that was lost must not lead to boot after boot.
      if (putRecord(c.store, COMMAND_KEY, "" + command.id)) intend(c, "reboot", ANSWER_MS);
      else fault(c, CODE_STORE_FULL, "command");
      break;
    default:
      intend(c, "let-go", ANSWER_MS);
  }
}

function handleConfiguration(c: Context, wished: Configuration): void {
  // An older wish that comes late is answered with what is in force.
  if (wished.rev >= c.config.rev) {
    c.config = wished;
    c.telemetryAt = Math.min(c.telemetryAt, c.ports.clock.now() + telemetryMs(c));
    say(c, "config", ["rev", wished.rev]);
    if (!putRecord(c.store, CONFIG_KEY, encodeConfiguration(wished))) fault(c, CODE_STORE_FULL, "config");
  }
  publishConfiguration(c);
}
