// Owns every error the HTTP doors can answer (RFC 9457), in one table: code, status, title. A route throws a ProblemError or lets
// something unforeseen fly; what is not in the table is answered as `internal`, and its cause is for the log alone [HTTP-1].

export const PROBLEMS = {
  // What any route may answer.
  "bad-request": [400, "The request cannot be understood"],
  "bad-json": [400, "The body is not valid JSON"],
  "bad-input": [400, "The request does not fit what this route takes"],
  "bad-record": [400, "The record is refused"],
  unauthenticated: [401, "Log in first"],
  forbidden: [403, "You may not do this"],
  "foreign-origin": [403, "The request comes from another site"],
  "not-found": [404, "There is nothing here"],
  "request-timeout": [408, "The request took too long to arrive"],
  "body-too-large": [413, "The body is too large"],
  "address-too-long": [414, "The address is too long"],
  "wrong-content-type": [415, "This kind of content is not taken here"],
  "too-many-requests": [429, "Too many requests"],
  "headers-too-large": [431, "The headers are too large"],
  internal: [500, "Something went wrong on our side"],
  unavailable: [503, "Not available just now"],
  // Accounts.
  "wrong-credentials": [401, "Email or password is wrong"],
  "email-taken": [409, "There is an account with this email"],
  // Claiming.
  "wrong-factory-token": [401, "The factory token is wrong"],
  "identity-conflict": [409, "This serial number or MAC address is registered with other data"],
  "device-unproven": [403, "The device is unknown or did not prove itself"],
  "window-not-found": [404, "No such trap is in claiming mode"],
  "device-limit-reached": [409, "The plan allows no further device"],
  "claim-taken": [409, "Somebody else has claimed this trap"],
  "claim-code-not-found": [404, "There is no such active claim code"],
  "claim-codes-exhausted": [409, "Too many claim codes are active"],
  // Devices.
  "device-not-found": [404, "There is no such device"],
  "device-unprovable": [409, "This device cannot prove itself, and so would never get new credentials"],
  "too-many-commands": [409, "Too many commands are waiting for an answer"],
  // Alerts and updates.
  "alert-not-found": [404, "There is no such alert"],
  "alert-resolved": [409, "The alert is already resolved"],
  "firmware-not-found": [404, "There is no such firmware"],
  "firmware-conflict": [409, "This version is published already, with other content"],
  "firmware-keys-missing": [409, "This cloud trusts no key for firmware yet"],
  "bad-firmware": [422, "This is no firmware that may be published"],
  "update-conflict": [409, "An update is already under way"],
  "update-outdated": [409, "The trap runs a newer firmware"],
} as const satisfies Record<string, readonly [status: number, title: string]>;

export type ProblemCode = keyof typeof PROBLEMS;

export interface ProblemFacts {
  /** One sentence for the person at the other end. */
  detail?: string;
  /** What is wrong with which field. */
  errors?: { field: string; message: string }[];
  retryAfterS?: number;
  /** For the log only. */
  cause?: unknown;
}

/** The body of an answer, application/problem+json. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  code: ProblemCode;
  detail?: string;
  errors?: { field: string; message: string }[];
}

export class ProblemError extends Error {
  override name = "ProblemError";
  readonly code: ProblemCode;
  readonly facts: ProblemFacts;
  constructor(code: ProblemCode, facts: ProblemFacts = {}) {
    super(facts.detail ?? PROBLEMS[code][1], { cause: facts.cause });
    this.code = code;
    this.facts = facts;
  }
}

/** The answer's body for a code of the table. Those of 500 and above never carry a detail. */
export function createProblem(code: ProblemCode, facts: ProblemFacts = {}): Problem {
  const [status, title] = PROBLEMS[code];
  const told = status < 500 ? { detail: facts.detail, errors: facts.errors } : {};
  return { type: `urn:trapline:problem:${code}`, title, status, code, ...told };
}
