// Looks at the embedded server from outside, and ends it: for whoever did not start it and may not know that it runs.
import { clusterPath, readPassword, resolveLinks } from "./embedded-cluster.ts";
import { connectWhenReady } from "./embedded-server.ts";
import { forgetKept, isAlone, isKept } from "./embedded-users.ts";
import { findPostmaster, type Postmaster, stopPostmaster } from "./postmaster.ts";

export interface RunningServer extends Postmaster {
  /** It stays when the last one leaves. */
  kept: boolean;
}

/** Null if no server runs on the data, or there are none. */
export async function findRunningServer(dataDir: string): Promise<RunningServer | null> {
  const folder = await resolveLinks(dataDir);
  const server = await findPostmaster(clusterPath(folder));
  return server === null ? null : { ...server, kept: await isKept(folder, server) };
}

/**
 * Ends the server and waits until its process is gone. `in-use`: somebody is in, and it was left alone.
 * @param force end it whoever is in, even if it does not answer
 * @throws DbStartError `data-owner`; what connecting throws, unless `force`
 */
export async function stopEmbeddedPostgres(
  dataDir: string,
  force: boolean,
): Promise<"stopped" | "not-running" | "in-use"> {
  const folder = await resolveLinks(dataDir);
  const server = await findPostmaster(clusterPath(folder));
  if (server === null) return "not-running";
  const password = await readPassword(folder);
  const client = force ? null : await connectWhenReady(server.pid, server.port, password);
  try {
    if (client !== null && !(await isAlone(client))) return "in-use";
    await stopPostmaster(server.pid);
    await forgetKept(folder);
    return "stopped";
  } finally {
    await client?.end().catch(() => undefined); // the server that it spoke to is gone
  }
}
