// Owns how a board is brought from wherever it is to where a suite wants it: it is asked first, and only what is missing is done, each
// transition a step that is verified by what the board or the cloud says afterwards. Going back is giving away and resetting, as people do
// [BENCH-63].
import { HilError } from "../error.ts";
import { findHilError, StepFailure } from "../steps/failure.ts";
import type { StepContext } from "../steps/step.ts";
import { claimAnyhow } from "./claiming.ts";
import type { FlashRegion } from "./firmware.ts";
import { choosePatienceMs, hurried } from "./patience.ts";
import type { Rig } from "./rig.ts";
import { findStanding } from "./standing.ts";
import type { BoardState, Standing } from "./states.ts";

/** What the strategy does with the board's flash; drivers/flasher does it. */
export interface BoardFlash {
  /** Brings the chip into its loader and out again. @throws HilError where it is another board, or none */
  probe(context: StepContext): Promise<{ chip: string; mac: string }>;
  /** Writes what is not there yet and verifies it; the board's program starts afterwards. */
  write(context: StepContext, regions: FlashRegion[]): Promise<Record<string, unknown>>;
  /** Everything that makes this board a trap as new. */
  listRegions(): Promise<FlashRegion[]>;
  /** Resets it by its lines, or by its power. */
  reset(): Promise<void>;
}

export interface Strategy {
  reach(context: StepContext, state: BoardState): Promise<void>;
}

export function createStrategy(rig: Rig, flash: BoardFlash): Strategy {
  return new BoardStrategy(rig, flash);
}

class BoardStrategy implements Strategy {
  readonly #rig: Rig;
  readonly #flash: BoardFlash;
  /** What this rig has put on the board; what it runs later came by an update. */
  #isFlashed = false;
  #isRegistered = false;

  constructor(rig: Rig, flash: BoardFlash) {
    this.#rig = rig;
    this.#flash = flash;
  }

  async reach(context: StepContext, state: BoardState): Promise<void> {
    if (state === "any") return;
    await this.#givePower(context);
    if (state === "loader") {
      await context.step("ask the chip who it is", () => this.#flash.probe(context));
      return;
    }
    await this.#register(context);
    if (state === "flashed") await this.#bringToFlashed(context);
    else if (state === "booted") await this.#bringToBooted(context);
    else if (state === "joined") await this.#bringToJoined(context);
    else await this.#bringToOnline(context);
  }

  async #register(context: StepContext): Promise<void> {
    if (this.#isRegistered) return;
    const { serialNumber } = this.#rig.identity;
    await context.step("register its identity with the cloud", () => this.#rig.cloud.register(this.#rig.identity), {
      inputs: { serialNumber },
    });
    this.#isRegistered = true;
  }

  async #givePower(context: StepContext): Promise<void> {
    if (this.#rig.resource.power?.kind !== "lines") await this.#rig.power?.set(true);
    await this.#rig.accessPoint?.set(true);
    this.#rig.taps?.http.clear();
    this.#rig.taps?.mqtt.clear();
    await this.#rig.fixture?.setButton(false);
    await this.#rig.fixture?.setPlunger(true);
    context.signal.throwIfAborted();
  }

