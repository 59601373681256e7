// Owns the machine of everything a trap and the cloud settle over HTTP: claiming, refused credentials, the release after a reset.
// Pure but for the prover it is given; claim-effects.ts does what it asks.
//
// idle     nothing to settle.
// asking   a request is under way: first for a challenge, then the one it is for. Each answer brings the next challenge.
// waiting  nothing was ready or the cloud was out of reach; it asks again at `wakeAt`.
//
// claim    opens a window or redeems a code, then asks for credentials until there are some or the window has closed. An answer that
//          was lost is asked for again: the cloud gives credentials until their first use. One begun before a power cut is taken up
//          again at the question for credentials, since the person may have claimed the trap meanwhile.
// recheck  the broker refused the credentials: the cloud says, with its proof, whether they are to be replaced or let go [CLAIM-3].
//          Any other answer leaves everything as it is.
// release  the trap was reset; the cloud is told for as long as it takes, and before anything else.
import {
  CLAIMING_WINDOW_S,
  CODE_CLAIM_CODE_REFUSED,
  CODE_CLOUD_REFUSED,
  CODE_CLOUD_UNPROVEN,
  CODE_CLOUD_UNREACHABLE,
  CODE_OK,
  CODE_OWNED,
  CODE_WINDOW_CLOSED,
  claimAnswerText,
  claimRequestText,
  credentialsAnswerText,
  credentialsRequestText,
  decodeChallengeAnswer,
  decodeClaimAnswer,
  decodeCredentialsAnswer,
  decodeReleaseAnswer,
  encodeChallengeRequest,
  encodeClaimRequest,
  encodeProvenRequest,
  releaseAnswerText,
  releaseRequestText,
  sealText,
} from "#protocol";
import type { Outcome } from "../machine.ts";
import { decideBackoffMs } from "../session/backoff.ts";
import type { StoredCredentials } from "../store/settings.ts";
import { isSameProof, type Prover, prove, unseal } from "./proofs.ts";

export const POLL_MS = 2000;
/** A request that has not ended by then is given up; the network port ends them earlier. */
export const REQUEST_MS = 30000;
export const RETRY_MS_MAX = 10000;
export const RELEASE_RETRY_MS_MAX = 300000;
/** After the window there is time for a cloud that was out of reach meanwhile. */
export const CLAIM_MS_MAX = CLAIMING_WINDOW_S * 2000;
/** The session asks again soon enough. */
export const RECHECK_TRIES_MAX = 3;

export type Purpose = "none" | "claim" | "recheck" | "release";

export interface ClaimMachine {
  name: "idle" | "asking" | "waiting";
  purpose: Purpose;
  step: "challenges" | "claiming" | "credentials" | "release";
  /** For the request of this step. */
  challenge: string;
  code: string;
  /** The claim request was answered, or may have been: credentials are what is to be asked for. */
  announced: boolean;
  /** A claim to begin when the release has been told. */
  claimNext: boolean;
  /** Counts the requests, so that a late answer is known as such. */
  request: number;
  tries: number;
  begunAt: number;
  wakeAt: number;
}

export interface ClaimIdentity {
  serial: string;
  mac: string;
  prover: Prover;
}

export type ClaimInput =
  /** `announced`: it was under way when the power went. */
  | { name: "claim-wanted"; code: string; announced: boolean }
  | { name: "credentials-refused" }
  | { name: "reset-happened" }
  /** There is a network again: nobody needs to wait for the next try. */
  | { name: "network-joined" }
  /** `status` 0 if there was no answer. */
  | { name: "answer-came"; request: number; status: number; body: string }
  | { name: "time-passed" };

export type ClaimEffect =
  | { name: "ask"; request: number; step: ClaimMachine["step"]; body: string }
  | { name: "remember-claim"; code: string }
  | { name: "forget-claim" }
  | { name: "forget-release" }
  | { name: "take-credentials"; credentials: StoredCredentials }
  | { name: "let-go" }
  | { name: "tell"; status: string; code: number };

export function createClaim(): ClaimMachine {
  return {
    name: "idle",
    purpose: "none",
    step: "challenges",
    challenge: "",
    code: "",
    announced: false,
    claimNext: false,
    request: 0,
    tries: 0,
    begunAt: 0,
    wakeAt: 0,
  };
}

