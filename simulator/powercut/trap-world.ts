// Owns a trap on one flash, with loader and firmware as libraries, the hands that touch it, the network around it and a scripted cloud.
// Whatever is neither in the flash nor outside the trap is gone with the power. What is done with all this is the scripts'.
import {
  type Bytes,
  CODE_OUTBOX_DROPPED,
  CODE_UNCAUGHT,
  encodeIdentity,
  IDENTITY_FLASH_ADDRESS,
  type Identity,
  TRAP_HARDWARE,
} from "#protocol";
import { chooseSlot } from "../../firmware/boot/loader.ts";
import { createDevice, type Device } from "../../firmware/device.ts";
import type * as ports from "../../firmware/ports.ts";
import { decodeSlotRecord, SLOT_KEY } from "../../firmware/slots/slot-record.ts";
import { findRecord, openRecordStore } from "../../firmware/store/record-store.ts";
import { createSimClock } from "../board/clock.ts";
import { createFlash, FLASH_WORD_BYTES, type Flash } from "../board/flash.ts";
import { type CloudState, ScriptedCloud } from "./cloud.ts";
import { expect, ProofError } from "./scenario.ts";
import { sha256 } from "./sha256.ts";
import { findFirmware, readFirmware, readPublicKey } from "./signed-firmware.ts";
import { createStorePort, readSlotBytes, slotAddress } from "./store-port.ts";
import { createTrapPorts, type Power, type Surroundings } from "./trap-ports.ts";

export const IDENTITY: Identity = {
  ...{ serial: "TL-POWER-CUT-1", mac: "02:00:00:00:00:01", hardware: TRAP_HARDWARE, kind: "snap" },
  ...{ host: "cloud", port: 3000, key: "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f" },
};
/** Fine at first, for what happens within milliseconds, then coarse, for what waits. */
const STEP_MS = 5;
const STEPS_FINE = 600;
const STEP_COARSE_MS = 250;
/** Longer than the longest pause between tries, several times. */
export const PATIENCE_MS = 300_000;

/** Everything around the flash that a power cut leaves as it is. */
interface Outside {
  cloud: CloudState;
  around: Surroundings;
  boots: number;
  /** Springs that really happened while the trap was armed. */
  springs: number;
}

export class TrapWorld {
  readonly flash = createFlash();
  readonly cloud = new ScriptedCloud(IDENTITY);
  readonly #openPages: () => ports.Flash;
  readonly #key = readPublicKey();
  #around: Surroundings = { plungerSet: false, buttonDown: false, isReachable: true };
  #boots = 0;
  springs = 0;
  #power: Power | undefined;
  #device: Device | undefined;
  #isRebooting = false;
  /** The first promise that was broken where it could not be thrown. */
  #broken: string | undefined;
  /** As the trap said it last in this boot. */
  #trapState = "";
  /** The trap has said that its outbox was full. */
  hasDropped = false;
  #ownership = "";
  #isRestartDue = false;
  /** Slot of this boot, and what really stands in it. */
  running = { slot: "a", version: "", sha256: "" };
  tell: ((line: string) => void) | undefined;

  /**
   * A board as it leaves the host that flashes it: identity, and a firmware in the first slot.
   * @param openPages the pages of the record store as this trap has them: fewer are filled sooner
   */
  constructor(openPages: (flash: Flash) => ports.Flash = createStorePort) {
    this.#openPages = () => openPages(this.flash);
    this.#place(IDENTITY_FLASH_ADDRESS, encodeIdentity(IDENTITY));
    this.#place(slotAddress("a"), readFirmware(1).file);
  }

