// Owns what the doctor asks of each board of a bench: who has it, its port, its chip, its fixture, what switches its power, its network. While
// somebody uses a board, nothing of it is opened.
import * as fs from "node:fs";
import * as net from "node:net";
import * as path from "node:path";
import { bound } from "../../drivers/bounded.ts";
import { openFixtureConsole } from "../../drivers/fixture/fixture-console.ts";
import { runProgram } from "../../drivers/run-program.ts";
import { HilError } from "../../error.ts";
import type { BoardResource, SwitchResource } from "../../resources/bench.ts";
import { printDuration } from "../../resources/durations.ts";
import type { BoardLease, Leases } from "../../resources/leases.ts";
import { explainQuarantine, type Quarantine } from "../../resources/quarantine.ts";
import type { CommandIo } from "../command-io.ts";
import { type Check, check, type Finding, ok, unknown, wrong } from "./check.ts";
import { checkPort } from "./port-checks.ts";
import type { DoctorTools } from "./tools.ts";

export interface BoardDesk {
  io: Pick<CommandIo, "environment" | "owner" | "now">;
  tools: DoctorTools;
  leases: Leases;
  quarantine: Quarantine;
  /** Read the chip's MAC, which resets it. */
  probe: boolean;
}

const REACH_MS = 5_000;
const PROGRAM_MS = 5_000;
/** Clocks of two machines may differ by so much. */
const SKEW_MS_MAX = 60_000;

export async function checkBoard(board: BoardResource, desk: BoardDesk): Promise<Check[]> {
  const { tools, leases } = desk;
  const { name, port, power, fixture } = board;
  const lease = leases.find(board.mac);
  const checks = [
    await check("lease", name, () => judgeLease(lease, desk)),
    await check("quarantine", name, () => judgeQuarantine(board, desk)),
  ];
  const closed = lease?.use && unknown(`not opened, since ${lease.use.owner} uses the board`);
  checks.push(await check("port", name, () => closed ?? checkPort(port, tools)));
  checks.push(await check("chip", name, () => closed ?? checkChip(board, desk)));
  checks.push(await check("fixture", name, () => (fixture && closed) ?? checkFixture(fixture, tools)));
  checks.push(await check("power", name, () => (power?.kind === "relay" && closed) || checkSwitch(power, desk, board)));
  checks.push(await check("network", name, () => checkNetwork(board)));
  return checks;
}

/** What switches access points, each once, however many boards join it. */
export async function checkAccessPoints(boards: readonly BoardResource[], desk: BoardDesk): Promise<Check[]> {
  const switches = new Map<string, [ssid: string, power: SwitchResource]>();
  for (const { wifi } of boards) if (wifi?.power) switches.set(JSON.stringify(wifi.power), [wifi.ssid, wifi.power]);
  return Promise.all(
    [...switches.values()].map(([ssid, power]) => check("access-point", ssid, () => checkSwitch(power, desk))),
  );
}

function judgeLease(lease: BoardLease | undefined, { io }: BoardDesk): Finding {
  const { use, reservation } = lease ?? {};
  const since = Math.max(use?.since ?? 0, reservation?.since ?? 0);
  if (since > io.now() + SKEW_MS_MAX)
    return wrong(
      `the lease of ${(use ?? reservation)?.owner} begins in ${printDuration(since - io.now())}`,
      "The clocks of the machines that share this bench differ: set them (Debian: timedatectl set-ntp true).",
    );
  if (use) return wrong(`${use.owner} uses it (${use.reason})`, "Wait, ask them, or `hil break-lease`.");
  if (reservation === undefined) return ok("nobody has it");
  const left = printDuration(reservation.until - io.now());
  if (reservation.owner === io.owner) return ok(`yours for another ${left}`);
  return wrong(
    `${reservation.owner} has it for another ${left} (${reservation.reason})`,
    "Wait, ask them, or `hil break-lease`.",
  );
}

function judgeQuarantine({ mac, name }: BoardResource, { quarantine }: BoardDesk): Finding {
  const entry = quarantine.find(mac);
  if (entry === undefined) return ok("in use as usual");
  return wrong(explainQuarantine(entry), `Look at the board, then: npm run hil -- quarantine lift ${name}`);
}

