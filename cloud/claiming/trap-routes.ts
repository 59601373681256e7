// Owns the HTTP a trap speaks before it has credentials, and when they are undone: flat records in plain POSTs, each proven with the
// trap's key over a challenge that is good once. Who is unknown and who lies get one and the same answer.
import type { Logger } from "pino";
import {
  type ClaimAnswer,
  type ClaimRequest,
  type CredentialsAnswer,
  claimAnswerText,
  claimRequestText,
  credentialsAnswerText,
  credentialsRequestText,
  type Decoded,
  decodeChallengeRequest,
  decodeClaimRequest,
  decodeProvenRequest,
  encodeChallengeAnswer,
  encodeClaimAnswer,
  encodeCredentialsAnswer,
  encodeReleaseAnswer,
  type ProvenRequest,
  RECORD_BYTES_MAX,
  type ReleaseAnswer,
  releaseAnswerText,
  releaseRequestText,
} from "#protocol";
import type { Clock } from "../clock.ts";
import type { TraplineDatabase } from "../db/connection.ts";
import type { Transaction } from "../db/tenant-transaction.ts";
import { networkOf } from "../http/address.ts";
import type { App } from "../http/app.ts";
import { ProblemError } from "../http/problems.ts";
import { type RateLimiter, refuseBeyond, type Taken } from "../http/rate-limit.ts";
import type { DeviceLink } from "../mqtt/device-door.ts";
import { type Challenges, createChallenges } from "./challenges.ts";
import {
  type ClaimStep,
  DeviceLimitError,
  type DevicesRoom,
  formatUuid,
  type Identity,
  PASSWORD_BYTES,
  type RandomBytes,
  secondsUntil,
} from "./claiming.ts";
import { openKey } from "./key-seal.ts";
import { createProof, hashPassword, isProven, sealPassword } from "./proofs.ts";
import { deleteWindow } from "./queries/delete-window.ts";
import { findIdentity } from "./queries/find-identity.ts";
import { findOwned } from "./queries/find-owned.ts";
import { insertUsedChallenge } from "./queries/insert-used-challenge.ts";
import { lockIdentity } from "./queries/lock-identity.ts";
import { openWindow } from "./queries/open-window.ts";
import { pickUp } from "./queries/pick-up.ts";
import { redeemCode } from "./queries/redeem-code.ts";

export interface TrapDoorDeps {
  db: TraplineDatabase;
  clock: Clock;
  log: Logger;
  randomBytes: RandomBytes;
  /** 32 bytes of the configuration. */
  sealKey: Uint8Array;
  link: DeviceLink;
  devices: DevicesRoom;
  /** Where traps find the broker. Asked at each pickup, since the port may be known only after the start. */
  getBroker(): { host: string; port: number };
  limits: { challengesByAddress: RateLimiter; countGuess(guesser: string, address: string): Taken };
}

/** A trap whose request was proven. */
interface Proven<M> {
  message: M;
  trap: Identity;
  key: Uint8Array;
}

type Door = TrapDoorDeps & { challenges: Challenges };

/** For serial numbers that nobody registered: their requests cost the same work. */
const NOBODYS_KEY = new Uint8Array(32);

export function registerTrapRoutes(app: App, deps: TrapDoorDeps): void {
  const door: Door = { ...deps, challenges: createChallenges(deps) };
  app.register(async (scope: App) => {
    // The contract's own scanner reads the body: JSON.parse would take more than a record is.
    scope.removeAllContentTypeParsers();
    const limit = { parseAs: "string", bodyLimit: 2 * RECORD_BYTES_MAX } as const;
    scope.addContentTypeParser<string>("application/json", limit, (_request, body, done) => done(null, body));
    registerChallenges(scope, door);
    registerClaiming(scope, door);
    registerCredentials(scope, door);
    registerRelease(scope, door);
  });
}

function registerChallenges(app: App, door: Door): void {
  app.post("/device/v1/challenges", async (request, reply) => {
    refuseBeyond(door.limits.challengesByAddress.take(networkOf(request.ip)));
    const { serial } = getDecoded(decodeChallengeRequest(request.body));
    reply.type("application/json");
    return encodeChallengeAnswer({ challenge: door.challenges.create(serial) });
  });
}

function registerClaiming(app: App, door: Door): void {
  app.post("/device/v1/claiming", async (request, reply) => {
    const asked = getDecoded(decodeClaimRequest(request.body));
    const proven = await getProven(door, asked, claimRequestText(asked), asked.mac);
    const address = networkOf(request.ip);
    const step = await inProvenTransaction(door, proven, (trx, now) => {
      if (asked.code === "") return openWindow(trx, proven.trap, address, now);
      refuseBeyond(door.limits.countGuess(`trap ${asked.serial}`, address));
      const redemption = { trap: proven.trap, code: asked.code, credentialId: formatUuid(door.randomBytes(16)), now };
      return redeemCode(trx, redemption, door.devices);
    }).catch(refuseBeyondPlan);
    door.log.info({ serialNumber: asked.serial, status: step.status }, "trap asked to be claimed");
    reply.type("application/json");
    return encodeClaimAnswer(answerClaim(door, proven, step));
  });
}

