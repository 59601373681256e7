// Owns what the command line reads from its surroundings.

export interface BinConfig {
  /** Address of a PostgreSQL to use instead of the embedded one. */
  databaseUrl: string | undefined;
  /** Colour is for terminals whose owner has not refused it (no-color.org). */
  colour: boolean;
  /** The variable that says that this is production, as `NAME=value`; null where none does. */
  production: string | null;
  /** True where npm took `--to` for an option of its own: the command would not hear of it, and go elsewhere. */
  npmKeptTo: boolean;
  /** The real interpreter for Linux, and the surroundings to start it in; undefined where ESPRUINO_BIN names none. */
  interpreter: { bin: string; environment: NodeJS.ProcessEnv } | undefined;
}

const ENVIRONMENT_VARIABLES = ["TRAPLINE_ENVIRONMENT", "NODE_ENV"];
/** npm completes what it knows the beginning of. */
const TO_IN_NPM = ["npm_config_to", "npm_config_token_description"];

export function readBinConfig(isTerminal: boolean, env: NodeJS.ProcessEnv = process.env): BinConfig {
  const production = ENVIRONMENT_VARIABLES.find((name) => /^\s*prod(uction)?\s*$/i.test(env[name] ?? ""));
  return {
    databaseUrl: env.DATABASE_URL || undefined,
    colour: isTerminal && !env.NO_COLOR,
    production: production === undefined ? null : `${production}=${env[production]?.trim()}`,
    interpreter: env.ESPRUINO_BIN ? { bin: env.ESPRUINO_BIN, environment: { ...env } } : undefined,
    npmKeptTo: TO_IN_NPM.some((name) => env[name] !== undefined),
  };
}
