// Owns what the command line reads from its surroundings.

export interface BinConfig {
  /** Address of a PostgreSQL to use instead of the embedded one. */
  databaseUrl: string | undefined;
  /** Colour is for terminals whose owner has not refused it (no-color.org). */
  colour: boolean;
}

export function readBinConfig(isTerminal: boolean, env: NodeJS.ProcessEnv = process.env): BinConfig {
  return {
    databaseUrl: env.DATABASE_URL || undefined,
    colour: isTerminal && !env.NO_COLOR,
  };
}