/** To the trap a code that its owner's plan no longer honours is a code that does not work; the code stays good for another day. */
function refuseBeyondPlan(error: unknown): ClaimStep {
  if (!(error instanceof DeviceLimitError)) throw error;
  return { status: "code-refused" };
}

function answerClaim(door: Door, { message, key }: Proven<ClaimRequest>, step: ClaimStep): ClaimAnswer {
  const expiresInS = "expiresAt" in step ? secondsUntil(step.expiresAt, door.clock.now()) : 0;
  const challenge = door.challenges.create(message.serial);
  const answer = { status: step.status, expiresInS, challenge, proof: "" };
  return { ...answer, proof: createProof(key, claimAnswerText(message.serial, message.challenge, answer)) };
}

function registerCredentials(app: App, door: Door): void {
  app.post("/device/v1/credentials", async (request, reply) => {
    const asked = getDecoded(decodeProvenRequest(request.body));
    const proven = await getProven(door, asked, credentialsRequestText(asked));
    const password = door.randomBytes(PASSWORD_BYTES);
    const hash = hashPassword(Buffer.from(password).toString("hex"));
    const pickup = await inProvenTransaction(door, proven, (trx, now) => pickUp(trx, proven.trap, hash, now));
    const answer: CredentialsAnswer = {
      status: pickup.status,
      challenge: door.challenges.create(asked.serial),
      credentials: null,
      proof: "",
    };
    if (pickup.status === "ready") {
      const { tenantId, deviceId, credentialId } = pickup.scope;
      const sealed = sealPassword(proven.key, asked.serial, asked.challenge, password);
      answer.credentials = { tenant: tenantId, device: deviceId, ...door.getBroker(), user: credentialId, sealed };
      door.log.info({ deviceId, serialNumber: asked.serial }, "credentials given to trap");
    }
    answer.proof = createProof(proven.key, credentialsAnswerText(asked.serial, asked.challenge, answer));
    reply.type("application/json");
    return encodeCredentialsAnswer(answer);
  });
}

function registerRelease(app: App, door: Door): void {
  app.post("/device/v1/release", async (request, reply) => {
    const asked = getDecoded(decodeProvenRequest(request.body));
    const proven = await getProven(door, asked, releaseRequestText(asked));
    const released = await inProvenTransaction(door, proven, async (trx, now) => {
      await deleteWindow(trx, proven.trap.macAddress);
      const owned = await findOwned(trx, proven.trap);
      return owned === null ? null : door.devices.releaseDevice(trx, { ...owned, now, userId: null });
    });
    if (released !== null) {
      door.link.disconnect(released);
      door.log.info({ deviceId: released.deviceId, serialNumber: asked.serial }, "device released by its own reset");
    }
    const answer: ReleaseAnswer = { status: released === null ? "unknown" : "released", proof: "" };
    answer.proof = createProof(proven.key, releaseAnswerText(asked.serial, asked.challenge, answer));
    reply.type("application/json");
    return encodeReleaseAnswer(answer);
  });
}

function getDecoded<T>(decoded: Decoded<T>): T {
  if (decoded.ok) return decoded.value;
  const { code, field } = decoded;
  const errors = field === "" ? undefined : [{ field, message: "is missing or not valid" }];
  throw new ProblemError("bad-record", { detail: `Refused with code ${code}${field && ` at ${field}`}.`, errors });
}

/** @throws ProblemError device-unproven: unknown, wrong proof, old or foreign challenge, another trap's MAC address, all alike */
async function getProven<M extends ProvenRequest>(
  door: Door,
  message: M,
  text: string,
  macAddress?: string,
): Promise<Proven<M>> {
  const known = await door.db.system((trx) => findIdentity(trx, message.serial));
  const key = known === undefined ? NOBODYS_KEY : openKey(door.sealKey, known.serialNumber, known.keySealed);
  const isRight = isProven(key, text, message.proof);
  const isFresh = door.challenges.isFresh(message.serial, message.challenge);
  const isSame = macAddress === undefined || macAddress === known?.macAddress;
  if (known === undefined || !isRight || !isFresh || !isSame) throw new ProblemError("device-unproven");
  const { keySealed: _sealed, registeredAt: _registered, ...trap } = known;
  return { message, trap, key };
}

/** Under the trap's lock, and only if the challenge was not used before; rolled back, it counts as not used. */
function inProvenTransaction<T>(
  door: Door,
  { message, trap }: Proven<ProvenRequest>,
  fn: (trx: Transaction, now: Date) => Promise<T>,
): Promise<T> {
  return door.db.system(async (trx) => {
    await lockIdentity(trx, trap.serialNumber);
    const now = door.clock.now();
    const { challenge } = message;
    const used = { challenge, serialNumber: trap.serialNumber, expiresAt: door.challenges.expiryOf(challenge), now };
    if (!(await insertUsedChallenge(trx, used))) throw new ProblemError("device-unproven");
    return fn(trx, now);
  });
}
