// Tests simulator/config.ts and main.ts: the simulator as a program of its own, from its options to its end by a signal.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import * as assert from "uvu/assert";
import { encodeIdentity } from "#protocol";
import { ConfigError, parseSimulatorConfig } from "../../simulator/config.ts";
import { eventually } from "../support/eventually.ts";
import { suite } from "../support/suite.ts";
import { IDENTITY, readFixture } from "./fixture/fixture.ts";

const test = suite("simulator program");
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "trapline-simulator-"));
const identityFile = path.join(folder, "identity.json");
const storageFile = path.join(folder, "storage.bin");
const children: ChildProcess[] = [];

test.before(() => {
  fs.writeFileSync(storageFile, readFixture().storage);
  fs.writeFileSync(identityFile, `${encodeIdentity(IDENTITY)}\n`);
});
test.after(() => {
  for (const child of children) child.kill("SIGKILL");
  fs.rmSync(folder, { recursive: true, force: true });
});

test("without options it wants an identity, and the rest has its usual value", () => {
  const isConfigError = (error: unknown) => error instanceof ConfigError;
  assert.throws(() => parseSimulatorConfig([], {}), isConfigError);
  assert.equal(parseSimulatorConfig(["--identity", "i.json"], {}), {
    identityFile: "i.json",
    storageFile: ".trapline/firmware/storage.bin",
    imageFile: undefined,
    reflash: false,
    port: 0,
    ssid: "trapline",
    password: "mind-your-fingers",
    seed: undefined,
    speed: 1,
  });
});

test("options go before the environment", () => {
  const env = {
    TRAPLINE_IDENTITY: "env.json",
    TRAPLINE_SIMULATOR_PORT: "81",
    TRAPLINE_SSID: "env",
    TRAPLINE_IMAGE: "",
  };
  const config = parseSimulatorConfig(["--ssid", "option", "--seed", "5", "--reflash", "--speed", "60"], env);
  assert.equal(
    [config.identityFile, config.port, config.ssid, config.imageFile],
    ["env.json", 81, "option", undefined],
  );
  assert.equal([config.seed, config.reflash, config.speed], [5, true, 60]);
});

for (const args of [["--port", "70000"], ["--port", "x"], ["--seed", "-1"], ["--speed", "0"], ["--bite"], ["stray"]]) {
  test(`${args.join(" ")} is refused in words`, () => {
    try {
      parseSimulatorConfig(["--identity", "i", ...args], {});
      assert.unreachable("it was taken");
    } catch (error) {
      assert.instance(error, ConfigError);
    }
  });
}

interface Run {
  child: ChildProcess;
  output(): string;
}

function start(...args: string[]): Run {
  const main = fileURLToPath(new URL("../../simulator/main.ts", import.meta.url));
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", main, ...args], {
    cwd: root,
    env: {},
  });
  children.push(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (data) => {
      output += String(data);
    });
  }
  return { child, output: () => output };
}

test("it runs a trap, tells where its page is, prints its console, and ends on a signal", async () => {
  const image = path.join(folder, "flash.bin");
  const { child, output } = start(
    "--identity",
    identityFile,
    "--storage",
    storageFile,
    "--image",
    image,
    "--seed",
    "1",
  );
  const said = (text: string) => eventually(() => output().includes(text), { withinMs: 10_000, because: `"${text}"` });
  await said("boot serial=TL-TEST-0001");
  const address = /controls at (http:\/\/127\.0\.0\.1:\d+)/.exec(output())?.[1];
  const response = await fetch(`${address}/api/spring`, { method: "POST" });
  assert.is(response.status, 200);
  await said("sprung count=1");
  child.kill("SIGTERM");
  const [code] = (await once(child, "exit")) as [number | null];
  assert.is(code, 0, output());
  assert.is(fs.statSync(image).size, 4 * 1024 * 1024);
});

for (const [what, args, expected] of [
  ["no identity", [], "Tell the trap's identity"],
  ["a missing identity file", ["--identity", "/nowhere.json"], "Cannot read the trap's identity"],
  ["no Storage partition", ["--identity", identityFile, "--storage", "/nowhere.bin"], "npm run firmware -- image"],
  ["a broken identity", ["--identity", fileURLToPath(import.meta.url)], "is no identity: code"],
] as const) {
  test(`with ${what} it says so and exits with 1`, async () => {
    const { child, output } = start(...args);
    const [code] = (await once(child, "exit")) as [number | null];
    await eventually(() => output().includes(expected), { withinMs: 1000, because: "it says why" });
    assert.is(code, 1);
    assert.match(output(), "Options (environment variables in brackets)");
  });
}
