// Owns the wiring of one board for a run: its ports opened, hands, switches and console behind them, its way to the cloud, its person. What
// happens there is told on the stream; what was opened is closed in reverse.

import { createHmac } from "node:crypto";
import { portalPassword, portalPasswordText } from "#protocol";
import type { Clock } from "../clock.ts";
import type { BenchCloud, BoardDoor } from "../drivers/cloud/bench-cloud.ts";
import type { CloudTurns } from "../drivers/cloud/cloud-turns.ts";
import type { Notice, Person } from "../drivers/cloud/person.ts";
import { describeMessage } from "../drivers/cloud/tap-messages.ts";
import { consolePassword } from "../drivers/console/order-text.ts";
import { createTrapConsole } from "../drivers/console/trap-console.ts";
import type { FirmwareFiles } from "../drivers/firmware-files.ts";
import type { Fixture } from "../drivers/fixture/fixture.ts";
import type { Port } from "../drivers/port/port.ts";
import type { Switch } from "../drivers/switch/switch.ts";
import { HilError } from "../error.ts";
import type { RecordedEntry } from "../record/entries.ts";
import { overhearTapped } from "../record/overheard.ts";
import { recordAct, recordFixture, recordNotice, recordSwitch } from "../record/recorded-hands.ts";
import type {
  BoardResource,
  FirmwareResource,
  FixtureResource,
  PortResource,
  SwitchResource,
} from "../resources/bench.ts";
import type { EventStream, LogSource } from "../steps/events.ts";
import { StepFailure } from "../steps/failure.ts";
import { createBoardClock } from "./board-clock.ts";
import { createBoardFlash } from "./board-flash.ts";
import { findOrDrawIdentity } from "./identities.ts";
import { logFixture, logSwitch } from "./logged-hands.ts";
import type { Rig } from "./rig.ts";
import { createStrategy, type Strategy } from "./strategy.ts";

/** The drivers, as whoever composes the bench has them. */
export interface RigTools {
  clock: Clock;
  stream: EventStream;
  cloud: BenchCloud;
  turns: CloudTurns;
  firmware: FirmwareFiles;
  interpreter: FirmwareResource;
  /** Of the bench's identities. */
  identityFolder: string;
  openPort(resource: PortResource): Promise<Port>;
  openSwitch(resource: SwitchResource, port: Port): Switch;
  openFixture(resource: FixtureResource): Promise<Fixture>;
}

export interface OpenRig {
  rig: Rig;
  /** See SuiteOptions of the engine: called as a suite begins, returns how to stop hearing. */
  watch(abort: (cause: Error | string) => void): () => void;
  close(): Promise<void>;
}

/** @throws HilError of whatever cannot be opened; what was opened before is closed again */
export async function openRig(resource: BoardResource, tools: RigTools): Promise<OpenRig> {
  const undo: (() => Promise<void> | void)[] = [];
  const close = async (): Promise<void> => {
    let first: unknown;
    for (const one of undo.splice(0).reverse()) {
      try {
        await one();
      } catch (error) {
        first ??= error;
      }
    }
    if (first !== undefined) throw first;
  };
  try {
    return { ...(await wire(resource, tools, undo)), close };
  } catch (error) {
    await close().catch(() => undefined); // the first trouble is the one to tell
    throw error;
  }
}

type Undo = (() => Promise<void> | void)[];

function sign(key: string, text: string): string {
  return createHmac("sha256", Buffer.from(key, "hex")).update(text).digest("hex");
}

async function wire(resource: BoardResource, tools: RigTools, undo: Undo): Promise<Omit<OpenRig, "close">> {
  const { clock, stream, cloud } = tools;
  const board = resource.name;
  const log = (source: LogSource, text: string, direction?: "in" | "out") =>
    void stream.publish({ type: "logged", board, source, text, ...(direction && { direction }) });
  const record = (entry: RecordedEntry) => void stream.publish({ type: "recorded", board, entry });
  const identity = findOrDrawIdentity(resource, tools.identityFolder);
  stream.mask(identity.key);
  stream.mask(consolePassword(identity.key));
  stream.mask(portalPassword(sign(identity.key, portalPasswordText(identity.serialNumber))));
  if (resource.wifi !== undefined) stream.mask(resource.wifi.password);

  const port = await tools.openPort(resource.port);
  undo.push(() => port.close());
  const aborts = createAborts();
  undo.push(port.onEnd((reason) => aborts.tell(gone(port, reason))));
  const console = createTrapConsole({
    ...{ port, clock, key: () => identity.key },
    onLine: ({ source, text, direction }) => log(source, text, direction),
    onPanic: (text) => aborts.tell(`the board broke down: ${text}`),
  });
  undo.push(() => console.stop());
  const hands = await openHands(resource, tools, { port, log, record, undo });
  const door = await cloud.openDoor(board, (message) => {
    log(message.link, describeMessage(message), message.direction === "up" ? "out" : "in");
    const entry = overhearTapped(message);
    if (entry !== null) record(entry);
  });
  undo.push(() => door.close());
  const owner = await meet(tools, board, "owner");
  undo.push(() => owner.close());
  await owner.follow();

  const takeLine = () => console.pause();
  const parts = { ...tools, resource, port, console, takeLine, identity, door, owner, ...hands };
  return { rig: createRig(parts, undo), watch: aborts.watch };
}

