// Owns what the suites about updates share: making the next firmware of a board, offering it, seeing how it ends on the trap's console and in
// the cloud, and serving the trap other bytes than it was offered.
import { CODE_OK, FIRMWARE_CHUNK_BYTES } from "#protocol";
import type { FirmwareDto, UpdateDto } from "../drivers/cloud/person.ts";
import type { TapMessage } from "../drivers/cloud/tap-messages.ts";
import { counterOf, type SignedFile } from "../drivers/firmware-files.ts";
import { StepFailure } from "../steps/failure.ts";
import type { StepContext } from "../steps/step.ts";
import { choosePatienceMs } from "../strategy/patience.ts";
import type { Rig } from "../strategy/rig.ts";
import { findOwnDevice } from "./own-device.ts";

/** An update under way. */
export interface Offered {
  update: UpdateDto;
  firmware: FirmwareDto;
  file: SignedFile;
  /** Of the console, just before the offer. */
  mark: number;
  /** What the trap ran then. */
  sha256Before: string;
}

/** A counter above that of what the board runs. */
export async function nextCounter(rig: Rig): Promise<number> {
  const { firmwareVersion } = await findOwnDevice(rig);
  return counterOf(firmwareVersion ?? "") + 1;
}

export function offerUpdate(context: StepContext, rig: Rig, file: SignedFile): Promise<Offered> {
  const inputs = { version: file.version, counter: file.counter, bytes: file.bytes.length };
  return context.step(
    "publish the firmware and offer it",
    async () => {
      const { firmwareSha256 } = await findOwnDevice(rig);
      const firmware = await rig.owner.publishFirmware(file.bytes);
      const mark = rig.console.mark();
      const update = await rig.owner.offerUpdate(rig.deviceId, firmware.id);
      return { update, firmware, file, mark, sha256Before: firmwareSha256 ?? "" };
    },
    { inputs },
  );
}

/** What the cloud tells of an update. @throws StepFailure where it knows of none */
export async function findUpdate(rig: Rig, id: string): Promise<UpdateDto> {
  const found = (await rig.owner.listUpdates(rig.deviceId)).find((update) => update.id === id);
  if (found === undefined) throw new StepFailure(`the cloud lists no update ${id} of this trap`);
  return found;
}

/** Waits until the cloud says so of the update. */
export function seeUpdate(
  context: StepContext,
  rig: Rig,
  offered: Offered,
  wanted: { status: string; code?: number },
  withinMs: number,
): Promise<UpdateDto> {
  let seen: UpdateDto | undefined;
  const probe = async () => {
    seen = await findUpdate(rig, offered.update.id);
    const fits = seen.status === wanted.status && (wanted.code === undefined || seen.code === wanted.code);
    return fits ? seen : undefined;
  };
  const what = wanted.code === undefined ? wanted.status : `${wanted.status} with code ${wanted.code}`;
  const lastSeen = () => [seen === undefined ? "nothing" : `status ${seen.status}, code ${seen.code}`];
  return context.wait(`the cloud to call the update ${what}`, probe, { withinMs, everyMs: 100, lastSeen });
}

/** The trap says so of the update on its console. */
export async function hearPhase(rig: Rig, from: number, phase: string, withinMs: number) {
  return rig.console.see(
    from,
    `update phase=${phase}`,
    withinMs,
    (line) => line.name === "update" && line.fields.phase === phase,
  );
}

/** From the offer to the trap's own word that it believes all of it. Fetching takes most: on a board about half a minute. */
export function seeVerified(context: StepContext, rig: Rig, offered: Offered): Promise<void> {
  return context.step("the trap fetches all of it and believes it", async () => {
    const withinMs = choosePatienceMs(rig, 180_000, 30_000);
    await hearPhase(rig, offered.mark, "verified", withinMs);
    const { status } = await findUpdate(rig, offered.update.id);
    if (status === "booted") throw new StepFailure("the cloud calls the update done before the trap has started it");
  });
}

export interface Refusal {
  /** Of the contract: what the trap is to say. */
  code: number;
  because: string;
}

