// The firmware of a run as files: which words the command line is given, that nothing is made twice, and what is told where it fails.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import * as assert from "uvu/assert";
import { counterOf, createFirmwareFiles } from "../../../hil/drivers/firmware-files.ts";
import { HilError } from "../../../hil/error.ts";
import { getRejection } from "../../support/rejection.ts";
import { suite } from "../../support/suite.ts";

const test = suite("firmware files");
let folder = "";
let asked: string[][] = [];

test.before.each(async () => {
  asked = [];
  folder = await mkdtemp(path.join(tmpdir(), "trapline-files-"));
});
test.after.each(() => rm(folder, { recursive: true }));

const TOLD = { version: "0.1.2", counter: 2, publicKey: "ab", firmwareSha256: "cd" };

/** A command line that writes what it was asked for. */
async function runTrapline(words: string[]): Promise<string[]> {
  asked.push(words);
  await writeFile(words[words.indexOf("--out") + 1] ?? "", words.join(" "));
  return ["npm warn something", JSON.stringify({ ok: true, ...TOLD })];
}

const files = (fault?: string) => createFirmwareFiles({ folder: path.join(folder, "images"), fault, runTrapline });

test("an update is the firmware under test with its counter in its version, made once however many boards ask", async () => {
  const one = files();
  const [first, second] = await Promise.all([one.update(2), one.update(2)]);
  assert.is(first, second);
  const file = path.join(folder, "images", "update-2.trapline");
  const words = ["firmware", "update", "--counter", "2", "--version", "0.1.2", "--out", file, "--json"];
  assert.equal(asked, [words]);
  assert.equal({ ...first, bytes: Buffer.from(first.bytes).toString() }, { ...TOLD, file, bytes: words.join(" ") });
});

test("a firmware that is broken on purpose is so in the image and in its updates, and stands beside the sound one", async () => {
  await files("drops-alerts").image();
  await files("drops-alerts").update(3);
  await files().image();
  assert.equal(
    asked.map((words) => [words.includes("--fault"), path.basename(words[words.indexOf("--out") + 1] ?? "")]),
    [
      [true, "drops-alerts-storage.bin"],
      [true, "drops-alerts-update-3.trapline"],
      [false, "storage.bin"],
    ],
  );
});

test("a program of the suite's own is written down and signed as it is, without a fault", async () => {
  await files("drops-alerts").program({ name: "crashing", program: "throw 1;", version: "0.1.2-crash", counter: 2 });
  const [words = []] = asked;
  assert.not.ok(words.includes("--fault"));
  assert.is(await readFile(words[words.indexOf("--bundle") + 1] ?? "", "utf8"), "throw 1;");
});

for (const [what, answer] of [
  ["it fails", () => Promise.reject(new Error("ended with 1; it said: no room"))],
  ["it says nothing", () => Promise.resolve([])],
  ["it says what is no answer", () => Promise.resolve(["{}"])],
  ["it says what is no JSON", () => Promise.resolve(["done"])],
] as const) {
  test(`where ${what}, the bench is told what to try by hand, and the next who asks tries again`, async () => {
    let tries = 0;
    const failing = createFirmwareFiles({
      folder,
      runTrapline: () => {
        tries += 1;
        return answer();
      },
    });
    const error = await getRejection(failing.image());
    if (!(error instanceof HilError)) throw error;
    assert.equal([error.kind, error.code], ["infrastructure", "firmware-not-made"]);
    assert.match(error.message, "npm run firmware -- image");
    await getRejection(failing.image());
    assert.is(tries, 2);
  });
}

for (const [version, counter] of [
  ["0.1.0-dev", 1],
  ["0.1.0-fault-drops-alerts", 1],
  ["0.1.2", 2],
  ["0.1.17-fault-never-confirms", 17],
  ["9.9", 1],
  ["", 1],
] as const) {
  test(`a trap that runs ${version || "nothing"} has counter ${counter}`, () => assert.is(counterOf(version), counter));
}

test("many boards that ask for one program at once all get it, and it is made once", async () => {
  const one = files();
  const wish = { name: "stranger", program: "print(1);", version: "0.1.2-stranger", counter: 2 };
  const all = await Promise.all(Array.from({ length: 16 }, () => one.program(wish)));
  assert.is(new Set(all).size, 1);
  assert.is(asked.length, 1);
});
