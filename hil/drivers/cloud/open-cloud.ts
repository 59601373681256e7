// Owns the bench's own cloud with everything around it: relays first, since the cloud is told where traps find them, then the cloud; ended
// in reverse.
import type { Clock } from "../../clock.ts";
import type { BenchCloud } from "./bench-cloud.ts";
import { type CloudDesk, createDeskPerson, registerIdentity } from "./bench-cloud.ts";
import { openCloudFolder } from "./cloud-folder.ts";
import { type LocalCloud, startLocalCloud } from "./local-cloud.ts";
import { checkTapHost, startTaps } from "./taps.ts";

export interface OpenLocalCloudOptions {
  /** The repository. */
  root: string;
  /** Of the cloud in the bench's state folder. */
  folder: string;
  /** The address boards reach this machine at. */
  host: string;
  databaseUrl: string | undefined;
  /** In hexadecimal. */
  firmwareKeys: string[];
  environment: NodeJS.ProcessEnv;
  clock: Clock;
  onLog?(line: string): void;
  onRemark(text: string): void;
}

/** @throws HilError "cloud-not-started", "database-not-started", "cloud-folder-unusable", "cloud-host-unusable", "port-taken" */
export async function openLocalCloud(options: OpenLocalCloudOptions): Promise<BenchCloud> {
  const { root, databaseUrl, firmwareKeys, environment, clock, onLog, onRemark } = options;
  const host = checkTapHost(options.host);
  const folder = openCloudFolder(options.folder);
  let cloud: LocalCloud | undefined;
  const nowhere = { host: "127.0.0.1", port: 1 };
  const getHttp = () => (cloud === undefined ? nowhere : addressOf(cloud.url));
  const taps = await startTaps({ host, folder, getHttp, getMqtt: () => cloud?.mqtt ?? nowhere, onRemark });
  try {
    cloud = await startLocalCloud({
      ...{ root, folder, databaseUrl, firmwareKeys, environment, clock, onLog },
      publicMqtt: taps.mqtt,
    });
  } catch (error) {
    await taps.close();
    throw error;
  }
  const started = cloud;
  const { url, factoryToken } = started;
  const desk: CloudDesk = { url, factoryToken, account: undefined, hasAddresses: true };
  return {
    url,
    process: started,
    openDoor: taps.openDoor,
    register: (identity) => registerIdentity(desk, identity),
    createPerson: (wish) => createDeskPerson(desk, wish),
    async close() {
      await taps.close();
      await started.close();
    },
  };
}

function addressOf(url: string): { host: string; port: number } {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port) };
}
