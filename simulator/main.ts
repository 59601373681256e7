// Owns the simulator as a program: reads its configuration, starts one trap with power, prints its console, and stops it on a signal.
import { randomInt } from "node:crypto";
import * as fs from "node:fs";
import { decodeIdentity, type Identity } from "#protocol";
import { createWallClock } from "./board/clock.ts";
import { createSimulator } from "./compose.ts";
import { ConfigError, parseSimulatorConfig, SIMULATOR_USAGE, type SimulatorConfig } from "./config.ts";

function readFile(file: string, what: string): Buffer {
  try {
    return fs.readFileSync(file);
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new ConfigError(`Cannot read ${what}: ${reason}`);
  }
}

function readIdentity(file: string): Identity {
  const decoded = decodeIdentity(readFile(file, "the trap's identity").toString("latin1").trim());
  if (decoded.ok) return decoded.value;
  throw new ConfigError(`${file} is no identity: code ${decoded.code}${decoded.field ? ` at "${decoded.field}"` : ""}`);
}

async function run(config: SimulatorConfig): Promise<void> {
  const seed = config.seed ?? randomInt(0x1_0000_0000);
  const simulator = await createSimulator({
    identity: readIdentity(config.identityFile),
    storage: readFile(config.storageFile, "the Storage partition (`npm run firmware -- image` makes one)"),
    wifi: { ssid: config.ssid, password: config.password },
    clock: createWallClock({ speed: config.speed }),
    controlPort: config.port,
    ...(config.imageFile === undefined ? {} : { imageFile: config.imageFile }),
    reflash: config.reflash,
    seed,
  });
  const stop = () => {
    void simulator.stop().then(() => process.exit(0));
  };
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  console.log(`trap ${simulator.trap.identity.serial}, seed ${seed}, controls at ${simulator.address}`);
  simulator.trap.onConsoleLine((entry) => console.log(entry.line));
  simulator.trap.powerOn();
}

try {
  await run(parseSimulatorConfig());
} catch (thrown) {
  if (thrown instanceof ConfigError) console.error(`${thrown.message}\n\n${SIMULATOR_USAGE}`);
  else console.error(thrown);
  process.exitCode = 1;
}
