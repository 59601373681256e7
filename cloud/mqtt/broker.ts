// Owns the MQTT broker as devices find it: every hook of aedes turned to our own rules. A PUBLISH is acknowledged when its ingest has
// committed, and not before [ALERT-1]; topics are the device's own at every door [TENANT-1]. What messages mean is the ingest's, what a
// session's end means is told to presence.
import type { EventEmitter } from "node:events";
import { Aedes, type AedesOptions, type Client } from "aedes";
import type { Logger } from "pino";
import { parseTopic, type Will } from "#protocol";
import type { Clock } from "../clock.ts";
import { type Admission, createAdmission } from "./admission.ts";
import type { Connection, Connections } from "./connections.ts";
import type { AuthenticateDevice, DeviceScope, Ingest, IsWrittenTogether } from "./device-door.ts";
import { createIngestTurns, TURN_LIMITS, type TurnLimits } from "./ingest-turns.ts";
import { sendSessionStart } from "./link.ts";
import { createPublishing, PublishError, type Publishing } from "./publishing.ts";
import { createRefusals, type Refusals } from "./refusals.ts";
import { createSockets, type SessionEnd } from "./sockets.ts";
import { createSubscribing, type Subscribing } from "./subscribing.ts";

export interface BrokerLimits extends TurnLimits {
  connectionsMax: number;
  /** Sockets the system accepts before we do: thousands of traps reconnect at once. */
  backlog: number;
  /** How long a socket may take to its CONNECT, and after it the look-up of its credentials with the wait for it. */
  connectMs: number;
  lookUpMs: number;
  /** How long a connection may take from there to its proven hello: a trap needs two answers of ours for it. */
  proveMs: number;
  /** How long a device may leave unread what we send it. */
  drainMs: number;
}

export const BROKER_LIMITS: BrokerLimits = {
  ...TURN_LIMITS,
  connectionsMax: 20_000,
  backlog: 4_096,
  connectMs: 10_000,
  lookUpMs: 10_000,
  proveMs: 20_000,
  drainMs: 10_000,
};

export interface BrokerDeps {
  connections: Connections;
  authenticate: AuthenticateDevice;
  ingest: Ingest;
  /** Of no message unless told. */
  isWrittenTogether?: IsWrittenTogether;
  /** Something of this session was heard. */
  onHeard(device: DeviceScope, session: Will, at: Date): void;
  /** The connection of this session is over: the device said goodbye, or did not. */
  onSessionEnded(device: DeviceScope, session: Will, reason: SessionEnd, at: Date): Promise<void>;
  randomBytes(count: number): Uint8Array;
  clock: Clock;
  log: Logger;
  limits?: Partial<BrokerLimits>;
}

export interface Broker {
  /** Listen; port 0 takes a free one. @throws what the socket says, with its code (EADDRINUSE). */
  start(at: { host: string; port: number }): Promise<{ host: string; port: number }>;
  /** Let what is under way commit, refuse the rest, close every connection. No session ends by it: traps come back. */
  stop(): Promise<void>;
  /** How often each kind of thing was refused. */
  refusals(): Record<string, number>;
}

/** For acknowledgements of what has just been committed, when the broker stops. */
const LAST_WORDS_MS = 1_000;

export async function createBroker(deps: BrokerDeps): Promise<Broker> {
  const limits = { ...BROKER_LIMITS, ...deps.limits };
  const refusals = createRefusals(deps);
  const turns = createIngestTurns(deps.clock, limits);
  const byClient = new WeakMap<Client, Connection>();
  const aedes = await Aedes.createBroker({
    connectTimeout: limits.connectMs,
    drainTimeout: limits.drainMs,
    ...createHooks(byClient, {
      admission: createAdmission({
        ...deps,
        refusals,
        lookUpMs: limits.lookUpMs,
        proveMs: limits.proveMs,
        // Credentials wait for their turn like messages: thousands at once must not keep the database from people.
        authenticate: (username, password) => turns.run(() => deps.authenticate(username, password), "newcomer"),
      }),
      publishing: createPublishing({ ...deps, turns, refusals }),
      subscribing: createSubscribing(refusals),
    }),
  });
  listenToClients(aedes, byClient, refusals, deps.log);
  const sockets = createSockets({ ...deps, aedes, byClient, limits, refusals, turns });
  return {
    start: (at) => sockets.start(at),
    async stop() {
      const closed = sockets.stopListening();
      // Whoever takes longer than its time has been given up already.
      await withinTime(deps.clock, turns.stop(), limits.commitMs);
      await withinTime(deps.clock, Promise.all(deps.connections.list().map((one) => one.tail)), LAST_WORDS_MS);
      // A packet leaves at the end of the turn in which it was written.
      await new Promise((resolve) => setImmediate(resolve));
      sockets.closeAll();
      await closed;
      await new Promise<void>((resolve) => aedes.close(() => resolve()));
    },
    refusals: () => refusals.list(),
  };
}

