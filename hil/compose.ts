// Owns the wiring of a bench for one run: firmware, cloud, virtual boards, drivers; top to bottom, unwound in reverse. Commands and proofs use
// this same composition; what each part does is the part's own.
import { randomBytes } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import * as path from "node:path";
import type { Clock } from "./clock.ts";
import { runChild } from "./drivers/child/child-program.ts";
import type { BenchCloud } from "./drivers/cloud/bench-cloud.ts";
import { createCloudTurns } from "./drivers/cloud/cloud-turns.ts";
import { openLocalCloud } from "./drivers/cloud/open-cloud.ts";
import { openRemoteCloud } from "./drivers/cloud/remote-cloud.ts";
import { createFirmwareFiles, type FirmwareFiles } from "./drivers/firmware-files.ts";
import { openEspruinoFixture } from "./drivers/fixture/espruino-fixture.ts";
import { openPort } from "./drivers/port/open-port.ts";
import { createSwitches } from "./drivers/switch/open-switch.ts";
import { startVirtualBoards, type VirtualBoards, writeStandIns } from "./drivers/virtual/virtual-boards.ts";
import { HilError } from "./error.ts";
import type { Bench, BoardResource, CloudResource, FirmwareResource } from "./resources/bench.ts";
import type { EventStream } from "./steps/events.ts";
import type { OpenBoard } from "./steps/runner.ts";
import { openRig } from "./strategy/open-rig.ts";
import type { Rig } from "./strategy/rig.ts";
import { prepareUpdateFiles } from "./suites/update-files.ts";

export interface BenchOptions {
  /** The repository. */
  root: string;
  stateFolder: string;
  environment: NodeJS.ProcessEnv;
  bench: Bench;
  stream: EventStream;
  clock: Clock;
  /** A firmware that is broken on purpose. */
  fault?: string;
  /** Make what suites of updates need while the boards are being prepared. */
  preparesUpdates?: boolean;
  /** Something beneath every board has gone: the run cannot go on. */
  onBroken(error: HilError): void;
}

export interface OpenBench {
  /** Those of the file, and the virtual ones. */
  readonly boards: BoardResource[];
  /** Opens the drivers of one board. @throws HilError */
  openBoard(resource: BoardResource): Promise<OpenBoard<Rig>>;
  close(): Promise<void>;
}

interface Part {
  name: string;
  close(): Promise<void>;
}

