// Owns playing the trap's part of a recording to a cloud, without the board, and telling where the cloud answers otherwise than it did:
// answers over HTTP, messages, ends of connections, answers to persons, what they are shown. Each is compared in its own order: answers
// with their requests, messages of a name within their connection, notices of a type. Pauses of the recording are not waited for [RECORD-2].
// What is said alike, and what may differ, is comparing.ts's.
import { encodeHello, type FieldValue, type Identity } from "#protocol";
import type { Clock } from "../clock.ts";
import { HilError } from "../error.ts";
import { askJson, type CloudSide, isObject } from "./cloud-side.ts";
import { compareFields, type Difference, IdMap, readNotice, tellFields } from "./comparing.ts";
import type { EntryOf, Json, RecordFields, TimedEntry } from "./entries.ts";
import type { Output } from "./expectations.ts";
import { createPuppetTrap, type PuppetTrap, type StepAnswer } from "./puppet-trap.ts";
import type { Recording } from "./recording.ts";
import { encodeFields } from "./records.ts";
import { fillPlaceholders, type Secrets } from "./secrets.ts";
import { createWatchers, type ReadNotice, type Watchers } from "./watchers.ts";

export interface CloudReplayOptions {
  recording: Recording;
  cloud: CloudSide;
  /** New to the cloud: it is registered, and claimed as the recording says. */
  identity: Identity;
  clock: Clock;
  /** Patience for one answer, in milliseconds; 5000 unless told. */
  withinMs?: number;
  signal?: AbortSignal;
}

export interface ReplayOutcome {
  differences: Difference[];
  /** What was not replayed, or had to be made up. */
  remarks: string[];
  /** Things that were compared. */
  compared: number;
  /** What came out of the trap, where one was replayed. */
  seen: Output[];
}

const WITHIN_MS = 5_000;
/** What nobody waits for may still come. */
const GRACE_MS = 300;
/** Enough to see what is wrong; the patience for each of the following would add up. */
const DIFFERENCES_MAX = 20;
/** An answer the recording had no time to hear. */
const UNHEARD_MS = 1_000;
const FIRST_SESSION = { boot: "0000000100000001", session: 1 };
/** What makes a person; the replay has made its own. */
const NOT_REPLAYED = /^\/api\/v1\/(register|login|logout|session-cookie|factory\/|firmware$)/;

/** @throws HilError where the cloud cannot be played to at all: no identity registered, no person, no stream */
export async function replayAgainstCloud(options: CloudReplayOptions): Promise<ReplayOutcome> {
  const replay = new CloudReplay(options);
  await registerIdentity(options.cloud, options.identity);
  try {
    await replay.run();
  } finally {
    replay.stop();
  }
  return replay.outcome;
}

async function registerIdentity(cloud: CloudSide, identity: Identity): Promise<void> {
  const { serial: serialNumber, mac: macAddress, key, hardware, kind } = identity;
  const body = { serialNumber, macAddress, key, hardware, kind };
  const authorization = `Bearer ${cloud.factoryToken}`;
  const { status } = await askJson(`${cloud.httpUrl}/api/v1/factory/devices`, { method: "POST", authorization, body });
  if (status === 201) return;
  const said = status === 0 ? "did not answer" : `answered ${status}`;
  const advice = "see that it runs and that the factory's token is its own";
  throw new HilError(
    "infrastructure",
    "identity-not-registered",
    `${cloud.httpUrl} ${said} when the trap of the replay was registered; ${advice}`,
  );
}

class CloudReplay {
  readonly outcome: ReplayOutcome = { differences: [], remarks: [], compared: 0, seen: [] };
  readonly #options: CloudReplayOptions;
  readonly #withinMs: number;
  readonly #trap: PuppetTrap;
  readonly #ids = new IdMap();
  readonly #secrets: Secrets = {};
  readonly #answers: { step: string; answer: StepAnswer }[] = [];
  readonly #acts: { who: string; what: string; status: number }[] = [];
  /** How the trap was shown last, by person. */
  readonly #shown = new Map<string, string>();
  /** When each answerable message was said, in milliseconds of the recording. */
  readonly #saidAt = new Map<string, number>();
  #watchers: Watchers | null = null;
  #faults = 0;

  constructor(options: CloudReplayOptions) {
    this.#options = options;
    this.#withinMs = options.withinMs ?? WITHIN_MS;
    const { identity, cloud, clock } = options;
    const { httpUrl, mqtt } = cloud;
    this.#trap = createPuppetTrap({ identity, httpUrl, mqtt, clock, withinMs: this.#withinMs });
  }