  /** Undefined unless it is this trap, with what this run has put on it: what lies there from before is proven by the flasher alone. */
  async #findKnown(): Promise<Standing | undefined> {
    if (!this.#isFlashed) return undefined;
    const standing = await findStanding(this.#rig.console, choosePatienceMs(this.#rig, 3_000, 1_000));
    return standing?.serialNumber === this.#rig.identity.serialNumber ? standing : undefined;
  }

  async #bringToFlashed(context: StepContext): Promise<void> {
    const image = await context.step("make the firmware", () =>
      this.#rig.firmware.image().then(({ version }) => ({ version })),
    );
    await context.step(
      "flash it, and read back what was written",
      async (step) => {
        const { firmwareSha256 } = await this.#rig.firmware.image();
        const mark = this.#rig.console.mark();
        const result = await this.#flash.write(step, await this.#flash.listRegions());
        this.#isFlashed = true;
        this.#rig.noteDevice(undefined);
        await this.#seeBoot(mark, firmwareSha256);
        return result;
      },
      { inputs: image, withinMs: choosePatienceMs(this.#rig, 600_000, 120_000) },
    );
  }

  /** It says that it runs the very bytes. */
  async #seeBoot(mark: number, sha256: string): Promise<void> {
    const boot = await this.#rig.console.see(
      mark,
      "the boot of the trap",
      choosePatienceMs(this.#rig, 60_000, 20_000),
      ({ name }) => name === "boot",
    );
    if (boot.fields.sha256 === sha256) return;
    throw new StepFailure(`the trap runs ${boot.fields.sha256}, flashed was ${sha256}`, { code: "other-firmware" });
  }

  async #wake(context: StepContext): Promise<Standing> {
    const known = await this.#findKnown();
    if (known !== undefined) return known;
    if (this.#isFlashed) {
      // It runs ours and does not answer: a hand on its reset is what a person would try first.
      await context.step("reset a board that does not answer", () => this.#flash.reset());
      const mark = this.#rig.console.mark();
      await this.#rig.console
        .see(mark, "the boot of the trap", choosePatienceMs(this.#rig, 30_000, 8_000), ({ name }) => name === "boot")
        .catch(toNothing);
      const again = await this.#findKnown();
      if (again !== undefined) return again;
    }
    await this.#bringToFlashed(context);
    const standing = await this.#findKnown();
    if (standing !== undefined) return standing;
    throw new StepFailure("the trap was flashed and has booted, and does not answer its console");
  }

  /** As new: nobody's, no Wi-Fi. */
  async #bringToBooted(context: StepContext): Promise<void> {
    const standing = await context.step("ask the board where it is", () => this.#wake(context));
    if (standing.deviceId === undefined && standing.link === "unset") return;
    await this.#resetToFactory(context);
  }

  async #resetToFactory(context: StepContext): Promise<void> {
    await context.step("reset it to factory", () =>
      hurried(this.#rig, async () => {
        const mark = this.#rig.console.mark();
        await this.#rig.console.order("reset");
        const withinMs = choosePatienceMs(this.#rig, 40_000, 10_000);
        await this.#rig.console.see(mark, "its boot after the reset", withinMs, ({ name }) => name === "boot");
        this.#rig.noteDevice(undefined);
      }),
    );
  }

  async #bringToJoined(context: StepContext): Promise<void> {
    const standing = await context.step("ask the board where it is", () => this.#wake(context));
    if (standing.deviceId !== undefined) await this.#letGo(context, standing.deviceId);
    // What was reset has forgotten its Wi-Fi with its owner.
    if (standing.link === "joined" && standing.deviceId === undefined) return;
    await joinWifi(context, this.#rig);
  }

  /** Given away by its owner where that is us, and reset where it is somebody's whom we do not know. */
  async #letGo(context: StepContext, deviceId: string): Promise<void> {
    if ((await this.#rig.owner.findDevice(deviceId)) === undefined) return this.#resetToFactory(context);
    await context.step("its owner gives it away", async () => {
      const mark = this.#rig.console.mark();
      await this.#rig.owner.release(deviceId);
      const isReleased = isStatus("claim", "released");
      await hurried(this.#rig, () =>
        this.#rig.console.see(mark, "that it was given away", choosePatienceMs(this.#rig, 60_000, 15_000), isReleased),
      );
      this.#rig.noteDevice(undefined);
    });
  }

  async #bringToOnline(context: StepContext): Promise<void> {
    const standing = await context.step("ask the board where it is", () => this.#wake(context));
    const { deviceId } = standing;
    const isOurs = deviceId !== undefined && (await this.#rig.owner.findDevice(deviceId)) !== undefined;
    if (deviceId !== undefined && !isOurs) await this.#resetToFactory(context);
    if (!isOurs || standing.link !== "joined") await joinWifi(context, this.#rig);
    if (!isOurs) await claimAnyhow(context, this.#rig, () => this.#resetToFactory(context));
    else this.#rig.noteDevice(deviceId);
    await seeOnline(context, this.#rig);
  }
}

export function isStatus(name: string, status: string) {
  return (line: { name: string; fields: Record<string, string> }): boolean =>
    line.name === name && line.fields.status === status;
}

export function isState(name: string, state: string) {
  return (line: { name: string; fields: Record<string, string> }): boolean =>
    line.name === name && line.fields.state === state;
}

/** By the cable, as a bench does it; people use the portal. @throws HilError "no-wifi" */
export async function joinWifi(context: StepContext, rig: Rig): Promise<void> {
  const { wifi } = rig.resource;
  if (wifi === undefined) {
    const message = `${rig.resource.name} has no wifi on this bench: say which network is around it, with its password.`;
    throw new HilError("usage", "no-wifi", message);
  }
  await context.step(
    "tell it the Wi-Fi",
    async () => {
      const mark = rig.console.mark();
      await rig.console.order("wifi", { ssid: wifi.ssid, pass: wifi.password });
      // One that hangs on a cable has joined already, and says so when it is asked.
      await rig.console.order("info");
      const withinMs = choosePatienceMs(rig, 60_000, 15_000);
      await hurried(rig, () => rig.console.see(mark, "that it has joined", withinMs, isState("link", "joined")));
    },
    { inputs: { ssid: wifi.ssid } },
  );
}

/** As the trap and as the cloud see it. */
export async function seeOnline(context: StepContext, rig: Rig): Promise<void> {
  await context.step("the cloud sees it online", (step) =>
    step.wait("the trap online", async () => (await rig.owner.findDevice(rig.deviceId))?.online, {
      withinMs: choosePatienceMs(rig, 120_000, 20_000),
      lastSeen: () => rig.console.lastLines().slice(-4),
    }),
  );
}

/** Silence is an answer here; a port that is gone is not. */
function toNothing(error: unknown): undefined {
  if (findHilError(error) !== undefined) throw error;
  return undefined;
}
