// What a hello settles and what the trap is told then; how settings are read back.
import * as assert from "uvu/assert";
import { CODE_OK, type Hello } from "#protocol";
import {
  type DeviceCommand,
  type DeviceConfig,
  decideHello,
  nextRevision,
  parseSettings,
} from "../../../cloud/devices/devices.ts";
import { suite } from "../../support/suite.ts";

const test = suite("device rules");
const NOW = new Date("2026-06-01T12:00:00Z");
const SETTINGS = { telemetryS: 60, confirmMs: 50, armDelayMs: 1000, buzzer: true };

function hello(changes: Partial<Hello> = {}): Hello {
  return {
    boot: "00000001deadbeef",
    session: 1,
    version: "1.0.0",
    sha256: "ab".repeat(32),
    hardware: "esp32-devkit",
    reason: CODE_OK,
    uptimeMs: 5_000,
    state: "armed",
    rev: 0,
    batteryMv: 3000,
    rssi: -60,
    ...changes,
  };
}

function command(id: number, name: DeviceCommand["command"], agoMs: number): DeviceCommand {
  const createdAt = new Date(NOW.getTime() - agoMs);
  return {
    id,
    command: name,
    createdAt,
    expiresAt: new Date(createdAt.getTime() + 60_000),
    answeredAt: null,
    code: null,
  };
}

function config(changes: Partial<DeviceConfig> = {}): DeviceConfig {
  return { desired: null, revision: 0, reported: null, reportedRevision: 0, ...changes };
}

test("commands that wait are sent in their order", () => {
  const open = [command(1, "identify", 20_000), command(2, "silence", 10_000)];
  const plan = decideHello(hello(), open, config(), NOW);
  assert.equal(plan, { rebooted: [], send: open, settings: null });
});

test("a trap that has started since a reboot was ordered is not rebooted again", () => {
  const open = [command(1, "reboot", 20_000), command(2, "identify", 20_000)];
  const plan = decideHello(hello({ uptimeMs: 5_000 }), open, config(), NOW);
  assert.equal(plan.rebooted, [1]);
  assert.equal(
    plan.send.map((one) => one.id),
    [2],
  );
});

test("a trap that has run since before a reboot was ordered is told", () => {
  const plan = decideHello(hello({ uptimeMs: 30_000 }), [command(1, "reboot", 20_000)], config(), NOW);
  assert.equal(plan.rebooted, []);
  assert.is(plan.send.length, 1);
});

const CONFIGS: [what: string, rev: number, config: DeviceConfig, told: number | null][] = [
  ["nothing was ever wished", 0, config(), null],
  ["nothing was wished of a trap with a past", 7, config(), null],
  ["the trap has what is wished", 3, config({ desired: SETTINGS, revision: 3 }), null],
  ["the trap is behind", 2, config({ desired: SETTINGS, revision: 3 }), 3],
  ["the trap was reset", 0, config({ desired: SETTINGS, revision: 3 }), 3],
  ["the trap comes with a higher number of another time", 9, config({ desired: SETTINGS, revision: 3 }), 10],
];
for (const [what, rev, known, told] of CONFIGS) {
  test(`when ${what}, ${told === null ? "no settings are sent" : `revision ${told} is sent`}`, () => {
    const plan = decideHello(hello({ rev }), [], known, NOW);
    assert.equal(plan.settings, told === null ? null : { rev: told, ...SETTINGS });
  });
}

test("a new revision is above whatever either side has", () => {
  assert.is(nextRevision(3, 0), 4);
  assert.is(nextRevision(3, 9), 10);
});

test("settings of another shape are read as none", () => {
  assert.equal(parseSettings({ ...SETTINGS, more: 1 }), SETTINGS);
  assert.is(parseSettings(null), null);
  assert.is(parseSettings({}), null);
  assert.is(parseSettings({ ...SETTINGS, buzzer: "yes" }), null);
  assert.is(parseSettings({ ...SETTINGS, telemetryS: "60" }), null);
});
