// Owns the cloud's public HTTP as the bench speaks it: JSON in and out, problems as errors, the live stream as messages with their times.
// Who a person is, is person.ts's.

/** An answer that was no success; `status` 0: there was no answer. */
export class ApiError extends Error {
  override name = "ApiError";
  readonly status: number;
  /** The problem's kind, as the last part of its type, where it has one. */
  readonly kind: string;
  constructor(request: string, status: number, kind: string, problem: string) {
    super(`${request} answered ${status === 0 ? "not at all" : status}: ${problem}`);
    this.status = status;
    this.kind = kind;
  }
}

export interface StreamMessage {
  /** "alert", "event", "device", "update" ... */
  event: string;
  data: Record<string, unknown>;
}

export interface ApiClientOptions {
  /** "http://127.0.0.1:4700" */
  base: string;
  /** The address that this client's requests are told to come from, where the cloud believes the bench. */
  address?: string;
  /** Every request with its status, for the log. */
  onExchange?(text: string): void;
  /** Before a request leaves; what it returns is called with the answer's status, 0 for none. */
  onAct?(method: string, path: string, body: unknown): ((status: number) => void) | undefined;
}

export interface ApiClient {
  /** What every later request carries. */
  useToken(token: string): void;
  ask<T>(method: "GET" | "POST" | "PUT" | "DELETE", path: string, body?: unknown): Promise<T>;
  postBytes<T>(path: string, body: Uint8Array): Promise<T>;
  /** Resolves once the stream is open. */
  follow(onMessage: (message: StreamMessage) => void, onEnd: (reason: string) => void): Promise<{ stop(): void }>;
}

const REQUEST_MS_MAX = 15_000;

export function createApiClient(options: ApiClientOptions): ApiClient {
  let token = "";

  function createHeaders(contentType?: string): Record<string, string> {
    return {
      ...(token === "" ? {} : { authorization: `Bearer ${token}` }),
      ...(contentType === undefined ? {} : { "content-type": contentType }),
      ...(options.address === undefined ? {} : { "x-forwarded-for": options.address }),
    };
  }

  async function send<T>(
    method: string,
    path: string,
    body?: Uint8Array | string,
    contentType?: string,
    onStatus?: (status: number) => void,
  ): Promise<T> {
    const request = `${method} ${path}`;
    const signal = AbortSignal.timeout(REQUEST_MS_MAX);
    const headers = createHeaders(contentType);
    const response = await fetch(options.base + path, { method, headers, body, signal }).catch((error: unknown) => {
      options.onExchange?.(`${request} without an answer`);
      onStatus?.(0);
      throw new ApiError(request, 0, "no-answer", describeFailure(error));
    });
    options.onExchange?.(`${request} ${response.status}`);
    onStatus?.(response.status);
    const text = await response.text().catch((error: unknown) => {
      throw new ApiError(request, 0, "cut-off", describeFailure(error));
    });
    if (!response.ok) throw createProblem(request, response.status, text);
    return (text === "" ? undefined : JSON.parse(text)) as T;
  }

  async function act<T>(method: string, path: string, body: unknown): Promise<T> {
    const told = options.onAct?.(method, path, body);
    const sent =
      method === "GET" || method === "DELETE"
        ? send<T>(method, path, undefined, undefined, told)
        : send<T>(method, path, JSON.stringify(body ?? {}), "application/json", told);
    return sent;
  }

  return {
    useToken(value) {
      token = value;
    },
    ask: act,
    postBytes: (path, body) => send("POST", path, body, "application/octet-stream"),
    follow: (onMessage, onEnd) => follow(options.base, createHeaders(), onMessage, onEnd),
  };
}

function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
}

function createProblem(request: string, status: number, text: string): ApiError {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === "object" && parsed !== null && "title" in parsed) {
      const { type, title, detail } = parsed as Record<string, unknown>;
      const kind = String(type ?? "").replace(/^.*[/:]/, "");
      return new ApiError(request, status, kind, detail === undefined ? String(title) : `${title}: ${detail}`);
    }
  } catch {
    return new ApiError(request, status, "", text.slice(0, 200));
  }
  return new ApiError(request, status, "", text.slice(0, 200));
}

/** The messages in a piece of an event stream; a rest without its end is kept for the next piece. */
export function createStreamParser(onMessage: (message: StreamMessage) => void): (piece: string) => void {
  let rest = "";
  return (piece) => {
    rest += piece;
    for (let end = rest.indexOf("\n\n"); end >= 0; end = rest.indexOf("\n\n")) {
      const message = parseBlock(rest.slice(0, end));
      rest = rest.slice(end + 2);
      if (message !== null) onMessage(message);
    }
  };
}

/** Null for a sign of life. */
function parseBlock(block: string): StreamMessage | null {
  let event = "message";
  let data = "";
  for (const line of block.split("\n")) {
    if (line.startsWith("event:")) event = line.slice(6).trim();
    if (line.startsWith("data:")) data += line.slice(5).trim();
  }
  if (data === "" && event === "message") return null;
  const parsed: unknown = data === "" ? {} : JSON.parse(data);
  return { event, data: typeof parsed === "object" && parsed !== null ? { ...parsed } : {} };
}

async function follow(
  base: string,
  headers: Record<string, string>,
  onMessage: (message: StreamMessage) => void,
  onEnd: (reason: string) => void,
): Promise<{ stop(): void }> {
  const request = "GET /api/v1/stream";
  const abort = new AbortController();
  const response = await fetch(`${base}/api/v1/stream`, { headers, signal: abort.signal }).catch((error: unknown) => {
    throw new ApiError(request, 0, "no-answer", describeFailure(error));
  });
  if (!response.ok || response.body === null) throw createProblem(request, response.status, await response.text());
  const reader = response.body.getReader();
  const parse = createStreamParser(onMessage);
  const decoder = new TextDecoder();
  async function pump(): Promise<string> {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return "the cloud ended the live stream";
      parse(decoder.decode(value, { stream: true }));
    }
  }
  void pump()
    .catch((error: unknown) => describeFailure(error))
    .then((reason) => {
      if (!abort.signal.aborted) onEnd(reason);
    });
  return { stop: () => abort.abort() };
}