/** The trap itself refuses, says why, and is as it was: also after its next boot. */
export async function seeRefused(context: StepContext, rig: Rig, offered: Offered, refusal: Refusal): Promise<void> {
  const withinMs = choosePatienceMs(rig, 180_000, 20_000);
  await context.step(
    `the trap refuses it: ${refusal.because}`,
    async () => {
      const line = await rig.console.see(
        offered.mark,
        "update phase=refused, or verified",
        withinMs,
        ({ name, fields }) => name === "update" && (fields.phase === "refused" || fields.phase === "verified"),
      );
      const { phase, code } = line.fields;
      if (phase === "verified") throw new StepFailure("the trap believes it, and will start it");
      if (Number(code) !== refusal.code) {
        throw new StepFailure(`the trap refused with code ${code}, expected ${refusal.code}`);
      }
      return { code: Number(code) };
    },
    { inputs: { code: refusal.code } },
  );
  await context.step("the cloud hears why", () =>
    seeUpdate(context, rig, offered, { status: "refused", code: refusal.code }, choosePatienceMs(rig, 30_000, 15_000)),
  );
  await seeUnchanged(context, rig, offered);
}

/** Nothing was started meanwhile, and the next boot starts what ran before, confirmed. */
export function seeUnchanged(context: StepContext, rig: Rig, offered: Offered): Promise<void> {
  return context.step("nothing has changed: after a reboot it runs what it ran", async () => {
    const withinMs = choosePatienceMs(rig, 60_000, 15_000);
    const mark = rig.console.mark();
    await rig.console.order("reboot");
    const loader = await rig.console.see(mark, "the loader", withinMs, ({ name }) => name === "loader");
    const boot = await rig.console.see(mark, "the boot", withinMs, ({ name }) => name === "boot");
    if (loader.fields.trial !== "false" || Number(loader.fields.code) !== CODE_OK) {
      throw new StepFailure(`the loader tries slot ${loader.fields.slot}, code ${loader.fields.code}`);
    }
    if (boot.fields.sha256 !== offered.sha256Before) {
      throw new StepFailure(`the trap runs ${boot.fields.sha256}, before the offer it ran ${offered.sha256Before}`);
    }
    await seeOnlineWith(context, rig, offered.sha256Before);
  });
}

/** The cloud has heard the trap say that it runs this. */
export async function seeOnlineWith(context: StepContext, rig: Rig, sha256: string): Promise<void> {
  let seen = "nothing";
  await context.wait(
    `the trap online with firmware ${sha256.slice(0, 12)}`,
    async () => {
      const device = await findOwnDevice(rig);
      seen = `online ${device.online}, firmware ${device.firmwareVersion} ${device.firmwareSha256?.slice(0, 12)}`;
      return device.online && device.firmwareSha256 === sha256 ? true : undefined;
    },
    { withinMs: choosePatienceMs(rig, 60_000, 15_000), everyMs: 100, lastSeen: () => [seen] },
  );
}

const CHUNK = /^GET \/device\/v1\/firmware\/([0-9a-f-]{36})\/chunks\/(\d+)$/;
const HEAD_END = "\r\n\r\n";

/**
 * From now on the trap is served these bytes in the place of the firmware's, until the suite ends. The file must be as long as the one that
 * was offered. Skips where nothing of the bench stands between trap and cloud.
 */
export function serveInstead(context: StepContext, rig: Rig, instead: Uint8Array): void {
  const { taps } = rig;
  if (taps === undefined) context.skip("nothing of this bench stands between its boards and this cloud");
  const stop = taps.http.alter((message) => replaceChunk(message, instead));
  context.defer("serve the cloud's own bytes again", async () => stop());
}

/** Undefined for what is no chunk. */
export function replaceChunk(message: TapMessage, instead: Uint8Array): Uint8Array | undefined {
  const number = CHUNK.exec(message.name)?.[2];
  if (number === undefined || message.direction !== "down" || message.status !== 200) return undefined;
  const bytes = Buffer.from(message.bytes);
  const head = bytes.indexOf(HEAD_END) + HEAD_END.length;
  const from = Number(number) * FIRMWARE_CHUNK_BYTES;
  const body = Buffer.from(instead.subarray(from, from + (bytes.length - head)));
  return body.length === bytes.length - head ? Buffer.concat([bytes.subarray(0, head), body]) : undefined;
}
