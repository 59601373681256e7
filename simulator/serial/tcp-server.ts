// Owns a board's connector as raw TCP: bytes as they are, no speed, no lines.
import { formatAddress, startOneClientServer } from "./one-client.ts";
import type { SerialConnector, SerialServer } from "./uart.ts";

/** @throws Error of the system if the port is taken */
export async function startTcpServer(connector: SerialConnector, port = 0): Promise<SerialServer> {
  const server = await startOneClientServer((client) => {
    const unsubscribe = connector.onSend((bytes) => client.write(bytes));
    return { received: (bytes) => connector.receive(bytes, undefined), ended: unsubscribe };
  }, port);
  return { address: formatAddress("tcp", server.port), stop: server.stop };
}
