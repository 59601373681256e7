// Owns the whole firmware as a library: what is loaded at the boot, the one queue of inputs and the one timer that drive every machine.
// The rooms own what their inputs mean; main.ts owns which ports there are.
import { CODE_NO_IDENTITY, CODE_STORE_DAMAGED, CODE_STORE_FULL, CODE_UNCAUGHT, decodeConfiguration } from "#protocol";
import { createButton } from "./button/button.ts";
import { handleButton } from "./button/button-effects.ts";
import { createClaim } from "./claim/claim.ts";
import { handleClaim } from "./claim/claim-effects.ts";
import { letGo } from "./claim/letting-go.ts";
import { handleConsole, tellBoot } from "./console/console-commands.ts";
import { type Context, enter, fault, type Input, intend, post, say } from "./context.ts";
import { createHealth } from "./health/health.ts";
import { findReason, watchHealth } from "./health/health-effects.ts";
import { handleAlarm, openAlarm } from "./indicator/alarm-effects.ts";
import { decidePattern } from "./indicator/patterns.ts";
import { createPlayer, playPattern, stopPlayer } from "./indicator/player.ts";
import { createPortal } from "./portal/portal.ts";
import { handlePortal, postPortal } from "./portal/portal-effects.ts";
import type { Ports } from "./ports.ts";
import { PROFILE_MAINS, restOf } from "./power/profile.ts";
import { noteLife, openLife } from "./session/life.ts";
import { createLink } from "./session/link.ts";
import { handleLink } from "./session/link-effects.ts";
import { findAckDeadline, openOutbox } from "./session/outbox.ts";
import { createConfiguration, publishTelemetry, sampleBattery, telemetryMs } from "./session/reports.ts";
import { createSession } from "./session/session.ts";
import { handleSession } from "./session/session-effects.ts";
import { findRecord, openRecordStore } from "./store/record-store.ts";
import {
  CLAIM_KEY,
  COMMAND_KEY,
  CONFIG_KEY,
  CREDENTIALS_KEY,
  decodeCredentials,
  decodeWifi,
  RELEASE_KEY,
  WIFI_KEY,
} from "./store/settings.ts";
import { createTrap } from "./trap/trap.ts";
import { findLatch, handleTrap } from "./trap/trap-effects.ts";
import { createUpdate } from "./update/update.ts";
import { handleUpdate } from "./update/update-effects.ts";
import { judgeUpdate } from "./update/verify.ts";

/** The watchdog is told, the battery and the contacts are looked at. */
export const CHORES_MS = 10000;
const PAUSE_AFTER_FAULT_MS = 100;
const RELEASE_POLL_MS = 200;

export interface Device {
  start(): void;
  /** Close what is open and never act again. */
  stop(): void;
}

export function createDevice(ports: Ports): Device {
  let c: Context | null = null;
  return {
    start: function (): void {
      if (!c) c = startDevice(ports);
    },
    stop: function (): void {
      if (c) stopDevice(c);
    },
  };
}

function startDevice(ports: Ports): Context {
  const c = createContext(ports, () => drainQueue(c));
  postBoot(c);
  drainQueue(c);
  ports.pins.watch(
    function (set, ago): void {
      c.health.missed = 0;
      enter(c, { to: "trap", fact: { name: "plunger-changed", set: set, at: ports.clock.now() - ago } });
    },
    (down, ago) =>
      enter(c, { to: "button", fact: { name: "button-changed", down: down, at: ports.clock.now() - ago } }),
  );
  ports.radio.onLost(() => enter(c, { to: "link", fact: { name: "network-lost" } }));
  ports.console.onCommand((line) => enter(c, { to: "console", line: line }));
  return c;
}

function stopDevice(c: Context): void {
  c.isStopped = true;
  c.queue = [];
  if (c.timer) c.ports.clock.clearTimer(c.timer);
  if (c.socket) c.socket.close();
  if (c.door) c.door.close();
  c.connection++;
  stopPlayer(c.player);
  c.ports.radio.leave();
}

/** Work off the queue; what is queued meanwhile is worked off too. An input that fails takes no other with it. */
function drainQueue(c: Context): void {
  if (c.isStopped || c.isDraining) return;
  c.isDraining = true;
  c.pauseMs = 1;
  while (c.queue.length > 0) {
    const input = c.queue.shift();
    try {
      if (input) handle(c, input);
    } catch (thrown) {
      fault(c, CODE_UNCAUGHT, String(thrown));
      // What fails again at once shall not keep the rest from its turn.
      c.pauseMs = PAUSE_AFTER_FAULT_MS;
    }
  }
  c.isDraining = false;
  showSituation(c);
  setWakeTimer(c);
}

