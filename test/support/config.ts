// The one place where the tests read the environment. It leaves to the callers what the values mean to them.

export interface TestConfig {
  /** With TRAPLINE_CI=1 everything must be installed: a test skipped for a missing package is a failure. */
  ci: boolean;
  /** A PostgreSQL server to use instead of starting one; its user must be allowed to create databases. */
  databaseUrl: string | undefined;
  /** Replays a random test; without it every run draws its own. */
  seed: number | undefined;
  /** The real interpreter's Linux build, best one with the ESP32's limits. Without it the tests that run on it are skipped. */
  espruinoBin: string | undefined;
  /** Espressif's own flashing tool as a command, such as "python3 /somewhere/esptool.py". Without it the tests that drive it are skipped. */
  esptool: string[] | undefined;
  /** A folder of NIST's vectors for SLH-DSA-SHA2-128s (ACVP, as BoringSSL keeps them: slhdsa_sha2_128s_sigver.txt and _siggen.txt). */
  slhDsaVectors: string | undefined;
}

export function parseTestConfig(env: NodeJS.ProcessEnv = process.env): TestConfig {
  return {
    ci: env.TRAPLINE_CI === "1",
    databaseUrl: env.DATABASE_URL || undefined,
    seed: Number(env.TRAPLINE_SEED) || undefined,
    espruinoBin: env.ESPRUINO_BIN || undefined,
    esptool: env.ESPTOOL?.split(" ").filter((part) => part !== ""),
    slhDsaVectors: env.SLH_DSA_VECTORS || undefined,
  };
}

/** The surroundings for a program of ours that a test starts: without the settings that would change what it does. */
export function createProgramEnvironment(env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const { DATABASE_URL: _database, NO_COLOR: _colour, ESPRUINO_BIN: _interpreter, ...rest } = env;
  return rest;
}
