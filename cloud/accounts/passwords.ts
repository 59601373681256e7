// Owns the hashing of people's passwords: argon2id, with parameters that are handed in, and equal work whether or not there is an
// account to compare with.
import { type Algorithm, hash, type Options, verify } from "@node-rs/argon2";

export interface PasswordCost {
  memoryKib: number;
  passes: number;
  lanes: number;
}

/** What OWASP recommends at least, as of 2025. */
export const PASSWORD_COST: PasswordCost = { memoryKib: 19_456, passes: 2, lanes: 1 };

export interface Passwords {
  hash(password: string): Promise<string>;
  /** Whether the password belongs to the hash; false for no hash at all, after the same work. */
  verify(passwordHash: string | null, password: string): Promise<boolean>;
}

export function createPasswords(cost: PasswordCost = PASSWORD_COST): Passwords {
  const options: Options = {
    // The enumeration exists in the types alone; 2 is argon2id.
    algorithm: 2 satisfies Algorithm.Argon2id,
    memoryCost: cost.memoryKib,
    timeCost: cost.passes,
    parallelism: cost.lanes,
  };
  let nobody: Promise<string> | undefined;
  return {
    hash: (password) => hash(password, options),
    async verify(passwordHash, password) {
      nobody ??= hash("nobody has this password", options);
      const isRight = await verify(passwordHash ?? (await nobody), password);
      return passwordHash !== null && isRight;
    },
  };
}
