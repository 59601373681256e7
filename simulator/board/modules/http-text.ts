// Owns the text of HTTP as the interpreter writes and reads it. Pure: no sockets, no events.

export interface HttpOptions {
  host: string;
  /** 0 if the program gave none. */
  port: number;
  method: string;
  path: string;
  headers: [name: string, value: string][];
}

export interface ResponseHead {
  httpVersion: string;
  /** A string, as the interpreter has it. */
  statusCode: string;
  statusMessage: string;
  headers: [name: string, value: string][];
  /** What came behind the head. */
  rest: string;
}

export const INTERPRETER_VERSION = "2v29";

export function formatRequestHead(options: HttpOptions): string {
  const lines = [
    `${options.method} ${options.path} HTTP/1.1`,
    `User-Agent: Espruino ${INTERPRETER_VERSION}`,
    "Connection: close",
    ...options.headers.map(([name, value]) => `${name}: ${value}`),
  ];
  if (findHeader(options.headers, "host") === undefined) {
    lines.push(`Host: ${options.host}${options.port > 0 && options.port !== 80 ? `:${options.port}` : ""}`);
  }
  return `${lines.join("\r\n")}\r\n\r\n`;
}

/** Undefined until the head is whole. */
export function parseResponseHead(text: string): ResponseHead | undefined {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [first = "", ...lines] = text.slice(0, end).split("\r\n");
  const [version = "", statusCode = "", ...message] = first.split(" ");
  return {
    httpVersion: version.slice("HTTP/".length),
    statusCode,
    statusMessage: message.join(" "),
    headers: lines.filter((line) => line.includes(":")).map(splitHeader),
    rest: text.slice(end + 4),
  };
}

function splitHeader(line: string): [string, string] {
  const colon = line.indexOf(":");
  return [line.slice(0, colon), line.slice(colon + 1).trimStart()];
}

export function findHeader(headers: [string, string][], name: string): string | undefined {
  return headers.find(([key]) => key.toLowerCase() === name)?.[1];
}

/** Takes a body as it arrives; returns true once it has ended. */
export type ReadBody = (data: string) => boolean;

export function createBodyReader(headers: [string, string][], deliver: (data: string) => void): ReadBody {
  if (findHeader(headers, "transfer-encoding")?.toLowerCase() === "chunked") return createChunkReader(deliver);
  // Without a length the interpreter takes what came with the head and closes.
  let left = Number.parseInt(findHeader(headers, "content-length") ?? "0", 10) || 0;
  return (data) => {
    if (data !== "") deliver(data);
    left -= data.length;
    return left <= 0;
  };
}

function createChunkReader(deliver: (data: string) => void): ReadBody {
  let waiting = "";
  return (data) => {
    waiting += data;
    for (;;) {
      const lineEnd = waiting.indexOf("\r\n");
      if (lineEnd < 0) return false;
      const length = Number.parseInt(waiting, 16) || 0;
      if (length === 0) return true;
      const end = lineEnd + 2 + length;
      if (waiting.length < end + 2) return false;
      deliver(waiting.slice(lineEnd + 2, end));
      waiting = waiting.slice(end + 2);
    }
  };
}

/** The parts of an http address that a request needs; undefined if it is none. */
export function parseUrl(url: string): { host: string; port: number; path: string; method: string } | undefined {
  const match = /^\w+:\/\/([^/:]+)(?::(\d+))?(\/.*)?$/.exec(url);
  if (match === null) return undefined;
  return { host: match[1] ?? "", port: Number(match[2] ?? 0), path: match[3] ?? "/", method: "GET" };
}