function gone(port: Port, reason: string): HilError {
  const message = `The port ${port.name} has gone: ${reason}. Look at cable and power of the board.`;
  return new HilError("infrastructure", "port-gone", message);
}

/** Who is told of what ends a suite from beneath; between two suites nobody is. */
function createAborts() {
  const listeners = new Set<(cause: Error | string) => void>();
  return {
    tell(cause: Error | string): void {
      for (const listen of [...listeners]) listen(cause);
    },
    watch(abort: (cause: Error | string) => void): () => void {
      listeners.add(abort);
      return () => void listeners.delete(abort);
    },
  };
}

type Log = (source: LogSource, text: string) => void;
type Hands = Pick<Rig, "fixture" | "power" | "accessPoint" | "hurry">;

async function openHands(
  resource: BoardResource,
  { openFixture, openSwitch, clock }: RigTools,
  { port, log, record, undo }: { port: Port; log: Log; record: (entry: RecordedEntry) => void; undo: Undo },
): Promise<Hands> {
  const open = (kind: "power" | "wifi", one: SwitchResource | undefined): Switch | undefined => {
    if (one === undefined) return undefined;
    const opened = openSwitch(one, port);
    undo.push(() => opened.close());
    return recordSwitch(
      logSwitch(opened, (text) => log(kind, text)),
      kind,
      record,
    );
  };
  const power = open("power", resource.power);
  const accessPoint = open("wifi", resource.wifi?.power);
  let fixture: Fixture | undefined;
  if (resource.fixture !== undefined) {
    const opened = await openFixture(resource.fixture);
    undo.push(() => opened.close());
    fixture = recordFixture(
      logFixture(opened, (text) => log("pins", text)),
      record,
    );
  }
  const hurry =
    resource.clock &&
    createBoardClock(resource.clock.url, clock, (text, speed) => {
      log("clock", text);
      record({ kind: "clock", speed });
    });
  return { fixture, power, accessPoint, hurry };
}

async function meet(tools: RigTools, board: string, called: string): Promise<Person> {
  const { stream, cloud, clock } = tools;
  const log = (text: string, direction: "in" | "out") =>
    void stream.publish({ type: "logged", board, source: "http", text, direction });
  const record = (entry: RecordedEntry) => void stream.publish({ type: "recorded", board, entry });
  return cloud.createPerson({
    ...{ called, clock },
    onNotice({ event, data }: Notice) {
      log(`${called} is shown ${event} ${JSON.stringify(data).slice(0, 300)}`, "in");
      recordNotice(called, event, data, record);
    },
    onExchange: (text) => log(text, "out"),
    onAct: (method, path, body) => recordAct(called, method, path, body, record),
  });
}

type RigParts = RigTools &
  Hands &
  Pick<Rig, "resource" | "port" | "console" | "identity" | "owner"> & { door: BoardDoor; takeLine(): () => void };

function createRig(parts: RigParts, undo: Undo): Rig {
  const { door, resource, clock, console, port, fixture, power, accessPoint, hurry } = parts;
  const { identity, cloud, turns, owner, firmware } = parts;
  let deviceId: string | undefined;
  let strategy: Strategy | undefined;
  const rig: Rig = {
    ...{ resource, clock, console, port, fixture, power, accessPoint, hurry },
    ...{ identity, cloud, turns, door, taps: door.taps, owner, firmware },
    get deviceId() {
      if (deviceId !== undefined) return deviceId;
      throw new StepFailure(`${resource.name} is nobody's yet: it was not claimed`);
    },
    async meetStranger() {
      const stranger = await meet(parts, resource.name, "stranger");
      undo.push(() => stranger.close());
      return stranger;
    },
    noteDevice(id) {
      deviceId = id;
      if (id !== undefined) door.own(id);
    },
    async reach(context, state) {
      strategy ??= createStrategy(rig, createBoardFlash(parts));
      await strategy.reach(context, state);
    },
  };
  return rig;
}
