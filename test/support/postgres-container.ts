// Owns PostgreSQL in a container for the tests, where a container runtime answers. Without one it says so in milliseconds.
import { testLog } from "./test-log.ts";

/** A server without any database of ours: where it is and how to end it. */
export interface BareServer {
  url: string;
  description: string;
  stop(): Promise<void>;
}

const IMAGE = "postgres:18-alpine";
/** Fetching the image included; longer than this, and the embedded server is the better choice. */
const START_WITHIN_MS = 60_000;
const RUNTIME_WITHIN_MS = 2_000;

/** Null where there is no container runtime, or it cannot run the image in time. */
export async function startContainerPostgres(): Promise<BareServer | null> {
  if (!(await isRuntimeThere())) return null;
  const { Wait } = await import("testcontainers");
  const { PostgreSqlContainer } = await import("@testcontainers/postgresql");
  const container = new PostgreSqlContainer(IMAGE)
    .withCommand(["postgres", "-c", "fsync=off", "-c", "full_page_writes=off"])
    // The image starts its server twice. Health checks, the default, never turn healthy under podman.
    .withWaitStrategy(Wait.forLogMessage(/database system is ready to accept connections/, 2))
    .withStartupTimeout(START_WITHIN_MS);
  const starting = container.start();
  try {
    const started = await within(starting, START_WITHIN_MS, `${IMAGE} did not start`);
    return {
      url: started.getConnectionUri(),
      description: `${IMAGE} in a container`,
      stop: async () => void (await started.stop()),
    };
  } catch (error) {
    testLog.warn({ err: error }, "a container runtime answers, but PostgreSQL does not start in it");
    // It may still come up after we have given up on it.
    void starting.then((late) => late.stop()).catch((late: unknown) => testLog.info({ err: late }, "container gone"));
    return null;
  }
}

async function isRuntimeThere(): Promise<boolean> {
  try {
    const { getContainerRuntimeClient } = await import("testcontainers");
    await within(getContainerRuntimeClient(), RUNTIME_WITHIN_MS, "the container runtime did not answer");
    return true;
  } catch (error) {
    testLog.info({ err: error }, "no container runtime");
    return false;
  }
}

async function within<T>(promise: Promise<T>, limitMs: number, message: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${message} within ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}
