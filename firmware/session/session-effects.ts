// Owns what follows from the session machine: the socket, the packets on it, and what goes to which room. What the messages mean is
// orders.ts's and reports.ts's.
import { type Bytes, downTopics, encodeWill, joinSealed, KEEP_ALIVE_S, upTopic, willSealText } from "#protocol";
import { createProver, prove } from "../claim/proofs.ts";
import { type Context, drawChance, enter, post, say, send } from "../context.ts";
import { forgetRestart } from "../health/health-effects.ts";
import {
  DISCONNECT_BYTES,
  encodeConnect,
  encodePuback,
  encodeSubscribe,
  PINGREQ_BYTES,
  parsePackets,
} from "./mqtt-packets.ts";
import { handleMessage } from "./orders.ts";
import { restartOutbox } from "./outbox.ts";
import { greetCloud } from "./reports.ts";
import { applySession, type SessionEffect, type SessionInput } from "./session.ts";

export function handleSession(c: Context, fact: SessionInput): void {
  const before = c.session.name;
  const outcome = applySession(c.session, fact, c.ports.clock.now(), drawChance(c));
  c.session = outcome.state;
  if (c.session.name !== before) say(c, "session", ["state", c.session.name, "session", c.session.session]);
  // What is under way on a connection that is gone counts as not sent.
  if (before === "online" && c.session.name !== "online") restartOutbox(c.outbox);
  for (const effect of outcome.effects) perform(c, effect);
}

function perform(c: Context, effect: SessionEffect): void {
  switch (effect.name) {
    case "open-socket":
      openSocket(c);
      break;
    case "close-socket":
      closeSocket(c, effect.polite);
      break;
    case "send-connect":
      sendConnect(c);
      break;
    case "send-subscribe":
      if (c.credentials) send(c, encodeSubscribe(downTopics(c.credentials.tenant, c.credentials.device), 1));
      break;
    case "send-ping":
      send(c, PINGREQ_BYTES);
      break;
    case "send-puback":
      send(c, encodePuback(effect.id));
      break;
    case "greet-cloud":
      greetCloud(c);
      forgetRestart(c);
      // The one place where a trial is confirmed.
      post(c, { to: "update", fact: { name: "welcomed" } });
      break;
    case "handle-message":
      handleMessage(c, effect.topic, effect.payload);
      break;
    case "ask-about-credentials":
      post(c, { to: "claim", fact: { name: "credentials-refused" } });
      break;
    default:
      say(c, "session", ["trouble", effect.reason, "retryMs", c.session.wakeAt - c.ports.clock.now()]);
  }
}

function openSocket(c: Context): void {
  if (!c.credentials) return;
  c.connection++;
  c.buffer = "";
  const connection = c.connection;
  const handlers = {
    opened: function (): void {
      if (connection === c.connection) enter(c, { to: "session", fact: { name: "socket-opened" } });
    },
    received: function (data: Bytes): void {
      if (connection === c.connection) receive(c, data);
    },
    closed: function (error: string): void {
      if (connection === c.connection) enter(c, { to: "session", fact: { name: "socket-closed", error: error } });
    },
  };
  try {
    c.socket = c.ports.network.connect(c.credentials.host, c.credentials.port, handlers);
  } catch (_unreachable) {
    post(c, { to: "session", fact: { name: "socket-closed", error: "not reachable" } });
  }
}

function receive(c: Context, data: Bytes): void {
  const parsed = parsePackets(c.buffer + data);
  c.buffer = parsed.rest;
  for (const packet of parsed.packets) post(c, { to: "session", fact: { name: "packet-received", packet: packet } });
  if (parsed.error !== "") {
    c.refusals++;
    post(c, { to: "session", fact: { name: "socket-closed", error: parsed.error } });
  }
  c.drain();
}

function closeSocket(c: Context, polite: boolean): void {
  if (polite) send(c, DISCONNECT_BYTES);
  const socket = c.socket;
  c.socket = null;
  c.seal = null;
  c.connection++;
  c.buffer = "";
  if (socket) socket.close();
}

function sendConnect(c: Context): void {
  const credentials = c.credentials;
  const identity = c.ports.identity;
  if (!credentials || !identity) return;
  const will = encodeWill({ boot: c.boot, session: c.session.session });
  const prover = createProver(c.ports.chip.sha256, identity.key);
  const willSeal = prove(prover, willSealText(credentials.device, will));
  const options = {
    clientId: credentials.user,
    user: credentials.user,
    password: credentials.password,
    keepAliveS: KEEP_ALIVE_S,
    willTopic: upTopic(credentials.tenant, credentials.device, "will"),
    willPayload: joinSealed(will, 0, willSeal),
  };
  const bytes = encodeConnect(options);
  send(c, bytes);
}
