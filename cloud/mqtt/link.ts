// Owns speaking to a device through the broker: one message, sealed, to the one connection that has proven itself to be the device's and
// has subscribed to it. Nothing is kept for a device that is not there; what matters lies in the database and is told again at its next hello.
import { type DownMessage, downTopic, encodeDown, encodeSessionStart } from "#protocol";
import type { Connection, Connections } from "./connections.ts";
import type { DeviceLink } from "./device-door.ts";

export function createLink(connections: Connections): DeviceLink {
  return {
    async send(device, message) {
      const connection = connections.find(device.credentialId);
      if (connection === null) return;
      // The answers to its hello come first, the welcome before them.
      await Promise.race([connection.greeted, connection.gone]);
      await sendSealed(connection, message);
    },
    disconnect: (device) => connections.revoke(device.credentialId),
  };
}

/** Sealed and handed to the broker in one go, so that the counts arrive as they grow. Resolves when it was written, or never will be. */
export async function sendSealed(connection: Connection, message: DownMessage): Promise<void> {
  const { device, seal, state } = connection;
  if (device === null || seal === null || seal.getSession() === null || state !== "open") return;
  const topic = downTopic(device.tenantId, device.deviceId, message.name);
  if (connection.filters.has(topic)) await write(connection, topic, seal.close(message.name, encodeDown(message)));
}

/** Our part of the connection's key, to whoever has the credentials: it tells nothing. */
export async function sendSessionStart(connection: Connection): Promise<void> {
  const { device, seal, state } = connection;
  if (device === null || seal === null || state !== "open") return;
  const topic = downTopic(device.tenantId, device.deviceId, "session");
  if (connection.filters.has(topic)) await write(connection, topic, encodeSessionStart({ nonce: seal.nonce }));
}

async function write(connection: Connection, topic: string, text: string): Promise<void> {
  const payload = Buffer.from(text, "latin1");
  await new Promise<void>((resolve) => {
    connection.client.publish({ cmd: "publish", topic, payload, qos: 1, retain: false, dup: false }, () => resolve());
    void connection.gone.then(resolve);
  });
}
