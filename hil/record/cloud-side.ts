// Owns what a replay needs of a cloud to play a trap against it: its addresses, the factory's token, and persons who act at its API and
// follow its live stream. Behind it may stand a cloud of the bench, a remote one or any double.
import { HilError } from "../error.ts";
import type { Json, PersonMethod } from "./entries.ts";

export interface Notice {
  notice: string;
  data: Json;
}

export interface Person {
  /** `status` 0: there was no answer. `body` is null where there was no JSON. Never throws. */
  act(method: PersonMethod, path: string, body: Json): Promise<{ status: number; body: Json }>;
  /** Resolves once the stream is open, with how to leave it. @throws HilError "stream-not-opened" */
  follow(hear: (notice: Notice) => void): Promise<() => void>;
}

export interface CloudSide {
  /** Without a slash at the end. */
  httpUrl: string;
  /** Undefined: where the trap's credentials say. */
  mqtt?: { host: string; port: number };
  /** Registers the identity of the replay. */
  factoryToken: string;
  /** The person of this name, always the same one; each with an own tenant that has no other traps. */
  getPerson(who: string): Promise<Person>;
  /** Takes the cloud away and gives it back; undefined where that cannot be done. */
  setUp?(up: boolean): Promise<void>;
}

const REQUEST_MS_MAX = 15_000;

/** A person who has an account already. */
export function createPerson(httpUrl: string, token: string): Person {
  const authorization = `Bearer ${token}`;
  return {
    act: (method, path, body) => askJson(httpUrl + path, { method, authorization, body }),
    follow: (hear) => follow(`${httpUrl}/api/v1/stream`, authorization, hear),
  };
}

/**
 * Makes persons as they are asked for, each with a tenant of their own.
 * @param name part of their e-mail addresses, so that no two replays meet @param password for all of them
 */
export function createPersons(httpUrl: string, name: string, password: string): CloudSide["getPerson"] {
  const known = new Map<string, Promise<Person>>();

  async function register(who: string): Promise<Person> {
    const email = `${who}-${name}@bench.example`.replaceAll(/[^a-z0-9@.-]/gi, "-").toLowerCase();
    const body = { tenantName: `Replay ${name}`, email, password };
    const { status, body: answer } = await askJson(`${httpUrl}/api/v1/register`, { method: "POST", body });
    const token = isObject(answer) ? answer.token : undefined;
    if (status === 201 && typeof token === "string") return createPerson(httpUrl, token);
    const said = status === 0 ? "did not answer" : `answered ${status}`;
    const advice = "see that it runs and that accounts may be registered there";
    throw new HilError(
      "infrastructure",
      "person-not-registered",
      `${httpUrl} ${said} when a person was registered; ${advice}`,
    );
  }

  return (who) => {
    const person = known.get(who) ?? register(who);
    known.set(who, person);
    return person;
  };
}

interface Asked {
  method: PersonMethod;
  authorization?: string;
  body: Json;
}

/** Never throws; `status` 0: there was no answer. */
export async function askJson(url: string, asked: Asked): Promise<{ status: number; body: Json }> {
  const { method, authorization, body } = asked;
  const hasBody = method !== "DELETE" && body !== null;
  const headers = {
    ...(authorization === undefined ? {} : { authorization }),
    ...(hasBody ? { "content-type": "application/json" } : {}),
  };
  try {
    const signal = AbortSignal.timeout(REQUEST_MS_MAX);
    const response = await fetch(url, { method, headers, signal, ...(hasBody ? { body: JSON.stringify(body) } : {}) });
    return { status: response.status, body: parseBody(await response.text()) };
  } catch {
    // No answer is an answer that is compared like any other.
    return { status: 0, body: null };
  }
}

function parseBody(text: string): Json {
  try {
    return text === "" ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

async function follow(url: string, authorization: string, hear: (notice: Notice) => void): Promise<() => void> {
  const abort = new AbortController();
  const response = await fetch(url, { headers: { authorization }, signal: abort.signal }).catch(() => null);
  if (response === null || response.status !== 200 || response.body === null) {
    abort.abort();
    const said = response === null ? "did not answer" : `answered ${response.status}`;
    throw new HilError(
      "infrastructure",
      "stream-not-opened",
      `${url} ${said}; see that the cloud runs and begin the replay anew`,
    );
  }
  void pump(response.body, hear);
  return () => abort.abort();
}

async function pump(body: ReadableStream<Uint8Array>, hear: (notice: Notice) => void): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for await (const piece of body) {
      rest += decoder.decode(piece, { stream: true });
      const blocks = rest.split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        const match = /^event: (.*)\ndata: (.*)$/.exec(block);
        if (match) hear({ notice: match[1] ?? "", data: parseBody(match[2] ?? "") });
      }
    }
  } catch {
    // Left by us or by the cloud: what is missed afterwards shows in the comparison.
    rest = "";
  }
}

export function isObject(value: Json): value is { [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
