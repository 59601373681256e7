// Owns the way of a PUBLISH: whose topic, whether it is proven [SEAL-1], what message, the ingest to its commit, the answers to the device;
// when all that is done the PUBACK may leave [ALERT-1]. One after the other per connection, so that PUBACKs keep the order of their
// messages.
import type { Logger } from "pino";
import { decodeUp, parseTopic, type UpMessage } from "#protocol";
import type { Clock } from "../clock.ts";
import type { Connection, Connections } from "./connections.ts";
import type { DeviceScope, Ingest, IsWrittenTogether } from "./device-door.ts";
import type { IngestTurns } from "./ingest-turns.ts";
import { sendSealed } from "./link.ts";
import type { RefusalReason, Refusals } from "./refusals.ts";

export interface PublishingDeps {
  connections: Connections;
  ingest: Ingest;
  isWrittenTogether?: IsWrittenTogether;
  turns: IngestTurns;
  refusals: Refusals;
  clock: Clock;
  log: Logger;
}

export interface Published {
  topic: string;
  payload: Uint8Array | string;
  qos: number;
  retain: boolean;
}

/** Why a connection ends over a message. */
export class PublishError extends Error {
  override name = "PublishError";
  readonly reason: RefusalReason | "not-kept" | "connection-over";
  constructor(reason: PublishError["reason"], cause?: unknown) {
    super(`publish: ${reason}`, { cause });
    this.reason = reason;
  }
}

export interface Publishing {
  /** Resolves when the PUBACK may leave; rejects if the connection must end without one. */
  take(connection: Connection, packet: Published): Promise<void>;
}

type Judged = { ok: true; message: UpMessage } | { ok: false; reason: RefusalReason; isForeign: boolean };

/**
 * What a device may publish. A proven message on its own topic whose bytes are wrong is dropped and acknowledged all the same, lest a
 * broken trap sends it for ever; anything else ends the connection. A seal is good once: to be asked in the order of arrival.
 */
function judgePublish(connection: Connection, device: DeviceScope, packet: Published): Judged {
  if (packet.retain) return { ok: false, reason: "retained", isForeign: true };
  if (packet.qos === 2) return { ok: false, reason: "qos-2", isForeign: true };
  const topic = parseTopic(packet.topic);
  if (topic === null) return { ok: false, reason: "unknown-topic", isForeign: true };
  const isOwn = topic.tenant === device.tenantId && topic.device === device.deviceId && topic.direction === "up";
  if (!isOwn) return { ok: false, reason: "foreign-topic", isForeign: true };
  const record = connection.seal?.open(topic.name, Buffer.from(packet.payload).toString("latin1")) ?? null;
  if (record === null) return { ok: false, reason: "unproven", isForeign: true };
  const decoded = decodeUp(topic.name, record);
  return decoded.ok
    ? { ok: true, message: decoded.value }
    : { ok: false, reason: `message-${decoded.code}`, isForeign: false };
}

export function createPublishing(deps: PublishingDeps): Publishing {
  async function ingest(connection: Connection, device: DeviceScope, message: UpMessage, at: Date): Promise<void> {
    if (connection.state !== "open") throw new PublishError("connection-over");
    const work = () => deps.ingest(device, message, at);
    const answers = await (deps.isWrittenTogether?.(message) ? deps.turns.runBeside(work) : deps.turns.run(work));
    if (message.name === "hello") connection.session = { boot: message.value.boot, session: message.value.session };
    await Promise.all(answers.map((answer) => sendSealed(connection, answer)));
    if (message.name === "hello") connection.greet();
  }

  function breakOff(connection: Connection, error: unknown): PublishError {
    if (connection.state === "open") connection.state = "broken";
    if (error instanceof PublishError) return error;
    const facts = { err: error, deviceId: connection.device?.deviceId };
    deps.log.warn(facts, "message of a device not kept, connection ended");
    return new PublishError("not-kept", error);
  }

  return {
    take(connection, packet) {
      const { device } = connection;
      if (device === null) return Promise.reject(new PublishError("connection-over"));
      const receivedAt = deps.clock.now();
      // Nothing of a connection that is over is proven any more, or what it said before would be.
      if (connection.state !== "open") return Promise.reject(new PublishError("connection-over"));
      const judged = judgePublish(connection, device, packet);
      if (!judged.ok) {
        // The topic of a stranger is a stranger's text: it stays out of the log.
        deps.refusals.count(judged.reason, { tenantId: device.tenantId, deviceId: device.deviceId });
        if (judged.isForeign) return Promise.reject(breakOff(connection, new PublishError(judged.reason)));
      }
      if (judged.ok && judged.message.name === "hello") deps.connections.prove(connection);
      const done = connection.tail.then(async () => {
        if (!judged.ok) return;
        try {
          await ingest(connection, device, judged.message, receivedAt);
        } catch (error) {
          throw breakOff(connection, error);
        }
      });
      connection.tail = done.catch(() => undefined);
      return done;
    },
  };
}