function setWakeTimer(c: Context): void {
  const at = findNextWake(c);
  const clock = c.ports.clock;
  if (at === c.timerAt) return;
  if (c.timer) clock.clearTimer(c.timer);
  c.timerAt = at;
  c.timer = clock.setTimer(Math.max(c.pauseMs, at - clock.now()), () => wake(c));
}

/** Called by the timer alone, never from within the loop. */
function wake(c: Context): void {
  if (c.isStopped) return;
  const clock = c.ports.clock;
  if (c.isDraining) {
    // The interpreter broke off in the middle: out of memory, which nothing catches. What was being done is lost, the rest goes on.
    c.isDraining = false;
    fault(c, CODE_UNCAUGHT, "interrupted");
  }
  // Should it be broken off again, there is another timer to wake it.
  c.timerAt = clock.now() + CHORES_MS;
  c.timer = clock.setTimer(CHORES_MS, () => wake(c));
  postDue(c);
  c.drain();
  if (c.update.name === "checking") {
    // Here and not where the queue is worked off: verifying needs the stack for itself.
    judgeUpdate(c);
    c.drain();
  }
}

function createContext(ports: Ports, drain: () => void): Context {
  const store = openRecordStore(ports.flash, ports.chip.sha256);
  const life = openLife(store, ports.chip.random());
  const config = decodeConfiguration(findRecord(store, CONFIG_KEY));
  const command = parseInt(findRecord(store, COMMAND_KEY) ?? "0", 10);
  const identity = ports.identity;
  const kind = identity ? identity.kind : "live-catch";
  const c: Context = {
    ports: ports,
    store: store,
    outbox: openOutbox(store, life.boot, life.lifeMs),
    player: createPlayer(ports.clock, ports.pins),
    kind: kind,
    boot: life.boot,
    sha256: ports.slots.sha256,
    trap: createTrap(),
    alarm: openAlarm(store, kind, ports.clock.now()),
    button: createButton(ports.pins.isButtonDown()),
    link: createLink(ports.radio.wired),
    session: createSession(ports.radio.wired),
    claim: createClaim(),
    update: createUpdate(),
    portal: createPortal(),
    config: config.ok ? config.value : createConfiguration(),
    credentials: decodeCredentials(findRecord(store, CREDENTIALS_KEY)),
    wifi: decodeWifi(findRecord(store, WIFI_KEY)),
    door: null,
    socket: null,
    seal: null,
    connection: 0,
    buffer: "",
    packetId: 1,
    commands: command > 0 ? [{ id: command, code: 0 }] : [],
    batteryMv: 0,
    batteryToldMv: 0,
    profile: PROFILE_MAINS,
    telemetryAt: 0,
    choresAt: ports.clock.now() + CHORES_MS,
    identifyUntil: 0,
    refusedUntil: 0,
    intention: "",
    intentionAt: 0,
    health: createHealth(),
    reason: 0,
    strikes: 0,
    refusals: 0,
    faults: 0,
    queue: [],
    isDraining: false,
    isStopped: false,
    timer: 0,
    timerAt: 0,
    pauseMs: 1,
    drain: drain,
  };
  findReason(c);
  c.telemetryAt = c.choresAt + telemetryMs(c);
  tellBoot(c);
  if (!identity) fault(c, CODE_NO_IDENTITY, "identity");
  if (!life.stored) fault(c, CODE_STORE_FULL, "boot");
  return c;
}

/** What the boot itself gives to do. */
function postBoot(c: Context): void {
  const ports = c.ports;
  sampleBattery(c);
  post(c, { to: "trap", fact: { name: "power-returned", latch: findLatch(c), set: ports.pins.isPlungerSet() } });
  if (c.wifi && !ports.radio.wired) post(c, { to: "link", fact: { name: "network-named" } });
  postPortal(c);
  // Without its key a trap can prove nothing to the cloud.
  if (c.credentials && ports.identity) post(c, { to: "session", fact: { name: "credentials-changed", present: true } });
  const code = findRecord(c.store, CLAIM_KEY);
  if (findRecord(c.store, RELEASE_KEY) !== null) post(c, { to: "claim", fact: { name: "reset-happened" } });
  if (code !== null) post(c, { to: "claim", fact: { name: "claim-wanted", code: code, announced: true } });
}

