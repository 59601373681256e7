// Which backup file a person means, and where the next one goes.
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as assert from "uvu/assert";
import {
  findFreePath,
  findNewestBackup,
  getBackup,
  getCheckpointPath,
  listCandidates,
  nameOf,
} from "../../../bin/db/backup-files.ts";
import { Problem } from "../../../bin/db/problem.ts";
import { getRejection } from "../../support/rejection.ts";
import { suite } from "../../support/suite.ts";

const test = suite("backup files");
let folder: string;

test.before.each(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "trapline-backups-"));
});
test.after.each(() => fs.rmSync(folder, { recursive: true, force: true }));

function write(...names: string[]): void {
  for (const name of names) {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), name);
  }
}

const CANDIDATES: [name: string, first: string][] = [
  ["backup_20251116_103045", "/kept/backup_20251116_103045.sql.gz"],
  ["backup_20251116_103045.sql.gz", "/kept/backup_20251116_103045.sql.gz"],
  ["./old/one", "/here/old/one.sql.gz"],
  ["../one.sql.gz", "/one.sql.gz"],
  ["/else/one", "/else/one.sql.gz"],
];

for (const [name, first] of CANDIDATES) {
  test(`${name} means ${first} before anything else`, () =>
    assert.is(listCandidates(name, "/here", "/kept")[0], first));
}

test("a name is found in the folder of backups, a path from where the person stands", async () => {
  write("kept/one.sql.gz", "here/one.sql.gz", "here/two.sql");
  const [here, kept] = [path.join(folder, "here"), path.join(folder, "kept")];
  assert.is(await getBackup("one", here, kept), path.join(kept, "one.sql.gz"));
  assert.is(await getBackup("./one", here, kept), path.join(here, "one.sql.gz"));
  assert.is(await getBackup("two.sql", here, kept), path.join(here, "two.sql"));
});

test("a name that is none is refused with the names there are", async () => {
  write("backup_20251116_103045.sql.gz", ".backup_x.sql.gz.1.partial", "notes.txt");
  const problem = await getRejection(getBackup("backup_2025", folder, folder));
  assert.ok(problem instanceof Problem);
  assert.is(problem.status, 2);
  assert.equal(problem.advice, ["the newest are backup_20251116_103045"]);
});

test("the next backup is called by its time, and two in one second are told apart", async () => {
  const at = new Date("2025-11-16T10:30:45.999Z");
  const first = await findFreePath(folder, at);
  assert.is(path.basename(first), "backup_20251116_103045.sql.gz");
  fs.writeFileSync(first, "");
  assert.is(nameOf(await findFreePath(folder, at)), "backup_20251116_103045_2");
});

test("the newest backup is found by its time; where there is no folder there is none", async () => {
  assert.is(await findNewestBackup(path.join(folder, "none")), null);
  write("a.sql.gz", "b.sql.gz");
  fs.utimesSync(path.join(folder, "a.sql.gz"), 2_000_000_000, 2_000_000_000);
  const newest = await findNewestBackup(folder);
  assert.is(newest?.name, "a");
  assert.is(newest?.bytes, 8);
});

test("the backup of a checkpoint is never written over", async () => {
  assert.is(path.basename(await getCheckpointPath(folder, "autumn")), "checkpoint_autumn.sql.gz");
  write("checkpoint_autumn.sql.gz");
  assert.ok((await getRejection(getCheckpointPath(folder, "autumn"))) instanceof Problem);
});