async function checkChip(board: BoardResource, { probe, tools, leases }: BoardDesk): Promise<Finding> {
  if (!probe) return unknown("not asked, since that resets the board", "Ask with --probe.");
  const lease = leases.take(board, "hil doctor --probe");
  try {
    return await checkPort(board.port, tools, async (port) => {
      if (!port.hasLines) return unknown("the port carries no lines to reset it by");
      const { mac, chip } = await tools.probe(port);
      if (mac === board.mac) return ok(`${chip} ${mac}`);
      return wrong(
        `the chip is ${mac}, the bench file says ${board.mac}`,
        "Another board hangs on this port: plug in the right one, or mend port and mac of the bench file. It was not touched.",
        "usage",
      );
    });
  } finally {
    lease.release();
  }
}

function checkFixture(fixture: BoardResource["fixture"], tools: DoctorTools): Promise<Finding> | Finding {
  if (fixture === undefined)
    return unknown("none, so suites that press and spring are skipped", "hil/README.md tells how to wire one.");
  return checkPort(fixture.port, tools, async (port) => {
    if (port.hasLines) await port.setLines({ dtr: false, rts: false });
    const console = await openFixtureConsole(port, tools.clock);
    try {
      const version = await console.run("0", { shown: "process.env.VERSION" });
      return ok(`${port.name} answers as Espruino ${version}`);
    } finally {
      console.close();
    }
  });
}

async function checkSwitch(
  power: SwitchResource | undefined,
  desk: BoardDesk,
  board?: BoardResource,
): Promise<Finding> {
  const { tools, io } = desk;
  switch (power?.kind) {
    case undefined:
      return unknown("none, so suites that cut the power are skipped");
    case "lines":
      return ok(`the lines of ${board?.name ?? "the port"}: a reset, and no cut`);
    case "relay":
      return checkPort(power.port, tools);
    case "usb-hub":
      return findProgram(["uhubctl", "-v"], "Install it: Debian's package is called uhubctl.", desk);
    case "command":
      return findCommand(power.on, power.off, io.environment.PATH ?? "");
    case "mqtt":
      return reach(new URL(power.url), power.url.startsWith("mqtts") ? 8883 : 1883, tools);
    case "http":
      return reach(new URL(power.on.url), power.on.url.startsWith("https") ? 443 : 80, tools);
  }
}

async function findProgram(argv: string[], mend: string, { io, tools }: BoardDesk): Promise<Finding> {
  const end = await runProgram(argv, { clock: tools.clock, timeoutMs: PROGRAM_MS, environment: io.environment });
  return end.kind === "missing" ? wrong(`${argv[0]} is not installed`, mend) : ok(`${argv[0]} is installed`);
}

function findCommand(on: string[], off: string[], searched: string): Finding {
  for (const program of [on[0] ?? "", off[0] ?? ""]) {
    const places = program.includes("/")
      ? [program]
      : searched.split(path.delimiter).map((folder) => path.join(folder, program));
    const found = places.find((place) => isExecutable(place));
    if (found === undefined)
      return wrong(
        `${program} cannot be run`,
        "Mend its path in the bench file, or make it executable: chmod +x.",
        "usage",
      );
  }
  return ok(`${on[0]} can be run`);
}

function isExecutable(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

/** A connection and no word, since a word might switch. */
async function reach(url: URL, defaultPort: number, { clock }: DoctorTools): Promise<Finding> {
  const host = url.hostname.replaceAll(/[[\]]/g, "");
  const port = Number(url.port || defaultPort);
  const socket = net.connect({ host, port });
  const connected = new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
  });
  const next = "See that it has power and is in this network.";
  try {
    await bound(clock, REACH_MS, connected, () => new Error("no answer"));
    return ok(`${url.host} takes connections`);
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw new HilError("infrastructure", "switch-failed", `${url.host} is not reached (${why}). ${next}`, thrown);
  } finally {
    socket.on("error", () => undefined);
    socket.destroy();
  }
}

function checkNetwork({ wifi, clock }: BoardResource): Finding {
  if (wifi !== undefined) return ok(wifi.password === "" ? `${wifi.ssid}, open` : wifi.ssid);
  if (clock !== undefined) return unknown("none is named");
  return wrong("no Wi-Fi is named", "Add wifi: {ssid: ..., passwordEnv: ...} to the bench file.", "usage");
}
