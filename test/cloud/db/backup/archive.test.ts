// What stands around a backup's rows: the head, the last line, the file. Damage of every kind is noticed, in every bit of it.
import * as crypto from "node:crypto";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import * as zlib from "node:zlib";
import * as assert from "uvu/assert";
import { writeArchive } from "../../../../cloud/db/backup/archive-file.ts";
import {
  type BackupHead,
  createBackupName,
  decodeHead,
  encodeHead,
  encodeMark,
  encodeTrailer,
  hasMark,
} from "../../../../cloud/db/backup/archive-text.ts";
import { type BackupFlaw, verifyBackup } from "../../../../cloud/db/backup/verify.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("backup archive");
const HEAD: BackupHead = {
  format: 1,
  takenAt: "2026-11-20T09:30:00.000Z",
  serverVersion: "15.18 (Debian 15.18-0+deb12u1)",
  tool: "pg_dump 15.18",
  version: 2,
  migrations: [
    { version: 1, name: "001_one", checksum: "a".repeat(64) },
    { version: 2, name: "002_two", checksum: "b".repeat(64) },
  ],
};
let folder: string;

test.before(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), "trapline-archive-"));
});
test.after(() => fs.rm(folder, { recursive: true, force: true }));

function createText(head = HEAD): string {
  const body = `${encodeHead(head)}${encodeMark("before")}${encodeMark("data")}${encodeMark("after")}SELECT 'ö';\n`;
  return body + encodeTrailer({ sha256: sha256(body), tables: 3, rows: 4 });
}

function sha256(text: string): string {
  return crypto.createHash("sha256").update(text).digest("hex");
}

async function writeText(text: string): Promise<string> {
  const file = path.join(folder, "text.sql.gz");
  const handle = await fs.open(file, "w");
  async function* chunks() {
    yield Buffer.from(text);
  }
  await writeArchive(file, handle, chunks()).finally(() => handle.close());
  return file;
}

async function judge(file: string): Promise<BackupFlaw | "ok"> {
  const verdict = await verifyBackup(file, { versionMax: 2 });
  return verdict.ok ? "ok" : verdict.reason;
}

async function judgeBytes(bytes: Buffer): Promise<BackupFlaw | "ok"> {
  const file = path.join(folder, "bytes.sql.gz");
  await fs.writeFile(file, bytes);
  return judge(file);
}

test("a whole file is told with all its facts, and any gzip reads it", async () => {
  const text = createText();
  const file = await writeText(text);
  const verdict = await verifyBackup(file, { versionMax: 2 });
  const facts = { ...HEAD, tables: 3, rows: 4, sha256: sha256(text.slice(0, text.lastIndexOf("\n-- ") + 1)) };
  assert.equal(verdict, { ok: true, facts });
  assert.is(zlib.gunzipSync(await fs.readFile(file)).toString(), text);
});

test("every byte counts, and every bit of those where gzip itself watches some only", async () => {
  const bytes = await fs.readFile(await writeText(createText()));
  const isEdge = (byte: number) => byte < 60 || byte > bytes.length - 12;
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    if (!isEdge(bit >> 3) && (bit & 7) !== (bit >> 3) % 8) continue;
    const flipped = Buffer.from(bytes);
    flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    assert.is.not(await judgeBytes(flipped), "ok", `bit ${bit}`);
  }
});

test("a file cut anywhere is refused as such, or as none at all", async () => {
  const bytes = await fs.readFile(await writeText(createText()));
  assert.is(await judgeBytes(Buffer.alloc(0)), "empty");
  for (let length = 1; length < bytes.length; length += 1) {
    assert.is(await judgeBytes(bytes.subarray(0, length)), "truncated", `${length} bytes`);
  }
});

test("what is no backup of ours, or is more than one, is refused with its reason", async () => {
  const bytes = await fs.readFile(await writeText(createText()));
  const noTrailer = createText().split("\n").slice(0, -2).join("\n");
  const wrongSum = createText().replace("SELECT", "DELETE");
  const table: [what: string, bytes: Buffer, flaw: BackupFlaw][] = [
    ["a byte more", Buffer.concat([bytes, Buffer.from([0])]), "longer"],
    ["twice the same", Buffer.concat([bytes, bytes]), "longer"],
    ["a foreign gzip", zlib.gzipSync("SELECT 1;"), "not-a-backup"],
    ["the text without gzip", Buffer.from(createText()), "not-a-backup"],
    ["compressed anew", zlib.gzipSync(createText()), "not-a-backup"],
    ["our file around something else", await fs.readFile(await writeText("SELECT 1;\n")), "not-a-backup"],
    ["a text without its last line", await fs.readFile(await writeText(noTrailer)), "truncated"],
    [
      "a text that ends within its last line",
      await fs.readFile(await writeText(createText().slice(0, -1))),
      "truncated",
    ],
    ["a line after the last", await fs.readFile(await writeText(`${createText()}SELECT 1;\n`)), "truncated"],
    ["an empty line after the last", await fs.readFile(await writeText(`${createText()}\n`)), "truncated"],
    ["a text that another was put for", await fs.readFile(await writeText(wrongSum)), "altered"],
    ["a newer format", await fs.readFile(await writeText(createText({ ...HEAD, format: 2 }))), "format-newer"],
    ["a newer schema", await fs.readFile(await writeText(createText({ ...HEAD, version: 3 }))), "schema-newer"],
  ];
  for (const [what, content, flaw] of table) assert.is(await judgeBytes(content), flaw, what);
  assert.is(await judge(path.join(folder, "nowhere.sql.gz")), "missing");
  assert.is(await judge(folder), "not-a-backup");
});

test("the head says what it was told, and says nothing where a line is missing", () => {
  const text = encodeHead(HEAD);
  assert.equal(decodeHead(text), { ok: true, head: HEAD });
  for (const name of ["format", "schema-version", "server", "tool", "taken-at"]) {
    const lines = text.split("\n").filter((line) => !line.includes(` ${name}=`));
    assert.is(decodeHead(lines.join("\n")).ok, false, name);
  }
  assert.throws(() => encodeHead({ ...HEAD, tool: "a\nb" }), /one line/);
});

test("SQL that looks like a line of ours is noticed at the beginning of a line alone", () => {
  assert.is(hasMark("SELECT 1;\n-- trapline-backup-end sha256="), true);
  assert.is(hasMark(encodeMark("data")), true);
  assert.is(hasMark("  -- trapline-backup section=data"), false);
});

test("a backup is called after the moment, in UTC", () => {
  assert.is(createBackupName(new Date("2026-01-02T03:04:05.678+01:00")), "backup_20260102_020405.sql.gz");
});