interface Rules {
  admission: Admission;
  publishing: Publishing;
  subscribing: Subscribing;
}

/** A client we know nothing of gets nowhere; without a bug of ours there is none. */
function createHooks(byClient: WeakMap<Client, Connection>, rules: Rules): AedesOptions {
  return {
    preConnect(client, packet, done) {
      const connection = byClient.get(client);
      if (connection !== undefined) rules.admission.read(connection, packet);
      done(null, connection !== undefined);
    },
    authenticate(client, _username, _password, done) {
      const connection = byClient.get(client);
      if (connection === undefined) return done(null, false);
      void rules.admission.decide(connection).then((refusal) => {
        if (refusal === null) return done(null, true);
        done(Object.assign(new Error(`connect: ${refusal.reason}`), { returnCode: refusal.returnCode }), false);
      });
    },
    // Without a client it would be a will, and no will gets as far as aedes.
    authorizePublish(client, packet, done) {
      const connection = client === null ? undefined : byClient.get(client);
      if (connection === undefined) return done(new PublishError("connection-over"));
      rules.publishing.take(connection, packet).then(
        () => done(null),
        (error: Error) => done(error),
      );
    },
    authorizeSubscribe(client, subscription, done) {
      const connection = byClient.get(client);
      if (connection === undefined) return done(null, null);
      rules.subscribing.ask(connection, subscription.topic, (isGranted) => done(null, isGranted ? subscription : null));
    },
    authorizeForward(client, packet) {
      const connection = byClient.get(client);
      return connection?.state === "open" && connection.filters.has(packet.topic) ? packet : null;
    },
  };
}

/** What aedes says when a packet is none; every other end of a connection is no refusal, or was counted where it was decided. */
const NO_REFUSAL =
  /^(connect: |connect did not arrive|keep alive timeout|drain timeout|connection closed|not authorized)/;

/** What aedes calls the quality of a subscription that was refused. */
const QOS_REFUSED = 128;

function listenToClients(aedes: Aedes, byClient: WeakMap<Client, Connection>, refusals: Refusals, log: Logger): void {
  // By now the SUBACK has been written.
  aedes.on("subscribe", (subscriptions, client) => {
    const connection = byClient.get(client);
    const isAsked = subscriptions.some(({ topic, qos }) => qos < QOS_REFUSED && parseTopic(topic)?.name === "session");
    if (connection !== undefined && isAsked) void sendSessionStart(connection);
  });
  aedes.on("unsubscribe", (filters, client) => {
    for (const filter of filters) byClient.get(client)?.filters.delete(filter);
  });
  const onError = (client: Client, error: Error & { code?: string }) => {
    const connection = byClient.get(client);
    const facts = { address: connection?.address, deviceId: connection?.device?.deviceId };
    if (error instanceof PublishError || error.code !== undefined || NO_REFUSAL.test(error.message)) {
      log.debug({ ...facts, err: error }, "mqtt connection ended");
    } else {
      refusals.count("malformed-packet", facts);
    }
  };
  aedes.on("clientError", onError);
  aedes.on("connectionError", onError);
  const emitter: EventEmitter = aedes;
  emitter.on("error", (error: Error) => log.error({ err: error }, "mqtt broker failed"));
}

async function withinTime(clock: Clock, work: Promise<unknown>, limitMs: number): Promise<void> {
  let timer: { stop(): void } | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = clock.setTimer(limitMs, resolve);
  });
  await Promise.race([work, limit]);
  timer?.stop();
}
