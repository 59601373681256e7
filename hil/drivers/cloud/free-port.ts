// Owns finding a port that nobody listens on, below those that systems hand out for connections: what is restarted finds it free again.
import { randomInt } from "node:crypto";
import { createServer } from "node:net";
import { HilError } from "../../error.ts";

const PORT_MIN = 20_000;
const PORT_MAX = 32_000;
const TRIES = 50;

/** True if somebody could listen there a moment ago. */
export function isFreePort(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}

/** @throws HilError "no-free-port" */
export async function findFreePort(host: string): Promise<number> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const port = randomInt(PORT_MIN, PORT_MAX);
    if (await isFreePort(host, port)) return port;
  }
  const message = `Nothing can listen on ${host}: of ${TRIES} ports from ${PORT_MIN} on none could be opened. Look whether ${host} is an address of this machine.`;
  throw new HilError("infrastructure", "no-free-port", message);
}
