// Owns require("http") for clients, with the interpreter's own reading of HTTP: one request per connection, a status that is a string,
// a body that ends with its Content-Length or its last chunk, and no body beyond the first bytes where neither is told.
import type { Link, SocketError } from "../network.ts";
import { type Program, toOptionalCallback } from "../program.ts";
import { type Callable, ProgramError, type RealmObject } from "../realm.ts";
import {
  checkOptions,
  createInbox,
  emitError,
  exposeStream,
  openLink,
  parseTarget,
  type Target,
} from "./connection.ts";
import {
  createBodyReader,
  findHeader,
  formatRequestHead,
  type HttpOptions,
  parseResponseHead,
  parseUrl,
  type ReadBody,
} from "./http-text.ts";

const PORT_DEFAULT = 80;

export function createHttpModule(program: Program): RealmObject {
  return program.realm.expose(program.realm.createObject(), {
    request: (options, callback) => createRequest(program, parseOptions(options), toOptionalCallback(callback)).object,
    get(options, callback) {
      const request = createRequest(program, parseOptions(options), toOptionalCallback(callback));
      request.end(undefined);
      return request.object;
    },
    createServer() {
      throw new ProgramError("The simulated board serves no requests");
    },
  });
}

interface RequestOptions {
  target: Target;
  http: HttpOptions;
}

function parseOptions(options: unknown): RequestOptions {
  const fields = checkOptions(typeof options === "string" ? parseUrl(options) : options);
  return {
    target: parseTarget(fields, PORT_DEFAULT),
    http: {
      host: String(fields.host),
      port: Number(fields.port ?? 0),
      method: String(fields.method ?? "GET"),
      path: String(fields.path ?? "/"),
      headers: Object.entries(fields.headers ?? {}).map(([name, value]) => [name, String(value)]),
    },
  };
}

interface Request {
  object: RealmObject;
  end(data: unknown): void;
}

function createRequest(program: Program, options: RequestOptions, callback: Callable | undefined): Request {
  const { emitters, realm } = program;
  const object = realm.createObject();
  const isChunked = findHeader(options.http.headers, "transfer-encoding")?.toLowerCase() === "chunked";
  let link: Link | undefined;
  let state: "open" | "ended" | "closed" = "open";

  const response = createResponse(program, object, callback, () => {
    if (state === "ended") close(undefined);
  });

  function close(error: SocketError | undefined): void {
    if (state === "closed") return;
    state = "closed";
    link?.finish();
    response.close(error);
  }

  function open(): Link {
    const opened = openLink(program, options.target, {
      opened: () => undefined,
      received: (data) => response.read(data),
      drained() {
        if (state === "open") emitters.emit(object, "drain", object);
      },
      closed: (error) => close(error ?? (response.hasHead() ? undefined : "NO_RESPONSE")),
    });
    opened.write(formatRequestHead(options.http));
    return opened;
  }

  function write(data: unknown): false {
    if (state !== "open") throw new ProgramError("This socket is closed");
    link ??= open();
    if (data === undefined) return false;
    const text = String(data);
    link.write(isChunked ? `${text.length.toString(16)}\r\n${text}\r\n` : text);
    return false;
  }

  function end(data: unknown): void {
    write(data);
    if (isChunked) link?.write("0\r\n\r\n");
    state = "ended";
    if (response.isWhole()) close(undefined);
  }

  realm.expose(object, { write, end }, true);
  return { object, end };
}

interface Response {
  read(data: string): void;
  hasHead(): boolean;
  isWhole(): boolean;
  /** Tells the program of the end, and of the error if there is one. */
  close(error: SocketError | undefined): void;
}

function createResponse(
  program: Program,
  request: RealmObject,
  callback: Callable | undefined,
  onWhole: () => void,
): Response {
  const { emitters, loop, realm } = program;
  const object = realm.createObject();
  const inbox = createInbox(program, object);
  exposeStream(program, object);
  let headText = "";
  let readBody: ReadBody | undefined;
  let whole = false;
  let ended = false;

  function end(): void {
    if (!ended) emitters.emit(object, "end");
    ended = true;
  }

  function take(data: string): void {
    if (readBody === undefined || whole || !readBody(data)) return;
    whole = true;
    end();
    onWhole();
  }

  function start(): void {
    const head = parseResponseHead(headText);
    if (head === undefined) return;
    const { httpVersion, statusCode, statusMessage } = head;
    const headers = realm.createObject(Object.fromEntries(head.headers));
    Object.assign(object, { httpVersion, statusCode, statusMessage, headers });
    readBody = createBodyReader(head.headers, (data) => inbox.push(data));
    // The program gets the response first and a turn to listen, then the body.
    if (callback !== undefined) loop.post(() => callback.call(request, object));
    emitters.emit(request, "connect", object);
    loop.post(() => take(head.rest));
  }

  return {
    hasHead: () => readBody !== undefined,
    isWhole: () => whole,
    read(data) {
      if (readBody !== undefined) return take(data);
      headText += data;
      start();
    },
    close(error) {
      inbox.flush();
      const hadError = emitError(program, request, error);
      end();
      emitters.emit(object, "close", hadError);
    },
  };
}
