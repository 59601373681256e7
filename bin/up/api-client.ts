// Owns the public HTTP API as a person's program sees it: JSON in and out, problems as errors, the live stream as messages.

/** An answer that was no success; `status` 0 means there was no answer. */
export class ApiError extends Error {
  readonly status: number;
  readonly problem: string;
  constructor(request: string, status: number, problem: string) {
    super(`${request} answered ${status}: ${problem}`);
    this.status = status;
    this.problem = problem;
  }
}

export interface StreamMessage {
  event: string;
  data: Record<string, unknown>;
}

export interface ApiClient {
  /** The token every later request carries. */
  useToken(token: string): void;
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body?: unknown): Promise<T>;
  /** Send bytes as they are. */
  postBytes<T>(path: string, body: Uint8Array): Promise<T>;
  /** Follow the live stream; resolves once it is open, rejects if it cannot be opened. */
  follow(onMessage: (message: StreamMessage) => void, onEnd: (reason: string) => void): Promise<{ stop(): void }>;
}

const REQUEST_MS_MAX = 15_000;

async function problemOf(response: Response): Promise<string> {
  const text = await response.text();
  try {
    const parsed: unknown = JSON.parse(text);
    if (parsed && typeof parsed === "object" && "title" in parsed) {
      const detail = "detail" in parsed ? `: ${String(parsed.detail)}` : "";
      return `${String(parsed.title)}${detail}`;
    }
  } catch {
    return text.slice(0, 200);
  }
  return text.slice(0, 200);
}

/** The messages in a piece of an event stream; the rest without its end is kept for the next piece. */
export function createStreamParser(onMessage: (message: StreamMessage) => void): (piece: string) => void {
  let rest = "";
  return (piece) => {
    rest += piece;
    for (let end = rest.indexOf("\n\n"); end >= 0; end = rest.indexOf("\n\n")) {
      const block = rest.slice(0, end);
      rest = rest.slice(end + 2);
      let event = "message";
      let data = "";
      for (const line of block.split("\n")) {
        if (line.startsWith("event:")) event = line.slice(6).trim();
        if (line.startsWith("data:")) data += line.slice(5).trim();
      }
      if (data === "" && event === "message") continue;
      const parsed: unknown = data === "" ? {} : JSON.parse(data);
      onMessage({ event, data: parsed && typeof parsed === "object" ? (parsed as Record<string, unknown>) : {} });
    }
  };
}

/** Create a client of the API below `base` (`http://127.0.0.1:4700`). */
export function createApiClient(base: string): ApiClient {
  let token = "";

  function headers(contentType?: string): Record<string, string> {
    return {
      ...(token === "" ? {} : { authorization: `Bearer ${token}` }),
      ...(contentType === undefined ? {} : { "content-type": contentType }),
    };
  }

  async function send<T>(method: string, path: string, body?: Uint8Array | string, contentType?: string): Promise<T> {
    const response = await fetch(base + path, {
      method,
      headers: headers(contentType),
      body,
      signal: AbortSignal.timeout(REQUEST_MS_MAX),
    });
    if (!response.ok) throw new ApiError(`${method} ${path}`, response.status, await problemOf(response));
    const text = await response.text();
    return (text === "" ? undefined : JSON.parse(text)) as T;
  }

  return {
    useToken(value) {
      token = value;
    },
    get: (path) => send("GET", path),
    post: (path, body) => send("POST", path, JSON.stringify(body ?? {}), "application/json"),
    postBytes: (path, body) => send("POST", path, body, "application/octet-stream"),
    async follow(onMessage, onEnd) {
      const abort = new AbortController();
      const response = await fetch(`${base}/api/v1/stream`, { headers: headers(), signal: abort.signal });
      if (!response.ok || !response.body) {
        throw new ApiError("GET /api/v1/stream", response.status, await problemOf(response));
      }
      const parse = createStreamParser(onMessage);
      const decoder = new TextDecoder();
      const reader = response.body.getReader();
      const pump = async (): Promise<void> => {
        for (;;) {
          const { done, value } = await reader.read();
          if (done) return onEnd("the cloud ended the live stream");
          parse(decoder.decode(value, { stream: true }));
        }
      };
      pump().catch((error: unknown) => {
        if (!abort.signal.aborted) onEnd(error instanceof Error ? error.message : String(error));
      });
      return { stop: () => abort.abort() };
    },
  };
}
