// Owns what the bench reads from its surroundings when it starts. What a bench's file names by variable it looks up in `environment`.
import { hostname, userInfo } from "node:os";
import * as path from "node:path";

export interface HilConfig {
  stateFolder: string;
  owner: string;
  /** Colour is for terminals whose owner has not refused it (no-color.org). */
  colour: boolean;
  environment: NodeJS.ProcessEnv;
}

/** @param root the repository, beneath which the state is kept unless TRAPLINE_HIL_STATE names another folder */
export function readHilConfig(root: string, isTerminal: boolean, env: NodeJS.ProcessEnv = process.env): HilConfig {
  return {
    stateFolder: path.resolve(root, env.TRAPLINE_HIL_STATE || path.join(".trapline", "hil")),
    owner: `${findUser(env)}@${hostname()}`,
    colour: isTerminal && !env.NO_COLOR,
    environment: { ...env },
  };
}

/** A user without an entry in the password file has a number only; containers know such. */
function findUser(env: NodeJS.ProcessEnv): string {
  try {
    return userInfo().username;
  } catch (thrown) {
    if (!(thrown instanceof Error)) throw thrown;
    return env.USER || env.LOGNAME || `uid-${process.getuid?.() ?? "unknown"}`;
  }
}