  #place(address: number, text: Bytes): void {
    const padding = (FLASH_WORD_BYTES - (text.length % FLASH_WORD_BYTES)) % FLASH_WORD_BYTES;
    this.flash.program(address, Buffer.from(text + "\0".repeat(padding), "latin1"));
  }

  save(): string {
    const outside: Outside = {
      ...{ cloud: this.cloud.state, around: this.#around, boots: this.#boots, springs: this.springs },
    };
    return JSON.stringify(outside);
  }

  restore(saved: string): void {
    const outside = JSON.parse(saved) as Outside;
    this.cloud.state = outside.cloud;
    this.#around = outside.around;
    this.#boots = outside.boots;
    this.springs = outside.springs;
  }

  powerOff(): void {
    if (this.#power) this.#power.isOn = false;
    this.#device?.stop();
    this.#device = undefined;
    this.#power = undefined;
    this.cloud.hangUp();
  }

  powerOn(): void {
    this.powerOff();
    this.#boots += 1;
    this.#isRebooting = false;
    this.#isRestartDue = false;
    this.#broken = undefined;
    this.#trapState = "";
    const power = this.#createPower();
    this.#power = power;
    const pages = this.#openPages();
    const chosen = chooseSlot({
      ...{ flash: pages, sha256, key: this.#key, kick: () => undefined },
      read: (slot, offset, length) => readSlotBytes(this.flash, slot, offset, length),
    });
    this.tell?.(`# the loader runs slot ${chosen.slot || "none"}, trial ${chosen.isTrial}, code ${chosen.code}`);
    if (chosen.slot === "") throw new ProofError(`no slot can be booted: code ${chosen.code}`);
    const found = findFirmware(this.flash, chosen.slot);
    if (found?.sha256 !== chosen.sha256) throw new ProofError("the loader runs other bytes than stand in the slot");
    this.running = { slot: chosen.slot, ...found };
    const firmware = { slot: chosen.slot, ...found, key: this.#key };
    const { flash, cloud } = this;
    const trapPorts = createTrapPorts({
      ...{ power, flash, cloud, around: this.#around, identity: IDENTITY, firmware, pages },
    });
    const device = createDevice(trapPorts);
    this.#device = device;
    device.start();
    this.#check();
  }

  #createPower(): Power {
    const nothing = () => undefined;
    return {
      ...{ isOn: true, clock: createSimClock(), onPlunger: nothing, onButton: nothing, onCommand: nothing },
      seed: this.#boots * 7919,
      onReboot: () => {
        this.#isRebooting = true;
        this.#device?.stop();
      },
      print: (line) => this.#hear(line),
    };
  }

  #hear(line: string): void {
    this.tell?.(`  ${line}`);
    const state = / trap state=(\S+)/.exec(line)?.[1];
    if (state !== undefined) this.#trapState = state;
    this.#ownership = / claim status=(owned|free)/.exec(line)?.[1] ?? this.#ownership;
    if (line.includes(` fault code=${CODE_OUTBOX_DROPPED} `)) this.hasDropped = true;
    if (/ reset told=/.test(line)) this.#isRestartDue = true;
    if (line.includes(` fault code=${CODE_UNCAUGHT} `)) this.#broken ??= `a fault nobody caught: ${line}`;
  }

  #check(): void {
    this.#broken ??= this.cloud.complaint;
    if (this.#broken !== undefined) throw new ProofError(this.#broken);
    const springs = this.cloud.countEvents("sprung");
    expect(springs <= this.springs, `${springs} springs were told, ${this.springs} happened`);
  }

  /** Reboots that the trap asks for are carried out on the way. */
  advance(ms: number): void {
    this.#power?.clock.advance(ms);
    this.#check();
    if (!this.#isRebooting) return;
    this.tell?.("# the trap starts itself anew");
    this.powerOn();
  }

  until(isDone: () => boolean, promise: string, withinMs = PATIENCE_MS): void {
    let waitedMs = 0;
    for (let step = 0; !isDone(); step++) {
      if (waitedMs >= withinMs) throw new ProofError(`${promise}: not within ${withinMs / 1000} s`);
      const ms = step < STEPS_FINE ? STEP_MS : STEP_COARSE_MS;
      this.advance(ms);
      waitedMs += ms;
    }
  }

  isOnline(): boolean {
    return this.#power !== undefined && this.cloud.isOnline();
  }

  trapState(): string {
    return this.#trapState;
  }

  isPlungerSet(): boolean {
    return this.#around.plungerSet;
  }

  setPlunger(set: boolean): void {
    if (this.#around.plungerSet === set) return;
    this.tell?.(`# the plunger is ${set ? "set" : "released"}`);
    this.#around.plungerSet = set;
    this.#power?.onPlunger(set, 0);
    this.#check();
  }

  pressButton(ms: number): void {
    this.tell?.(`# the button is pressed for ${ms} ms`);
    this.#around.buttonDown = true;
    this.#power?.onButton(true, 0);
    this.advance(ms);
    this.#around.buttonDown = false;
    this.#power?.onButton(false, 0);
    this.#check();
  }

  setReachable(isReachable: boolean): void {
    if (this.#around.isReachable === isReachable) return;
    this.tell?.(`# the cloud is ${isReachable ? "there again" : "out of reach"}`);
    this.#around.isReachable = isReachable;
    if (!isReachable) this.cloud.drop();
  }

  isReachable(): boolean {
    return this.#around.isReachable;
  }

  type(line: string): void {
    this.tell?.(`> ${line}`);
    this.#power?.onCommand(line);
    this.#check();
  }

  /** What the trap says on its console of whose it is. */
  sayOwnership(): string {
    this.#ownership = "";
    this.type("info");
    return this.#ownership;
  }

  /** It has said that it will start itself anew, and has not yet. */
  isRestartDue(): boolean {
    return this.#isRestartDue;
  }

  /** What the store holds under a key, read as the next boot would. */
  findRecord(key: string): Bytes | null {
    return findRecord(openRecordStore(this.#openPages(), sha256), key);
  }

  isOnTrial(): boolean {
    return (decodeSlotRecord(this.findRecord(SLOT_KEY))?.trial ?? "") !== "";
  }
}
