// Owns plugs that hear MQTT. A connection for each order: orders are rare, and a broker that went away in between is then no matter.
// Every await is bounded, since a publish that the broker refuses never settles.
import { connect, type MqttClient } from "mqtt";
import type { Clock } from "../../clock.ts";
import { HilError } from "../../error.ts";
import type { SwitchResource } from "../../resources/bench.ts";
import { bound } from "../bounded.ts";
import type { Environment } from "../run-program.ts";
import type { Switch } from "./switch.ts";
import { createSwitchError, toReason } from "./switch-error.ts";

type MqttResource = Extract<SwitchResource, { kind: "mqtt" }>;

const CONNECT_MS = 8_000;
const PUBLISH_MS = 5_000;
const END_MS = 1_000;

export interface MqttTools {
  clock: Clock;
  environment: Environment;
}

export function createMqttSwitch(resource: MqttResource, tools: MqttTools): Switch {
  const name = `the plug on ${resource.topic} at ${resource.url}`;
  return {
    name,
    async set(on) {
      const payload = on ? resource.on : resource.off;
      const options = readLogin(resource, name, tools.environment);
      const client = connect(resource.url, { ...options, reconnectPeriod: 0, connectTimeout: CONNECT_MS, clean: true });
      try {
        await order(client, resource.topic, payload, tools.clock);
      } catch (thrown) {
        const tried = `"${payload}" with QoS 1`;
        const next = "see that the broker is there and lets this user publish to this topic.";
        throw createSwitchError({ name, on, tried, cameBack: toReason(thrown), next }, thrown);
      } finally {
        await end(client, tools.clock);
      }
    },
    async close() {
      // Nothing is open between two orders.
    },
  };
}

function readLogin(
  resource: MqttResource,
  name: string,
  environment: Environment,
): { username?: string; password?: string } {
  const { username, passwordEnv } = resource;
  const password = passwordEnv === undefined ? undefined : environment[passwordEnv];
  if (passwordEnv !== undefined && !password)
    throw new HilError("usage", "variable-not-set", `${name} needs a password: set ${passwordEnv} and start again.`);
  return { ...(username !== undefined && { username }), ...(password !== undefined && { password }) };
}

async function order(client: MqttClient, topic: string, payload: string, clock: Clock): Promise<void> {
  const lost = new Promise<never>((_resolve, reject) => {
    client.on("error", reject);
    client.on("close", () => reject(new Error("the broker closed the connection")));
  });
  lost.catch(forgetLate);
  const connected = new Promise<void>((resolve) => client.once("connect", () => resolve()));
  await bound(clock, CONNECT_MS, Promise.race([connected, lost]), () => new Error("no answer to CONNECT"));
  const published = client.publishAsync(topic, payload, { qos: 1 });
  published.catch(forgetLate);
  await bound(clock, PUBLISH_MS, Promise.race([published, lost]), () => new Error("the broker did not acknowledge it"));
}

function forgetLate(): void {
  // Told by the race it lost.
}

async function end(client: MqttClient, clock: Clock): Promise<void> {
  client.on("error", forgetLate);
  try {
    await bound(clock, END_MS, client.endAsync(true), () => new Error("the client did not end"));
  } catch {
    client.stream?.destroy();
  }
}
