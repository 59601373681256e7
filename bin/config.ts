// Owns what the command line reads from its surroundings.

export interface BinConfig {
  /** Address of a PostgreSQL to use instead of the embedded one. */
  databaseUrl: string | undefined;
  /** Colour is for terminals whose owner has not refused it (no-color.org). */
  colour: boolean;
}

export function readBinConfig(env: NodeJS.ProcessEnv, isTerminal: boolean): BinConfig {
  return {
    databaseUrl: env.DATABASE_URL || undefined,
    colour: isTerminal && !env.NO_COLOR,
  };
}