function handle(c: Context, input: Input): void {
  switch (input.to) {
    case "trap":
      handleTrap(c, input.fact);
      break;
    case "alarm":
      handleAlarm(c, input.asked);
      break;
    case "button":
      handleButton(c, input.fact);
      break;
    case "link":
      handleLink(c, input.fact);
      break;
    case "session":
      handleSession(c, input.fact);
      break;
    case "claim":
      handleClaim(c, input.fact);
      break;
    case "update":
      handleUpdate(c, input.fact);
      break;
    case "portal":
      handlePortal(c, input.fact);
      break;
    case "console":
      handleConsole(c, input.line);
      break;
    case "telemetry":
      publishTelemetry(c);
      break;
    case "intention":
      carryOut(c);
      break;
    default:
      doChores(c);
  }
}

/** Also looks at the contacts, should an edge have been lost. */
function doChores(c: Context): void {
  const pins = c.ports.pins;
  c.choresAt = c.ports.clock.now() + CHORES_MS;
  watchHealth(c);
  if (c.portal.isOpen) post(c, { to: "portal", fact: { name: "look" } });
  if (c.store.damaged > 0) fault(c, CODE_STORE_DAMAGED, "store");
  c.store.damaged = 0;
  noteLife(c.outbox, c.ports.clock.now());
  sampleBattery(c);
  post(c, { to: "trap", fact: { name: "time-passed", set: pins.isPlungerSet() } });
  post(c, { to: "button", fact: { name: "time-passed", down: pins.isButtonDown() } });
}

function findNextWake(c: Context): number {
  let next = c.choresAt;
  const others = [
    ...[
      c.trap.wakeAt,
      c.alarm.wakeAt,
      c.button.wakeAt,
      c.link.wakeAt,
      c.session.wakeAt,
      c.claim.wakeAt,
      c.update.wakeAt,
    ],
    ...[c.telemetryAt, c.identifyUntil, c.refusedUntil, c.intentionAt, findAckDeadline(c.outbox), c.portal.wakeAt],
  ];
  for (const at of others) if (at > 0 && at < next) next = at;
  return next;
}

/** Everything whose time has come. */
function postDue(c: Context): void {
  const now = c.ports.clock.now();
  const pins = c.ports.pins;
  const isDue = (at: number): boolean => at > 0 && now >= at;
  if (isDue(c.trap.wakeAt)) post(c, { to: "trap", fact: { name: "time-passed", set: pins.isPlungerSet() } });
  if (isDue(c.alarm.wakeAt)) post(c, { to: "alarm", asked: "" });
  if (isDue(c.button.wakeAt)) post(c, { to: "button", fact: { name: "time-passed", down: pins.isButtonDown() } });
  if (isDue(c.link.wakeAt)) post(c, { to: "link", fact: { name: "time-passed" } });
  if (isDue(c.session.wakeAt)) post(c, { to: "session", fact: { name: "time-passed" } });
  if (isDue(c.claim.wakeAt)) post(c, { to: "claim", fact: { name: "time-passed" } });
  if (isDue(c.update.wakeAt)) post(c, { to: "update", fact: { name: "time-passed" } });
  if (isDue(findAckDeadline(c.outbox))) post(c, { to: "session", fact: { name: "ack-overdue" } });
  if (isDue(c.portal.wakeAt)) post(c, { to: "portal", fact: { name: "look" } });
  if (isDue(c.telemetryAt)) post(c, { to: "telemetry" });
  if (isDue(c.identifyUntil)) c.identifyUntil = 0;
  if (isDue(c.refusedUntil)) c.refusedUntil = 0;
  if (isDue(c.choresAt)) post(c, { to: "chores" });
  if (isDue(c.intentionAt)) post(c, { to: "intention" });
}

function carryOut(c: Context): void {
  const intention = c.intention;
  if (intention === "reboot" && c.button.pressed && c.button.pressedAt >= 0) {
    // The loader takes a held button for the wish that nothing be started: the finger that asked for a reset has to leave it first.
    intend(c, "reboot", RELEASE_POLL_MS);
    return;
  }
  c.intention = "";
  c.intentionAt = 0;
  if (intention === "let-go") letGo(c);
  else if (intention === "reboot") {
    say(c, "reboot", []);
    c.ports.chip.reboot();
  }
}

function showSituation(c: Context): void {
  const name = c.session.name;
  const situation = {
    heldS: c.button.heldS,
    refused: c.refusedUntil > 0,
    identifying: c.identifyUntil > 0,
    state: c.trap.name,
    silenced: c.alarm.isQuiet,
    stage: c.alarm.stage,
    buzzer: c.config.buzzer,
    claiming: c.claim.purpose === "claim",
    connecting: (c.credentials !== null && name !== "online") || c.door !== null,
    rest: restOf(c.profile),
  };
  const pattern = decidePattern(situation);
  playPattern(c.player, pattern);
}
