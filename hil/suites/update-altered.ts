// The promises: what was changed on its way, or is older than what runs, is refused by the trap itself with its reason, and nothing of it is
// ever run [UPDATE-2] [UPDATE-3]. The cloud publishes no such file, so what it serves is changed behind it, chunk by chunk.
import { CODE_UPDATE_OUTDATED, CODE_UPDATE_UNSIGNED, CODE_UPDATE_WRONG_HASH, SIGNATURE_BYTES } from "#protocol";
import { ApiError } from "../drivers/cloud/api-client.ts";
import { type FirmwareFiles, FLASHED_COUNTER, type SignedFile } from "../drivers/firmware-files.ts";
import { StepFailure } from "../steps/failure.ts";
import type { StepContext } from "../steps/step.ts";
import { hurried } from "../strategy/patience.ts";
import type { Rig } from "../strategy/rig.ts";
import type { Suite } from "./suite.ts";
import { nextCounter, offerUpdate, type Refusal, seeRefused, serveInstead } from "./update-offers.ts";

const WITHIN_MS = 400_000;

/** A program as small as can be: what is refused needs no more, and is fetched in no time. */
const PROGRAM = 'print("TL 0 stranger");\n';

export const updateBadSignature: Suite = {
  name: "update-bad-signature",
  title: "An update whose signature is wrong is refused by the trap, and nothing of it runs",
  from: "online",
  withinMs: WITHIN_MS,
  run: (context, rig) =>
    offerAltered(context, rig, {
      alter: (bytes) => flip(bytes, endOfManifest(bytes) + SIGNATURE_BYTES / 2),
      refusal: { code: CODE_UPDATE_UNSIGNED, because: "its signature is not the key's" },
    }),
};

export const updateBadBytes: Suite = {
  name: "update-bad-bytes",
  title: "An update of which a single bit was changed is refused by the trap, and nothing of it runs",
  from: "online",
  withinMs: WITHIN_MS,
  run: (context, rig) =>
    offerAltered(context, rig, {
      alter: (bytes) => flip(bytes, bytes.length - 3),
      refusal: { code: CODE_UPDATE_WRONG_HASH, because: "its bytes are not those that were signed" },
    }),
};

export const updateDowngrade: Suite = {
  name: "update-downgrade",
  title: "A firmware older than what runs, though rightly signed, is refused by the trap, and nothing of it runs",
  from: "online",
  withinMs: WITHIN_MS,
  async run(context, rig) {
    const counter = await nextCounter(rig);
    const [newer, older] = await context.step("make a newer and an older firmware of one length", () =>
      Promise.all([makeStranger(rig.firmware, counter), makeStranger(rig.firmware, FLASHED_COUNTER)]),
    );
    serveInstead(context, rig, older.bytes);
    await hurried(rig, async () => {
      const offered = await offerUpdate(context, rig, newer);
      await seeRefused(context, rig, offered, { code: CODE_UPDATE_OUTDATED, because: "it is older than what runs" });
    });
  },
};

interface Alteration {
  alter(bytes: Uint8Array): Uint8Array;
  refusal: Refusal;
}

async function offerAltered(context: StepContext, rig: Rig, { alter, refusal }: Alteration): Promise<void> {
  const counter = await nextCounter(rig);
  const good = await context.step("make and sign a firmware", () => makeStranger(rig.firmware, counter));
  const altered = alter(good.bytes);
  await context.step("the cloud itself does not publish what was altered", () => seeNotPublished(rig, altered));
  serveInstead(context, rig, altered);
  await hurried(rig, async () => {
    const offered = await offerUpdate(context, rig, good);
    await seeRefused(context, rig, offered, refusal);
  });
}

async function seeNotPublished(rig: Rig, bytes: Uint8Array): Promise<void> {
  try {
    await rig.owner.publishFirmware(bytes);
  } catch (error) {
    if (error instanceof ApiError && error.status === 422) return;
    throw error;
  }
  throw new StepFailure("the cloud has published a firmware that no key has signed so");
}

/** Of counter and version together. */
const COUNTER_AND_VERSION_CHARS = 24;

/** Equally long whatever its counter: the version takes the place of its digits. */
export function makeStranger(firmware: FirmwareFiles, counter: number): Promise<SignedFile> {
  const version = `0.1.${counter}-stranger`.padEnd(COUNTER_AND_VERSION_CHARS - String(counter).length, "x");
  return firmware.program({ name: "stranger", program: PROGRAM, version, counter });
}

/** Where the signature begins. */
function endOfManifest(bytes: Uint8Array): number {
  return bytes.indexOf("\n".charCodeAt(0)) + 1;
}

function flip(bytes: Uint8Array, at: number): Uint8Array {
  const altered = Uint8Array.from(bytes);
  altered[at] = (bytes[at] ?? 0) ^ 1;
  return altered;
}
