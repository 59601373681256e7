// Owns a bench of virtual boards for tests: the bench's own parts as compose.ts wires them, on a database of the test's own.
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { createWallClock } from "../../hil/clock.ts";
import { runChild } from "../../hil/drivers/child/child-program.ts";
import { createCloudTurns } from "../../hil/drivers/cloud/cloud-turns.ts";
import { openLocalCloud } from "../../hil/drivers/cloud/open-cloud.ts";
import { createFirmwareFiles } from "../../hil/drivers/firmware-files.ts";
import { openEspruinoFixture } from "../../hil/drivers/fixture/espruino-fixture.ts";
import { openPort } from "../../hil/drivers/port/open-port.ts";
import { createSwitches } from "../../hil/drivers/switch/open-switch.ts";
import { startVirtualBoards, writeStandIns } from "../../hil/drivers/virtual/virtual-boards.ts";
import type { PortResource } from "../../hil/resources/bench.ts";
import { runSuite, type SuiteResult } from "../../hil/steps/engine.ts";
import { createEventStream } from "../../hil/steps/event-stream.ts";
import type { HilEvent } from "../../hil/steps/events.ts";
import { type OpenRig, openRig } from "../../hil/strategy/open-rig.ts";
import { prepareFor, type Suite } from "../../hil/suites/suite.ts";
import { createProgramEnvironment } from "../support/config.ts";
import { createTestDatabase } from "../support/postgres.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");

export interface TestBench {
  boards: OpenRig[];
  events: HilEvent[];
  /** What was told, for a failure's message. */
  story(): string;
  run(suite: Suite, board?: number): Promise<SuiteResult>;
  stop(): Promise<void>;
}

export interface TestBenchOptions {
  boards?: number;
  fault?: string;
}

export async function createTestBench(options: TestBenchOptions = {}): Promise<TestBench> {
  const undo: (() => Promise<unknown> | unknown)[] = [];
  const stop = async (): Promise<void> => {
    for (const one of undo.splice(0).reverse()) await one();
  };
  try {
    return { ...(await compose(options, undo)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Undo = (() => Promise<unknown> | unknown)[];

async function compose(options: TestBenchOptions, undo: Undo): Promise<Omit<TestBench, "stop">> {
  const clock = createWallClock();
  const environment = createProgramEnvironment();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "trapline-hil-bench-"));
  undo.push(() => fs.rmSync(folder, { recursive: true, force: true }));
  const stream = createEventStream({ clock });
  const events: HilEvent[] = [];
  stream.subscribe((event) => events.push(event));

  const database = await createTestDatabase();
  undo.push(() => database.stop());
  const common = { root: ROOT, environment, clock };
  const images = path.join(folder, "images");
  const runTrapline = (words: string[], withinMs: number) =>
    runChild({ ...common, name: "the command line", words: ["bin/trapline.ts", ...words] }, withinMs);
  const firmware = createFirmwareFiles({ folder: images, fault: options.fault, runTrapline });
  const readManifest = async (from: string): Promise<unknown> =>
    JSON.parse(fs.readFileSync(path.join(from, "images.json"), "utf8"));
  const [image, interpreter] = await Promise.all([firmware.image(), writeStandIns(common, images, readManifest)]);
  const cloud = await openLocalCloud({
    ...common,
    ...{ folder: path.join(folder, "cloud"), host: "127.0.0.1", databaseUrl: database.url },
    firmwareKeys: [image.publicKey],
    onRemark: (text) => stream.publish({ type: "remarked", level: "warn", text }),
  });
  undo.push(() => cloud.close());
  const virtual = await startVirtualBoards({ ...common, count: options.boards ?? 1 });
  undo.push(() => virtual.close());

  const openOne = (resource: PortResource) => openPort(resource, { clock });
  const switches = createSwitches({ clock, environment, openPort: openOne });
  const turns = createCloudTurns();
  const boards: OpenRig[] = [];
  for (const resource of virtual.boards) {
    const board = await openRig(resource, {
      ...{ clock, stream, cloud, turns, firmware, interpreter: { interpreter } },
      identityFolder: path.join(folder, "identities"),
      openPort: openOne,
      openSwitch: (one, port) => switches.open(one, port),
      openFixture: (one) => openEspruinoFixture(one, { clock, openPort: openOne }),
    });
    boards.push(board);
    undo.push(() => board.close());
  }
  let last = 0;
  return {
    boards,
    events,
    story: () => events.map(tell).join("\n"),
    run(suite, at = 0) {
      const board = boards[at];
      if (board === undefined) throw new Error(`there is no board ${at}`);
      return runSuite(suite, board.rig, {
        ...{ stream, clock, board: board.rig.resource.name, attempt: 1, signal: new AbortController().signal },
        repeatCommand: (name) => `run ${name}`,
        nextStep: () => ++last,
        prepare: prepareFor(suite),
        watch: board.watch,
      });
    },
  };
}

/** One line each; what only a report needs is left out. */
function tell(event: HilEvent): string {
  const at = String(Math.round(event.at)).padStart(6);
  switch (event.type) {
    case "logged":
      return `${at}      ${event.source} ${event.direction ?? ""} ${event.text}`;
    case "step-started":
      return `${at} > ${event.title}`;
    case "step-ended":
      return `${at} < ${event.outcome} ${event.durationMs} ms ${JSON.stringify(event.failure ?? event.results)}`;
    case "progress":
      return "";
    default:
      return `${at} ${JSON.stringify(event)}`;
  }
}