/** @param chance 0 to 65535 */
export function applyClaim(
  state: ClaimMachine,
  input: ClaimInput,
  now: number,
  chance: number,
  identity: ClaimIdentity,
): Outcome<ClaimMachine, ClaimEffect> {
  const next = Object.assign({}, state);
  const effects: ClaimEffect[] = [];
  switch (input.name) {
    case "claim-wanted":
      next.code = input.code;
      // A code is shown again: to the trap that redeemed it the cloud says the same as before.
      next.announced = input.announced && input.code === "";
      effects.push({ name: "remember-claim", code: input.code });
      if (next.purpose === "release") {
        next.claimNext = true;
        if (next.name === "waiting") begin(next, "release", now);
      } else begin(next, "claim", now);
      break;
    case "credentials-refused":
      if (next.purpose === "none") begin(next, "recheck", now);
      break;
    case "reset-happened":
      next.claimNext = false;
      begin(next, "release", now);
      break;
    case "network-joined":
      if (next.name !== "waiting") break;
      next.name = "asking";
      next.wakeAt = 0;
      break;
    case "answer-came":
      if (next.name === "asking" && input.request === next.request)
        applyAnswer(next, input, now, chance, identity, effects);
      break;
    default:
      if (next.wakeAt === 0 || now < next.wakeAt) break;
      if (next.name === "asking") retry(next, CODE_CLOUD_UNREACHABLE, now, chance, effects);
      else next.name = "asking";
  }
  if (next.name === "asking" && next.request === state.request && next.wakeAt <= now) ask(next, now, identity, effects);
  return { state: next, effects: effects };
}

/** From here on `wakeAt` of 0 says that the question is still to be put. */
function begin(n: ClaimMachine, purpose: Purpose, now: number): void {
  n.purpose = purpose;
  n.begunAt = now;
  n.tries = 0;
  goOn(n, "challenges");
}

function goOn(n: ClaimMachine, step: ClaimMachine["step"]): void {
  n.step = step;
  n.name = "asking";
  n.wakeAt = 0;
}

function end(n: ClaimMachine, effects: ClaimEffect[]): void {
  if (n.purpose === "claim") effects.push({ name: "forget-claim" });
  n.name = "idle";
  n.purpose = "none";
  n.wakeAt = 0;
  n.challenge = "";
  n.code = "";
}

function ask(n: ClaimMachine, now: number, identity: ClaimIdentity, effects: ClaimEffect[]): void {
  n.request++;
  n.wakeAt = now + REQUEST_MS;
  effects.push({ name: "ask", request: n.request, step: n.step, body: encodeQuestion(n, identity) });
}

function encodeQuestion(n: ClaimMachine, identity: ClaimIdentity): string {
  const asked = { serial: identity.serial, challenge: n.challenge, proof: "" };
  switch (n.step) {
    case "challenges":
      return encodeChallengeRequest({ serial: identity.serial });
    case "claiming": {
      const claim = Object.assign({ mac: identity.mac, code: n.code }, asked);
      claim.proof = prove(identity.prover, claimRequestText(claim));
      return encodeClaimRequest(claim);
    }
    default: {
      const said = n.step === "release" ? releaseRequestText(asked) : credentialsRequestText(asked);
      asked.proof = prove(identity.prover, said);
      return encodeProvenRequest(asked);
    }
  }
}

/** Try again later, from a fresh challenge; some purposes have an end to their patience. */
function retry(n: ClaimMachine, code: number, now: number, chance: number, effects: ClaimEffect[]): void {
  n.tries++;
  if (n.tries === 1) effects.push({ name: "tell", status: n.purpose + "-retry", code: code });
  const spent = n.purpose === "claim" ? now - n.begunAt >= CLAIM_MS_MAX : n.tries >= RECHECK_TRIES_MAX;
  if (spent && n.purpose !== "release") {
    effects.push({ name: "tell", status: n.purpose + "-failed", code: code });
    end(n, effects);
    return;
  }
  n.name = "waiting";
  n.step = "challenges";
  n.wakeAt = now + decideBackoffMs(n.tries, n.purpose === "release" ? RELEASE_RETRY_MS_MAX : RETRY_MS_MAX, chance);
}

function applyAnswer(
  n: ClaimMachine,
  input: { status: number; body: string },
  now: number,
  chance: number,
  identity: ClaimIdentity,
  effects: ClaimEffect[],
): void {
  let code = CODE_CLOUD_UNREACHABLE;
  if (input.status === 200) code = applyBody(n, input.body, now, identity, effects);
  else if (input.status > 0) code = CODE_CLOUD_REFUSED;
  if (code !== CODE_OK) retry(n, code, now, chance, effects);
}

