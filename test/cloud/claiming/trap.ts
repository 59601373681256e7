// A trap as far as claiming goes: it has an identity and signs what it says as the contract wants it, over HTTP alone. What the firmware
// makes of the answers is tested with the firmware.
import { createHmac, randomBytes } from "node:crypto";
import {
  type ClaimAnswer,
  type CredentialsAnswer,
  claimAnswerText,
  claimRequestText,
  credentialsAnswerText,
  credentialsRequestText,
  type Decoded,
  decodeChallengeAnswer,
  decodeClaimAnswer,
  decodeCredentialsAnswer,
  decodeReleaseAnswer,
  encodeChallengeRequest,
  encodeClaimRequest,
  encodeProvenRequest,
  type ReleaseAnswer,
  releaseAnswerText,
  releaseRequestText,
  sealText,
} from "#protocol";
import { type Answer, FACTORY_TOKEN, type Rooms } from "../http/rooms.ts";

export interface Trap {
  serial: string;
  mac: string;
  key: string;
  from: string;
  getChallenge(): Promise<string>;
  /** Ask to be claimed; every answer's proof is checked. */
  claim(code?: string): Promise<ClaimAnswer>;
  pickUp(): Promise<CredentialsAnswer & { password: string | null }>;
  release(): Promise<ReleaseAnswer>;
  /** The same requests as raw texts, for sending twice or changed. */
  claimText(challenge: string, changes?: { code?: string; mac?: string; key?: string; serial?: string }): string;
  provenText(purpose: "credentials" | "release", challenge: string, key?: string): string;
  post(path: string, text: string): Promise<Answer>;
}

let made = 0;

/** Register a new identity and return the trap that has it. */
export async function createTrap(rooms: Pick<Rooms, "ask">, options: { from?: string } = {}): Promise<Trap> {
  made += 1;
  const serial = `TL-TEST-${made}`;
  const mac = `24:0a:c4:00:${(made >> 8).toString(16).padStart(2, "0")}:${(made & 255).toString(16).padStart(2, "0")}`;
  const key = randomBytes(32).toString("hex");
  const body = { serialNumber: serial, macAddress: mac, key, hardware: "esp32-devkit", kind: "snap" };
  const answer = await rooms.ask({ url: "/api/v1/factory/devices", body, as: FACTORY_TOKEN });
  if (answer.status !== 201) throw new Error(`registering a trap answered ${answer.text}`);
  return createTrapOf(rooms, { serial, mac, key, from: options.from ?? "127.0.0.1" });
}

/** A trap with an identity of its own making; the cloud may never have heard of it. */
export function createTrapOf(rooms: Pick<Rooms, "ask">, identity: Pick<Trap, "serial" | "mac" | "key" | "from">): Trap {
  const { serial, mac, from } = identity;
  const prove = (text: string, key = identity.key) =>
    createHmac("sha256", Buffer.from(key, "hex")).update(text, "latin1").digest("hex");
  const post = (path: string, text: string) => rooms.ask({ url: `/device/v1/${path}`, body: text, from });

  async function getAnswer<T extends { proof: string }>(
    path: string,
    text: string,
    decode: (body: unknown) => Decoded<T>,
    proofText: (answer: T) => string,
  ): Promise<T> {
    const answer = getDecoded(path, await post(path, text), decode);
    if (answer.proof !== prove(proofText(answer))) throw new Error(`${path}: the cloud did not prove itself`);
    return answer;
  }

  const trap: Trap = {
    ...identity,
    post,
    async getChallenge() {
      const answer = await post("challenges", encodeChallengeRequest({ serial }));
      return getDecoded("challenges", answer, decodeChallengeAnswer).challenge;
    },
    claimText(challenge, changes = {}) {
      const said = { serial, mac, code: "", challenge, ...changes, proof: "" };
      return encodeClaimRequest({ ...said, proof: prove(claimRequestText(said), changes.key) });
    },
    provenText(purpose, challenge, key) {
      const said = { serial, challenge, proof: "" };
      const text = purpose === "release" ? releaseRequestText(said) : credentialsRequestText(said);
      return encodeProvenRequest({ ...said, proof: prove(text, key) });
    },
    async claim(code = "") {
      const challenge = await trap.getChallenge();
      const text = trap.claimText(challenge, { code });
      return getAnswer("claiming", text, decodeClaimAnswer, (answer) => claimAnswerText(serial, challenge, answer));
    },
    async pickUp() {
      const challenge = await trap.getChallenge();
      const text = trap.provenText("credentials", challenge);
      const answer = await getAnswer("credentials", text, decodeCredentialsAnswer, (one) =>
        credentialsAnswerText(serial, challenge, one),
      );
      if (answer.credentials === null) return { ...answer, password: null };
      const mask = Buffer.from(prove(sealText(serial, challenge)), "hex");
      const password = Buffer.from(answer.credentials.sealed, "hex").map((byte, index) => byte ^ mask[index]!);
      return { ...answer, password: Buffer.from(password).toString("hex") };
    },
    async release() {
      const challenge = await trap.getChallenge();
      const text = trap.provenText("release", challenge);
      return getAnswer("release", text, decodeReleaseAnswer, (one) => releaseAnswerText(serial, challenge, one));
    },
  };
  return trap;
}

function getDecoded<T>(path: string, answer: Answer, decode: (body: unknown) => Decoded<T>): T {
  if (answer.status !== 200) throw new Error(`${path} answered ${answer.status} ${answer.text}`);
  const decoded = decode(answer.text);
  if (!decoded.ok) throw new Error(`${path} answered what is no record: ${answer.text}`);
  return decoded.value;
}
