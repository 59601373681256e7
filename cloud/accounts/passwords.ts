// Owns the hashing of people's passwords: argon2id, with parameters that are handed in, and equal work whether or not there is an
// account to compare with. The bcrypt of the mousetrap days is understood, never made.
import { type Algorithm, hash, type Options, verify } from "@node-rs/argon2";
import { compare } from "bcryptjs";

export interface PasswordCost {
  memoryKib: number;
  passes: number;
  lanes: number;
}

/** What OWASP recommends at least, as of 2025. */
export const PASSWORD_COST: PasswordCost = { memoryKib: 19_456, passes: 2, lanes: 1 };

export interface Passwords {
  hash(password: string): Promise<string>;
  /** Whether the password belongs to the hash; false for no hash at all and for one of another form, after the same work. */
  verify(passwordHash: string | null, password: string): Promise<boolean>;
  /** Made in the mousetrap days: to be made anew when the password is known. */
  isOld(passwordHash: string): boolean;
}

const BCRYPT = /^\$2[aby]?\$(?:0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}$/;
const ARGON2ID = /^\$argon2id\$v=\d+\$m=\d+,t=\d+,p=\d+\$[+/A-Za-z0-9]+\$[+/A-Za-z0-9]+$/;

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
      if (passwordHash !== null && BCRYPT.test(passwordHash)) return compare(password, passwordHash);
      nobody ??= hash("nobody has this password", options);
      const known = passwordHash !== null && ARGON2ID.test(passwordHash) ? passwordHash : null;
      const isRight = await verify(known ?? (await nobody), password);
      return known !== null && isRight;
    },
    isOld: (passwordHash) => BCRYPT.test(passwordHash),
  };
}
