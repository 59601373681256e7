// Owns which ports the programs listen on: the usual ones if they are free, others if not, and a clear word if a wished one is taken.
import { createServer } from "node:net";

export const USUAL_PORTS = { page: 4700, api: 4701, mqtt: 4702, simulator: 4703 } as const;
export type PortName = keyof typeof USUAL_PORTS;

/** A port that somebody else holds though it was asked for by number. */
export class PortTakenError extends Error {
  readonly port: number;
  constructor(name: PortName, port: number) {
    super(
      `Port ${port} (${name}) is taken by another program. Stop that program, or choose another with --${name}-port N (0 takes any free one).`,
    );
    this.port = port;
  }
}

function probe(port: number): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE" || error.code === "EACCES") resolve(null);
      else reject(error);
    });
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(address && typeof address === "object" ? address.port : null));
    });
  });
}

/**
 * Choose the ports. A wished port must be free; a usual one that is taken is replaced by any free one and remarked upon.
 * @throws PortTakenError
 */
export async function choosePorts(
  wished: Partial<Record<PortName, number>>,
  remark: (text: string) => void,
): Promise<Record<PortName, number>> {
  const chosen = { page: 0, api: 0, mqtt: 0, simulator: 0 };
  for (const name of Object.keys(USUAL_PORTS) as PortName[]) {
    const wish = wished[name];
    const port = await probe(wish ?? USUAL_PORTS[name]);
    if (port !== null) {
      chosen[name] = port;
      continue;
    }
    if (wish !== undefined) throw new PortTakenError(name, wish);
    chosen[name] = (await probe(0)) ?? 0;
    remark(`port ${USUAL_PORTS[name]} (${name}) is taken; using ${chosen[name]}`);
  }
  return chosen;
}
