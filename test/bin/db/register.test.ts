// The list of commands against what else names them: package.json, the README, their own help.
import * as fs from "node:fs";
import * as path from "node:path";
import * as assert from "uvu/assert";
import { readBinConfig } from "../../../bin/config.ts";
import { describeServer, parseAddress } from "../../../bin/db/address.ts";
import { Problem } from "../../../bin/db/problem.ts";
import { ENTRIES, formatExamples } from "../../../bin/db/register.ts";
import { suite } from "../../support/suite.ts";

const test = suite("the database's commands");
const ROOT = path.resolve(import.meta.dirname, "../../..");

test("each command is an npm script of the same name, and none is left over", () => {
  const { scripts } = JSON.parse(fs.readFileSync(path.join(ROOT, "package.json"), "utf8"));
  const named = Object.keys(scripts).filter((name) => /^(db|migrate):/.test(name));
  assert.equal(named.sort(), ENTRIES.map((entry) => entry.name).sort());
  for (const { name } of ENTRIES) assert.is(scripts[name], `node --import tsx bin/trapline.ts ${name}`);
});

test("each command is told of in the README", () => {
  const readme = fs.readFileSync(path.join(ROOT, "README.md"), "utf8");
  const missing = ENTRIES.filter((entry) => !readme.includes(`\`${entry.name}`));
  assert.equal(
    missing.map((entry) => entry.name),
    [],
  );
});

test("each command has an example that npm passes on as it stands", () => {
  for (const entry of ENTRIES) {
    const lines = formatExamples(entry).split("\n").slice(2);
    assert.ok(lines.length > 0, entry.name);
    for (const line of lines) assert.match(line, new RegExp(`^  npm run ${entry.name}( [^-\\s]\\S*| -- --.*)?$`));
  }
});

test("the scripts for people are executable and bash", () => {
  for (const name of ["backup-database.sh", "restore-database.sh"]) {
    const file = path.join(ROOT, "scripts", name);
    assert.is(fs.statSync(file).mode & 0o111, 0o111, name);
    assert.match(fs.readFileSync(file, "utf8"), /^#!\/usr\/bin\/env bash\n/);
  }
});

for (const text of [
  "mysql://a:geheim@b/c",
  "postgres://a:ge#heim@b:x/c",
  "localhost/trapline",
  "/run/postgresql trapline",
]) {
  test(`${text.slice(0, 8)}... is no address, and is not repeated [SECRET-1]`, () => {
    assert.throws(
      () => parseAddress(text),
      (error: unknown) =>
        error instanceof Problem && error.status === 2 && !`${error.message}${error.advice.join()}`.includes("heim"),
    );
  });
}

for (const [url, server] of [
  ["postgres://u:p@h/db", "h:5432"],
  ["postgres://u:p@h:6000/db", "h:6000"],
  ["postgres:///db?host=/run/postgresql&user=u", "/run/postgresql"],
  ["postgres://u@%2Frun%2Fpostgresql/db", "/run/postgresql"],
  ["postgres://u:p@h:1/db?host=other&port=2", "other:2"],
] as const) {
  test(`${url} is the server ${server}`, () => assert.is(describeServer(url), server));
}

for (const [env, because] of [
  [{}, null],
  [{ NODE_ENV: "development" }, null],
  [{ NODE_ENV: "test", TRAPLINE_ENVIRONMENT: "staging" }, null],
  [{ NODE_ENV: "production" }, "NODE_ENV=production"],
  [{ TRAPLINE_ENVIRONMENT: " Production " }, "TRAPLINE_ENVIRONMENT=Production"],
  [{ TRAPLINE_ENVIRONMENT: "prod" }, "TRAPLINE_ENVIRONMENT=prod"],
  [{ TRAPLINE_ENVIRONMENT: "development", NODE_ENV: "production" }, "NODE_ENV=production"],
] as const) {
  test(`${JSON.stringify(env)} is ${because === null ? "no " : ""}production`, () => {
    assert.is(readBinConfig(false, env).production, because);
  });
}

test("what npm kept for itself is noticed", () => {
  assert.is(readBinConfig(false, {}).npmKeptTo, false);
  assert.is(readBinConfig(false, { npm_config_to: "3" }).npmKeptTo, true);
  assert.is(readBinConfig(false, { npm_config_token_description: "3" }).npmKeptTo, true);
});
