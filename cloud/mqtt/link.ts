// Owns speaking to a device through the broker: one message to the one connection that has subscribed to it. Nothing is kept for a device
// that is not there; what matters lies in the database and is told again at its next hello.
import { downTopic, encodeDown } from "#protocol";
import type { Connections } from "./connections.ts";
import type { DeviceLink } from "./device-door.ts";

export function createLink(connections: Connections): DeviceLink {
  return {
    async send(device, message) {
      const connection = connections.find(device.credentialId);
      if (connection === null || connection.state !== "open") return;
      const topic = downTopic(device.tenantId, device.deviceId, message.name);
      if (!connection.filters.has(topic)) return;
      const payload = Buffer.from(encodeDown(message), "latin1");
      await new Promise<void>((resolve) => {
        connection.client.publish({ cmd: "publish", topic, payload, qos: 1, retain: false, dup: false }, () =>
          resolve(),
        );
        void connection.gone.then(resolve);
      });
    },
    disconnect: (device) => connections.revoke(device.credentialId),
  };
}
