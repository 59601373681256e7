// Owns the account the embedded PostgreSQL runs as. PostgreSQL refuses to run as root, so root hands it to an
// unprivileged account that every machine has; anybody else runs it as themselves.
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { DbStartError } from "./db-start-error.ts";

export interface Account {
  uid: number;
  gid: number;
}

/** initdb looks its own name up, so a bare number would not do. */
const ACCOUNTS = ["postgres", "nobody"];

/**
 * Null: run as the user that runs this program. Otherwise the account for root to use: whoever owns the data already,
 * or one of `ACCOUNTS`.
 * @throws DbStartError `account-missing`, `data-owner`
 */
export async function findAccount(clusterDir: string): Promise<Account | null> {
  const owner = await fs.stat(clusterDir).catch(() => null);
  const uid = process.getuid?.();
  if (uid === undefined) return null;
  if (uid !== 0) {
    if (owner === null || owner.uid === uid) return null;
    throw new DbStartError(
      "data-owner",
      `the data in ${path.dirname(clusterDir)} belong to user ${owner.uid}, and you are user ${uid}: ` +
        "start as that user (or as root), or remove the folder to begin anew",
      { data: { clusterDir, owner: owner.uid, uid } },
    );
  }
  if (owner !== null && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const accounts = parsePasswd(await fs.readFile("/etc/passwd", "utf8").catch(() => ""));
  for (const name of ACCOUNTS) {
    const account = accounts.get(name);
    if (account !== undefined && account.uid !== 0) return account;
  }
  throw new DbStartError(
    "account-missing",
    "PostgreSQL does not run as root, and this machine has no account `postgres` or `nobody` to run it as: " +
      "create one (useradd --system postgres), start as an ordinary user, or set DATABASE_URL to a server of your own",
    { data: { accounts: ACCOUNTS } },
  );
}

export function parsePasswd(text: string): Map<string, Account> {
  const entries = text.split("\n").map((line) => line.split(":"));
  return new Map(
    entries.filter((e) => e.length >= 4).map((e) => [e[0] ?? "", { uid: Number(e[2]), gid: Number(e[3]) }]),
  );
}

/** Whether the account can enter `folder`: every folder above it, and it, has to let it through. */
export async function canEnter(account: Account, folder: string): Promise<boolean> {
  const real = await fs.realpath(folder);
  for (let current = real; ; current = path.dirname(current)) {
    const stat = await fs.stat(current);
    const shift = stat.uid === account.uid ? 6 : stat.gid === account.gid ? 3 : 0;
    if (((stat.mode >> shift) & 1) === 0) return false;
    if (current === path.dirname(current)) return true;
  }
}

/** The temporary folders of the machine that the account can enter, best first. */
export async function listOpenFolders(account: Account | null): Promise<string[]> {
  const open: string[] = [];
  for (const folder of new Set([os.tmpdir(), "/tmp", "/var/tmp"])) {
    const enters = account === null ? fs.access(folder).then(() => true) : canEnter(account, folder);
    if (await enters.catch(() => false)) open.push(folder);
  }
  return open;
}