  async run(): Promise<void> {
    const { entries, end } = this.#options.recording;
    this.#watchers = await createWatchers(this.#options, entries);
    for (const [index, entry] of entries.entries()) {
      this.#options.signal?.throwIfAborted();
      if (this.outcome.differences.length >= DIFFERENCES_MAX) {
        this.outcome.remarks.push(`after ${DIFFERENCES_MAX} differences no more were looked for`);
        return;
      }
      await this.#play(entry, index);
    }
    const endMs = end?.durationMs ?? entries.at(-1)?.at ?? 0;
    await this.#expectNothing(endMs, GRACE_MS);
    for (const { who, notice } of this.#watchers.rest()) {
      if (this.#isUnheard(notice, endMs)) continue;
      this.#differ(0, endMs, `notices to ${who}`, "nothing more", tellFields(notice.notice, notice.fields));
    }
  }

  stop(): void {
    this.#trap.disconnect(false);
    this.#watchers?.stop();
  }

  async #play(entry: TimedEntry, index: number): Promise<void> {
    const line = index + 2;
    switch (entry.kind) {
      case "request":
        return this.#ask(entry);
      case "answer":
        this.#compareAnswer(entry, line);
        break;
      case "mqtt-connect":
        await this.#expectNothing(entry.at, 0);
        return this.#connect(entry, index);
      case "mqtt":
        if (entry.direction === "out") await this.#say(entry, index);
        else await this.#hear(entry, line);
        break;
      case "mqtt-end":
        return this.#end(entry, line);
      case "person":
        return this.#act(entry);
      case "person-answer":
        this.#compareStatus(entry, line);
        break;
      case "notice":
        return this.#see(entry, line);
      case "cloud":
        if (this.#options.cloud.setUp) await this.#options.cloud.setUp(entry.up);
        else this.#remark("this cloud cannot be taken away: that it was, is not replayed");
        break;
      default:
      // The rest happens inside the trap, and shows in what it says.
    }
    this.#tellFaults(line, entry.at);
  }

  async #ask({ step, fields }: EntryOf<"request">): Promise<void> {
    const given: RecordFields = {};
    for (const [name, value] of Object.entries(fields)) given[name] = this.#translate(value);
    this.#answers.push({ step, answer: await this.#trap.ask(step, given) });
  }

