// Owns the folder of a PostgreSQL server that a test run starts, and that neither outlives the run: not when it is ended early, and when
// it is killed, only until the next one.
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { clusterPath } from "../../cloud/db/embedded/embedded-cluster.ts";
import { findPostmaster, isAlive, stopPostmaster } from "../../cloud/db/embedded/postmaster.ts";
import { testLog } from "./test-log.ts";

const FOLDER_PREFIX = "trapline-test-";

/** For the data of a server, which belong into its folder `db`; those of runs that were killed are removed. */
export async function createServerFolder(): Promise<string> {
  await removeLeftovers();
  return fs.mkdtempSync(path.join(os.tmpdir(), `${FOLDER_PREFIX}${process.pid}-`));
}

/** How to stop the server and remove its folder. Should the process be ended before anybody does: at once, and without its data. */
export function keepUntilExit(folder: string, pid: number, stop = () => stopPostmaster(pid)): () => Promise<void> {
  const remove = () => fs.rmSync(folder, { recursive: true, force: true });
  const onExit = () => {
    if (isAlive(pid)) process.kill(pid, "SIGQUIT");
    remove();
  };
  process.once("exit", onExit);
  return async () => {
    await stop();
    process.off("exit", onExit);
    remove();
  };
}

/** Ends and removes the servers of runs that were killed. */
async function removeLeftovers(): Promise<void> {
  for (const name of fs.readdirSync(os.tmpdir())) {
    const pid = name.startsWith(FOLDER_PREFIX) ? Number.parseInt(name.slice(FOLDER_PREFIX.length), 10) : Number.NaN;
    if (!Number.isInteger(pid) || isAlive(pid)) continue;
    const folder = path.join(os.tmpdir(), name);
    try {
      const postmaster = await findPostmaster(clusterPath(path.join(folder, "db")));
      if (postmaster !== null) await stopPostmaster(postmaster.pid);
      fs.rmSync(folder, { recursive: true, force: true });
    } catch (error) {
      testLog.warn({ folder, err: error }, "left by a killed run of another user, and left there");
    }
  }
}
