// Owns a cloud that is there already, with an account of its own for the bench. It is never restarted and nothing stands between it and
// the traps: suites that need that skip.
import { HilError } from "../../error.ts";
import { type BenchCloud, type CloudDesk, createDeskPerson, registerIdentity } from "./bench-cloud.ts";

export interface RemoteCloudOptions {
  url: string;
  factoryToken: string;
  email: string;
  password: string;
}

/** @throws HilError "cloud-unreachable" */
export async function openRemoteCloud(options: RemoteCloudOptions): Promise<BenchCloud> {
  const url = options.url.replace(/\/+$/, "");
  const { hostname, port, protocol } = new URL(url);
  await check(url);
  const { email, password, factoryToken } = options;
  const desk: CloudDesk = { url, factoryToken, account: { email, password }, hasAddresses: false };
  const door = { host: hostname, port: Number(port || (protocol === "https:" ? 443 : 80)), taps: undefined };
  return {
    url,
    process: undefined,
    openDoor: async () => ({ ...door, own: () => undefined, close: async () => undefined }),
    register: (identity) => registerIdentity(desk, identity),
    createPerson: (wish) => createDeskPerson(desk, wish),
    close: async () => undefined,
  };
}

const CHECK_MS_MAX = 10_000;

async function check(url: string): Promise<void> {
  try {
    const answer = await fetch(`${url}/api/v1/health`, { signal: AbortSignal.timeout(CHECK_MS_MAX) });
    await answer.arrayBuffer();
    if (answer.ok) return;
    throw new Error(`it answers ${answer.status}`);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const message = `The cloud at ${url} does not answer (${why}). Look at cloud.remote.url of the bench and at the network.`;
    throw new HilError("infrastructure", "cloud-unreachable", message, error);
  }
}