  #compareAnswer(entry: EntryOf<"answer"> & { at: number }, line: number): void {
    const at = this.#answers.findIndex((one) => one.step === entry.step);
    const answer = at < 0 ? undefined : this.#answers.splice(at, 1)[0]?.answer;
    // The recording begins between question and answer.
    if (answer === undefined) return;
    const what = `answer to ${entry.step}`;
    this.outcome.compared += 1;
    if (answer.status !== entry.status) {
      this.#differ(line, entry.at, what, `status ${entry.status}`, `status ${answer.status}`);
      return;
    }
    if (answer.fault !== "") this.#differ(line, entry.at, what, "an answer to believe", answer.fault);
    if (entry.step === "firmware") {
      const isSame = entry.body === undefined || answer.bytes.toString("base64") === entry.body;
      if (!isSame) this.#differ(line, entry.at, what, "other bytes", `${answer.bytes.length} bytes`);
    } else this.#compare(line, entry.at, what, entry.fields, answer.fields);
  }

  async #connect(entry: EntryOf<"mqtt-connect"> & { at: number }, index: number): Promise<void> {
    if (!this.#trap.hasCredentials) await this.#claim();
    const returnCode = await this.#trap.connect(this.#findSession(index));
    this.outcome.compared += 1;
    if (returnCode === entry.returnCode) return;
    const replayed = returnCode === null ? "no CONNACK" : `return code ${returnCode}`;
    this.#differ(index + 2, entry.at, "CONNECT", `return code ${entry.returnCode}`, replayed);
  }

  /** The next hello names the session that this connection's will is of. */
  #findSession(index: number): typeof FIRST_SESSION {
    const later = this.#options.recording.entries.slice(index + 1);
    const end = later.findIndex((entry) => entry.kind === "mqtt-connect");
    const hello = (end < 0 ? later : later.slice(0, end)).find(
      (entry) => entry.kind === "mqtt" && entry.name === "hello",
    );
    const { boot, session } = hello?.kind === "mqtt" ? hello.record : {};
    return typeof boot === "string" && typeof session === "number" ? { boot, session } : FIRST_SESSION;
  }

  async #say(entry: EntryOf<"mqtt"> & { direction: "out"; at: number }, index: number): Promise<void> {
    // Left at CONNECT; the cloud carries it out by itself.
    if (entry.name === "will") return;
    if (!this.#trap.isConnected) await this.#beginWithin();
    const { boot, seq } = entry.record;
    if (entry.name === "event") this.#saidAt.set(`${boot}/${seq}`, entry.at);
    const fields: RecordFields = {};
    for (const [name, value] of Object.entries(entry.record)) fields[name] = this.#translate(value, name);
    const isTaken = await this.#trap.say(entry.name, encodeFields(fields));
    this.outcome.compared += 1;
    if (isTaken) return;
    const replayed = this.#trap.isBegun ? "no PUBACK" : "there was no session to say it in";
    this.#differ(index + 2, entry.at, tellFields(entry.name, entry.record), "acknowledged", replayed);
  }

  async #hear(entry: EntryOf<"mqtt"> & { direction: "in"; at: number }, line: number): Promise<void> {
    if (!this.#trap.isConnected && entry.name !== "session") await this.#beginWithin();
    this.outcome.compared += 1;
    if (entry.name === "session") {
      if (!this.#trap.isBegun) this.#differ(line, entry.at, "session", "begun by the cloud", "not begun");
      return;
    }
    const heard = await this.#trap.heard.take((one) => one.name === entry.name, this.#withinMs);
    const recorded = tellFields(entry.name, entry.record);
    if (heard === null)
      return this.#differ(line, entry.at, entry.name, recorded, `nothing within ${this.#withinMs} ms`);
    this.#compare(line, entry.at, entry.name, entry.record, heard.record, entry.name === "command" ? ["id"] : []);
  }

  async #end(entry: EntryOf<"mqtt-end"> & { at: number }, line: number): Promise<void> {
    this.outcome.compared += 1;
    if (entry.by !== "cloud") {
      await this.#expectNothing(entry.at, 0);
      this.#trap.disconnect(entry.by === "trap");
    } else if (!(await this.#trap.endsWithin(this.#withinMs))) {
      this.#differ(line, entry.at, "connection", "ended by the cloud", `still open after ${this.#withinMs} ms`);
    }
  }

  async #act(entry: EntryOf<"person">): Promise<void> {
    const what = `${entry.method} ${entry.path}`;
    if (NOT_REPLAYED.test(entry.path)) {
      this.#remark(`${what} is not replayed`);
      return;
    }
    const device = /^\/api\/v1\/devices\/([0-9a-f-]{36})/.exec(entry.path)?.[1];
    if (device !== undefined && this.#trap.deviceId !== null) this.#ids.match(device, this.#trap.deviceId);
    const person = await this.#options.cloud.getPerson(entry.who);
    const path = String(this.#translate(entry.path));
    const { status, body } = await person.act(entry.method, path, this.#translateBody(entry.body));
    if (isObject(body) && typeof body.code === "string") this.#secrets["claim-code"] = body.code;
    this.#acts.push({ who: entry.who, what, status });
  }

  #compareStatus({ who, status, at }: EntryOf<"person-answer"> & { at: number }, line: number): void {
    const place = this.#acts.findIndex((one) => one.who === who);
    const act = place < 0 ? undefined : this.#acts.splice(place, 1)[0];
    // The recording begins between the two.
    if (act === undefined) return;
    this.outcome.compared += 1;
    if (act.status !== status) this.#differ(line, at, act.what, `status ${status}`, `status ${act.status}`);
  }

  async #see(entry: EntryOf<"notice"> & { at: number }, line: number): Promise<void> {
    const fields = readNotice(entry.notice, entry.data);
    if (fields === null || this.#watchers === null || this.#isShownAlready(entry.who, entry.notice, fields)) return;
    this.outcome.compared += 1;
    const { seen, last } = await this.#watchers.see(entry.who, entry.notice, fields, this.#withinMs);
    const what = `notice ${entry.notice} to ${entry.who}`;
    if (seen !== null) this.#compare(line, entry.at, what, fields, seen);
    if (seen !== null) return;
    const replayed =
      last === null ? `nothing within ${this.#withinMs} ms` : `at last ${tellFields(entry.notice, last)}`;
    this.#differ(line, entry.at, what, tellFields(entry.notice, fields), replayed);
  }

  /** How a trap is, is shown again whenever anything of it changes, telemetry included; how often, depends on how fast it was. */
  #isShownAlready(who: string, notice: string, fields: RecordFields): boolean {
    if (notice !== "device") return false;
    const shown = tellFields(who, fields);
    const isSame = this.#shown.get(who) === shown;
    this.#shown.set(who, shown);
    return isSame;
  }

  /** The recording begins with a trap that is claimed. */
  async #claim(): Promise<void> {
    this.#remark("the recording begins with a claimed trap: it was claimed for the replay");
    const owner = await this.#options.cloud.getPerson("owner");
    await this.#trap.ask("challenges", {});
    await this.#trap.ask("claiming", { code: "" });
    const body = { serialNumber: this.#options.identity.serial, name: "Replayed" };
    const claimed = await owner.act("POST", "/api/v1/claiming/claims", body);
    await this.#trap.ask("credentials", {});
    if (this.#trap.hasCredentials) return;
    const message = `the trap of the replay could not be claimed: the cloud answered ${claimed.status}; look into its log`;
    throw new HilError("infrastructure", "replay-not-claimed", message);
  }

  /** The recording begins within a session. */
  async #beginWithin(): Promise<void> {
    if (!this.#trap.hasCredentials) await this.#claim();
    this.#remark("the recording begins within a session: one was begun for the replay");
    await this.#trap.connect(FIRST_SESSION);
    const { firmware } = this.#options.recording;
    const hello = {
      ...{ ...FIRST_SESSION, version: firmware?.version ?? "0.0.0", sha256: firmware?.sha256 ?? "0".repeat(64) },
      ...{ hardware: this.#options.identity.hardware, reason: 1, uptimeMs: 0, state: "disarmed" as const },
      ...{ rev: 0, batteryMv: 4000, rssi: -60 },
    };
    await this.#trap.say("hello", encodeHello(hello));
    await this.#trap.heard.take((one) => one.name === "welcome", this.#withinMs);
  }

  /** Whatever was said and not expected, but for answers that the recording ended too early to hear. */
  async #expectNothing(at: number, graceMs: number): Promise<void> {
    for (;;) {
      const heard = await this.#trap.heard.take(() => true, graceMs);
      if (heard === null) return;
      const saidAt = this.#saidAt.get(`${heard.record.boot}/${heard.record.seq}`) ?? Number.NEGATIVE_INFINITY;
      if (heard.name === "ack" && at - saidAt <= UNHEARD_MS) continue;
      this.#differ(0, at, heard.name, "nothing more", tellFields(heard.name, heard.record));
    }
  }

  /** A notice of what was said so shortly before the end that the recording had no time to see it. */
  #isUnheard({ notice, fields }: ReadNotice, endMs: number): boolean {
    const said = [...this.#saidAt.values()];
    const saidAt = notice === "event" ? this.#saidAt.get(`${fields.bootId}/${fields.sequence}`) : said.at(-1);
    return saidAt !== undefined && endMs - saidAt <= UNHEARD_MS;
  }

  #tellFaults(line: number, at: number): void {
    const faults = this.#trap.faults();
    for (const fault of faults.slice(this.#faults))
      this.#differ(line, at, "what the cloud said", "sealed records", fault);
    this.#faults = faults.length;
  }

  #compare(
    line: number,
    at: number,
    what: string,
    recorded: RecordFields,
    replayed: RecordFields,
    drawn: readonly string[] = [],
  ): void {
    for (const one of compareFields(recorded, replayed, this.#ids, drawn)) {
      this.#differ(line, at, `${what}: ${one.field}`, one.recorded, one.replayed);
    }
  }

  #differ(line: number, at: number, what: string, recorded: string, replayed: string): void {
    this.outcome.differences.push({ line, at, what, recorded, replayed });
  }

  #remark(text: string): void {
    if (!this.outcome.remarks.includes(text)) this.outcome.remarks.push(text);
  }

  /** In the replay's own ids and secrets. */
  #translate(value: FieldValue, name = ""): FieldValue {
    if (name === "id" && typeof value === "number") {
      return Number(this.#ids.find(`id ${value}`)?.slice("id ".length) ?? value);
    }
    if (typeof value !== "string") return value;
    const { text, missing } = fillPlaceholders(this.#ids.translate(value), this.#secrets);
    for (const one of missing) this.#remark(`there is nothing to put in for <${one}>`);
    return text;
  }

  #translateBody(body: Json): Json {
    if (Array.isArray(body)) return body.map((one) => this.#translateBody(one));
    if (!isObject(body)) return typeof body === "string" ? String(this.#translate(body)) : body;
    const entries = Object.entries(body).map(([name, value]) => {
      const own = name === "serialNumber" ? this.#options.identity.serial : this.#translateBody(value);
      return [name, own];
    });
    return Object.fromEntries(entries);
  }
}
