// What the environment may say, and that every mistake is told at once, without telling a secret.
import * as assert from "uvu/assert";
import { parseConfig } from "../../cloud/config.ts";
import { suite } from "../support/suite.ts";

const test = suite("config");
const SEAL_KEY = "ab".repeat(32);
const LEAST = { DATABASE_URL: "postgres://u:p@h/db", TRAPLINE_SEAL_KEY: SEAL_KEY };

function problemsOf(env: Record<string, string>): string[] {
  const parsed = parseConfig(env);
  return parsed.ok ? [] : parsed.problems;
}

test("a database and a seal key are enough, the rest has defaults", () => {
  const parsed = parseConfig(LEAST);
  assert.ok(parsed.ok);
  assert.equal(parsed.config, {
    databaseUrl: "postgres://u:p@h/db",
    databaseUrls: null,
    databasePoolMax: 15,
    httpHost: "127.0.0.1",
    httpPort: 8080,
    mqttHost: "127.0.0.1",
    mqttPort: 1883,
    publicMqttHost: null,
    publicMqttPort: null,
    factoryToken: null,
    firmwareKeys: [],
    sealKey: SEAL_KEY,
    trustProxy: [],
    frameAncestors: [],
    retention: { device_events: 25, audit_logs: 37, activity_logs: 13 },
    logLevel: "info",
  });
});

test("every variable is read", () => {
  const parsed = parseConfig({
    ...LEAST,
    TRAPLINE_DATABASE_POOL_MAX: "3",
    TRAPLINE_HTTP_HOST: "0.0.0.0",
    TRAPLINE_HTTP_PORT: "0",
    TRAPLINE_MQTT_HOST: "::",
    TRAPLINE_MQTT_PORT: "18830",
    TRAPLINE_PUBLIC_MQTT_HOST: "traps.example",
    TRAPLINE_PUBLIC_MQTT_PORT: "443",
    TRAPLINE_FACTORY_TOKEN: "a-token-of-the-factory",
    TRAPLINE_FIRMWARE_KEYS: `${"0a".repeat(32)}, ${"b1".repeat(32)}`,
    TRAPLINE_TRUST_PROXY: "10.0.0.0/8, ::1",
    TRAPLINE_FRAME_ANCESTORS: "http://127.0.0.1:4700,https://pages.example",
    TRAPLINE_LOG_LEVEL: "silent",
  });
  assert.ok(parsed.ok);
  const { config } = parsed;
  assert.equal([config.databasePoolMax, config.httpPort, config.mqttPort, config.publicMqttPort], [3, 0, 18830, 443]);
  assert.equal([config.httpHost, config.mqttHost, config.publicMqttHost], ["0.0.0.0", "::", "traps.example"]);
  assert.equal(config.trustProxy, ["10.0.0.0/8", "::1"]);
  assert.equal(config.frameAncestors, ["http://127.0.0.1:4700", "https://pages.example"]);
  assert.equal([config.factoryToken, config.logLevel], ["a-token-of-the-factory", "silent"]);
  assert.equal(config.firmwareKeys, ["0a".repeat(32), "b1".repeat(32)]);
});

const ROLES = {
  TRAPLINE_APP_DATABASE_URL: "postgres://a:p@h/db",
  TRAPLINE_INGEST_DATABASE_URL: "postgres://i:p@h/db",
  TRAPLINE_SYSTEM_DATABASE_URL: "postgresql://s:p@h/db",
};

test("the addresses of all three roles do without the owner's, which may be given beside them", () => {
  const urls = { app: "postgres://a:p@h/db", ingest: "postgres://i:p@h/db", system: "postgresql://s:p@h/db" };
  const alone = parseConfig({ ...ROLES, TRAPLINE_SEAL_KEY: SEAL_KEY });
  assert.ok(alone.ok);
  assert.equal([alone.config.databaseUrl, alone.config.databaseUrls], [null, urls]);
  const beside = parseConfig({ ...LEAST, ...ROLES });
  assert.ok(beside.ok);
  assert.equal([beside.config.databaseUrl, beside.config.databaseUrls], [LEAST.DATABASE_URL, urls]);
});

test("addresses of some of the roles are a mistake that names the others", () => {
  const { TRAPLINE_INGEST_DATABASE_URL: _left, ...two } = ROLES;
  const [problem, ...others] = problemsOf({ ...LEAST, ...two });
  assert.match(problem ?? "", /^TRAPLINE_INGEST_DATABASE_URL missing; give all of TRAPLINE_APP_DATABASE_URL, /);
  assert.equal(others, []);
  const wrong = problemsOf({ ...LEAST, ...ROLES, TRAPLINE_APP_DATABASE_URL: "mysql://h/db" });
  assert.equal(wrong, ["TRAPLINE_APP_DATABASE_URL must be a postgres:// address"]);
});

test("all that is missing or wrong is named at once", () => {
  const problems = problemsOf({ TRAPLINE_HTTP_PORT: "65536", TRAPLINE_LOG_LEVEL: "loud" });
  assert.is(problems.length, 4);
  for (const name of ["DATABASE_URL", "TRAPLINE_SEAL_KEY", "TRAPLINE_HTTP_PORT", "TRAPLINE_LOG_LEVEL"]) {
    assert.ok(
      problems.some((problem) => problem.startsWith(`${name} `)),
      name,
    );
  }
});

const WRONG: [name: string, text: string][] = [
  ["DATABASE_URL", "mysql://h/db"],
  ["TRAPLINE_SEAL_KEY", "AB".repeat(32)],
  ["TRAPLINE_SEAL_KEY", "ab".repeat(31)],
  ["TRAPLINE_HTTP_PORT", "80a"],
  ["TRAPLINE_HTTP_PORT", "-1"],
  ["TRAPLINE_MQTT_PORT", "1e3"],
  ["TRAPLINE_PUBLIC_MQTT_PORT", "0"],
  ["TRAPLINE_PUBLIC_MQTT_HOST", "two words"],
  ["TRAPLINE_DATABASE_POOL_MAX", "0"],
  ["TRAPLINE_FACTORY_TOKEN", "short"],
  ["TRAPLINE_FIRMWARE_KEYS", "release.pub"],
  ["TRAPLINE_FIRMWARE_KEYS", "ab".repeat(31)],
  ["TRAPLINE_FIRMWARE_KEYS", "AB".repeat(32)],
  ["TRAPLINE_FIRMWARE_KEYS", `${"ab".repeat(32)},`],
  ["TRAPLINE_FIRMWARE_KEYS", Array.from({ length: 9 }, (_, i) => `${i}b`.repeat(32)).join(",")],
  ["TRAPLINE_TRUST_PROXY", "10.0.0.0/33"],
  ["TRAPLINE_TRUST_PROXY", "everybody"],
  ["TRAPLINE_TRUST_PROXY", "::::"],
  ["TRAPLINE_FRAME_ANCESTORS", "http://a;script-src *"],
  ["TRAPLINE_FRAME_ANCESTORS", "*"],
];
for (const [name, text] of WRONG) {
  test(`${name} may not be ${text.length > 40 ? `${text.slice(0, 8)}...` : text}, and the problem does not repeat it`, () => {
    const problems = problemsOf({ ...LEAST, [name]: text });
    assert.is(problems.length, 1);
    assert.ok(problems[0]?.startsWith(`${name} must be`), problems[0]);
    if (text.length > 3) assert.not.ok(problems[0]?.includes(text), problems[0]);
  });
}