/** What a whole answer says; a code if it says nothing one may believe. */
function applyBody(
  n: ClaimMachine,
  body: string,
  now: number,
  identity: ClaimIdentity,
  effects: ClaimEffect[],
): number {
  switch (n.step) {
    case "challenges": {
      const answer = decodeChallengeAnswer(body);
      if (!answer.ok) return CODE_CLOUD_REFUSED;
      n.challenge = answer.value.challenge;
      if (n.purpose === "release") goOn(n, "release");
      else goOn(n, n.purpose === "claim" && !n.announced ? "claiming" : "credentials");
      return CODE_OK;
    }
    case "claiming":
      return applyClaimBody(n, body, identity, effects);
    case "credentials":
      return applyCredentialsBody(n, body, now, identity, effects);
    default:
      return applyReleaseBody(n, body, now, identity, effects);
  }
}

function applyClaimBody(n: ClaimMachine, body: string, identity: ClaimIdentity, effects: ClaimEffect[]): number {
  const answer = decodeClaimAnswer(body);
  if (!answer.ok) return CODE_CLOUD_REFUSED;
  const said = claimAnswerText(identity.serial, n.challenge, answer.value);
  if (!isSameProof(prove(identity.prover, said), answer.value.proof)) return CODE_CLOUD_UNPROVEN;
  const status = answer.value.status;
  n.tries = 0;
  if (status === "owned" || status === "code-refused") {
    effects.push({ name: "tell", status: status, code: status === "owned" ? CODE_OWNED : CODE_CLAIM_CODE_REFUSED });
    end(n, effects);
    return CODE_OK;
  }
  effects.push({ name: "tell", status: status, code: CODE_OK });
  n.announced = true;
  n.challenge = answer.value.challenge;
  goOn(n, "credentials");
  return CODE_OK;
}

function applyCredentialsBody(
  n: ClaimMachine,
  body: string,
  now: number,
  identity: ClaimIdentity,
  effects: ClaimEffect[],
): number {
  const answer = decodeCredentialsAnswer(body);
  if (!answer.ok) return CODE_CLOUD_REFUSED;
  const said = credentialsAnswerText(identity.serial, n.challenge, answer.value);
  if (!isSameProof(prove(identity.prover, said), answer.value.proof)) return CODE_CLOUD_UNPROVEN;
  const asked = n.challenge;
  const status = answer.value.status;
  n.tries = 0;
  n.challenge = answer.value.challenge;
  if (answer.value.credentials) {
    const given = answer.value.credentials;
    const credentials: StoredCredentials = {
      tenant: given.tenant,
      device: given.device,
      host: given.host,
      port: given.port,
      user: given.user,
      password: unseal(identity.prover, given.sealed, sealText(identity.serial, asked)),
    };
    // Stored first, told next, forgotten as a claim last.
    effects.push({ name: "take-credentials", credentials: credentials });
    effects.push({ name: "tell", status: "ready", code: CODE_OK });
    end(n, effects);
  } else if (n.purpose === "claim" && status === "waiting") {
    n.step = "credentials";
    n.name = "waiting";
    n.wakeAt = now + POLL_MS;
  } else {
    if (n.purpose === "recheck" && status === "released") effects.push({ name: "let-go" });
    const code = status === "confirmed" ? CODE_OWNED : CODE_WINDOW_CLOSED;
    effects.push({ name: "tell", status: status, code: n.purpose === "claim" ? code : CODE_OK });
    end(n, effects);
  }
  return CODE_OK;
}

function applyReleaseBody(
  n: ClaimMachine,
  body: string,
  now: number,
  identity: ClaimIdentity,
  effects: ClaimEffect[],
): number {
  const answer = decodeReleaseAnswer(body);
  if (!answer.ok) return CODE_CLOUD_REFUSED;
  const said = releaseAnswerText(identity.serial, n.challenge, answer.value);
  if (!isSameProof(prove(identity.prover, said), answer.value.proof)) return CODE_CLOUD_UNPROVEN;
  effects.push({ name: "forget-release" });
  effects.push({ name: "tell", status: "release-told", code: CODE_OK });
  if (n.claimNext) {
    n.claimNext = false;
    begin(n, "claim", now);
  } else end(n, effects);
  return CODE_OK;
}