/** @throws HilError of whatever does not start; what was started before is ended again */
export async function openBench(options: BenchOptions): Promise<OpenBench> {
  const parts: Part[] = [];
  const close = () => unwind(parts, options.stream);
  try {
    return { ...(await wire(options, parts)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function unwind(parts: Part[], stream: EventStream): Promise<void> {
  for (const part of parts.splice(0).reverse()) {
    try {
      await part.close();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      stream.publish({ type: "remarked", level: "warn", text: `${part.name} did not end in order: ${why}` });
    }
  }
}

async function wire(options: BenchOptions, parts: Part[]): Promise<Omit<OpenBench, "close">> {
  const { bench, stateFolder, clock, stream } = options;
  const firmware = createFirmware(options);
  // Building takes the longest; what needs no key of it starts meanwhile.
  const [cloud, virtual] = await settle([openCloud(options, firmware, parts), startVirtual(options, parts)]);
  if (options.preparesUpdates) prepareUpdates(firmware, parts);
  const turns = createCloudTurns();
  const tools = {
    ...{ clock, stream, cloud, turns, firmware },
    identityFolder: path.join(stateFolder, "identities"),
    openPort: (resource: Parameters<typeof openPort>[0]) => openPort(resource, { clock }),
  };
  const switches = createSwitches({ clock, openPort: tools.openPort, environment: options.environment });

  return {
    boards: [...bench.boards, ...virtual.boards],
    openBoard: (resource) =>
      openRig(resource, {
        ...tools,
        interpreter: virtual.boards.includes(resource) ? virtual.firmware : bench.firmware,
        openSwitch: (one, port) => switches.open(one, port),
        openFixture: (one) => openEspruinoFixture(one, { clock, openPort: tools.openPort }),
      }),
  };
}

/** Signing takes seconds; boards take as long to be flashed. */
function prepareUpdates(firmware: FirmwareFiles, parts: Part[]): void {
  const end = new AbortController();
  const making = prepareUpdateFiles(firmware, end.signal);
  parts.push({
    name: "the making of updates",
    async close() {
      end.abort();
      await making;
    },
  });
}

/** All have ended one way or the other before the first trouble is thrown: nobody is left to start something afterwards. */
async function settle<A, B>(all: [Promise<A>, Promise<B>]): Promise<[A, B]> {
  await Promise.allSettled(all);
  return Promise.all(all);
}

function createFirmware({ root, stateFolder, environment, clock, bench, ...options }: BenchOptions): FirmwareFiles {
  const fault = options.fault ?? bench.firmware.fault;
  return createFirmwareFiles({
    folder: path.join(stateFolder, "firmware"),
    ...(fault !== undefined && { fault }),
    runTrapline: (words, withinMs) =>
      runChild(
        { root, environment, clock, name: "the firmware's program", words: ["bin/trapline.ts", ...words] },
        withinMs,
      ),
  });
}

async function openCloud(options: BenchOptions, firmware: FirmwareFiles, parts: Part[]): Promise<BenchCloud> {
  const { bench } = options;
  remark(options, "making the firmware: the first time, and after a change, this takes half a minute");
  const cloud =
    bench.cloud.kind === "remote"
      ? await openRemoteCloud(readAccount(bench.cloud, options))
      : await openOwnCloud(options, bench.cloud, (await firmware.image()).publicKey);
  parts.push({ name: "the cloud", close: () => cloud.close() });
  cloud.process?.onCrash((reason) => {
    options.onBroken(new HilError("infrastructure", "cloud-crashed", `The cloud of this bench has ended: ${reason}`));
  });
  return cloud;
}

function openOwnCloud(options: BenchOptions, { host }: { host: string }, publicKey: string): Promise<BenchCloud> {
  const { root, stateFolder, environment, clock } = options;
  remark(options, "starting the cloud of this bench");
  return openLocalCloud({
    ...{ root, environment, clock, host },
    folder: path.join(stateFolder, "cloud"),
    databaseUrl: environment.DATABASE_URL || undefined,
    firmwareKeys: [publicKey],
    onRemark: (text) => remark(options, text),
  });
}

type RemoteCloud = Extract<CloudResource, { kind: "remote" }>;

function readAccount(cloud: RemoteCloud, { environment, stream }: BenchOptions) {
  const read = (name: string): string => {
    const value = environment[name];
    if (value === undefined || value === "")
      throw new HilError(
        "usage",
        "no-secret",
        `The bench names the variable ${name}, and it is not set. Export it first.`,
      );
    stream.mask(value);
    return value;
  };
  const { url } = cloud;
  return {
    ...{ url, factoryToken: read(cloud.factoryTokenEnv) },
    ...{ email: read(cloud.emailEnv), password: read(cloud.passwordEnv) },
  };
}

async function startVirtual(
  options: BenchOptions,
  parts: Part[],
): Promise<{ boards: BoardResource[]; firmware: FirmwareResource }> {
  const { bench, root, environment, clock, stream, stateFolder } = options;
  if (bench.virtualBoards === 0) return { boards: [], firmware: {} };
  remark(
    options,
    `starting ${bench.virtualBoards === 1 ? "a virtual board" : `${bench.virtualBoards} virtual boards`}`,
  );
  const images = path.join(stateFolder, "images", randomBytes(4).toString("hex"));
  parts.push({ name: "the folder of images", close: () => rm(images, { recursive: true, force: true }) });
  const [interpreter, started] = await settle<NonNullable<FirmwareResource["interpreter"]>, VirtualBoards>([
    writeStandIns({ root, environment, clock }, images, readManifest),
    startVirtualBoards({
      ...{ root, environment, clock, count: bench.virtualBoards },
      onLine: (board, text) => void stream.publish({ type: "logged", board, source: "bench", text }),
    }).then((boards) => {
      parts.push({ name: "the virtual boards", close: () => boards.close() });
      return boards;
    }),
  ]);
  started.onCrash((board, reason) => {
    stream.publish({ type: "remarked", board, level: "warn", text: `the virtual board has ended: ${reason}` });
  });
  return { boards: started.boards, firmware: { interpreter } };
}

function remark({ stream }: BenchOptions, text: string): void {
  stream.publish({ type: "remarked", level: "info", text });
}

async function readManifest(folder: string): Promise<unknown> {
  return JSON.parse(await readFile(path.join(folder, "images.json"), "utf8"));
}
