// Owns the reading and refusing of requests to the control server: own pages only, small JSON bodies, every refusal a problem document.
import type * as http from "node:http";

export interface Exchange {
  request: http.IncomingMessage;
  response: http.ServerResponse;
}

export interface Problem {
  status: number;
  title: string;
  detail: string;
  /** Methods, for a refused one. */
  allow?: string;
}

const BODY_BYTES_MAX = 4096;

/**
 * The page needs nothing from elsewhere, and may stand in a frame of another page of this machine: the traps' story puts it beside the
 * cloud's.
 */
const HEADERS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; " +
    "form-action 'none'; frame-ancestors 'self' http://127.0.0.1:* http://localhost:*",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
} as const;

/**
 * A browser may be sent here by any page it has open: the name it was sent to must be this machine's, and what it wants changed must
 * come from our own page. Programs without an origin are let in.
 */
export function checkOrigin(request: http.IncomingMessage): Problem | undefined {
  const { host, origin } = request.headers;
  if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(host ?? "")) {
    return { status: 421, title: "Misdirected request", detail: "This server answers for 127.0.0.1 alone." };
  }
  const isRead = request.method === "GET" || request.method === "HEAD";
  if (isRead || origin === undefined || origin === `http://${host}`) return undefined;
  return { status: 403, title: "Forbidden", detail: "Only the simulator's own page may do this." };
}

export type ReadFields = { fields: Record<string, unknown> } | { problem: Problem };

/** The JSON object of a body; nothing for an empty one. Never throws. */
export async function readFields(request: http.IncomingMessage): Promise<ReadFields> {
  const body = await readBody(request).catch(() => undefined);
  if (body === undefined) return bad(400, "Bad request", "The body did not arrive whole.");
  if (body === "too long") return bad(413, "Content too large", `A body has at most ${BODY_BYTES_MAX} bytes.`);
  if (body.length === 0) return { fields: {} };
  const type = request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/json") return bad(415, "Unsupported media type", "A body is application/json.");
  try {
    const fields: unknown = JSON.parse(body.toString("utf8"));
    if (typeof fields === "object" && fields !== null && !Array.isArray(fields)) return { fields: { ...fields } };
    return bad(400, "Bad request", "The body must be a JSON object.");
  } catch {
    return bad(400, "Bad request", "The body is not JSON.");
  }
}

async function readBody(request: http.IncomingMessage): Promise<Buffer | "too long"> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > BODY_BYTES_MAX) return "too long";
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function bad(status: number, title: string, detail: string): ReadFields {
  return { problem: { status, title, detail } };
}

export function parseBoolean(fields: Record<string, unknown>, name: string): boolean | Problem {
  const value = fields[name];
  return typeof value === "boolean" ? value : wrongField(`"${name}" must be true or false.`);
}

export function parseInteger(
  fields: Record<string, unknown>,
  name: string,
  min: number,
  max: number,
  fallback?: number,
): number | Problem {
  const value = fields[name] ?? fallback;
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) return value;
  return wrongField(`"${name}" must be a whole number from ${min} to ${max}.`);
}

/** Printable ASCII, at least one character. */
export function parseText(fields: Record<string, unknown>, name: string, charsMax: number): string | Problem {
  const value = fields[name];
  if (typeof value === "string" && value.length <= charsMax && /^[ -~]+$/.test(value)) return value;
  return wrongField(`"${name}" must be 1 to ${charsMax} printable ASCII characters.`);
}

function wrongField(detail: string): Problem {
  return { status: 400, title: "Bad request", detail };
}

export function sendJson(
  { request, response }: Exchange,
  status: number,
  value: object,
  type = "application/json",
): void {
  const body = JSON.stringify(value);
  response.writeHead(status, { ...HEADERS, "content-type": type, "content-length": Buffer.byteLength(body) });
  response.end(request.method === "HEAD" ? undefined : body);
}

export function sendBytes({ request, response }: Exchange, type: string, body: Uint8Array): void {
  response.writeHead(200, { ...HEADERS, "content-type": type, "content-length": body.length });
  response.end(request.method === "HEAD" ? undefined : body);
}

export function startStream({ response }: Exchange): void {
  response.writeHead(200, { ...HEADERS, "content-type": "text/event-stream" });
}

/** What is left of the request is not read: the connection ends with the answer. */
export function sendProblem(exchange: Exchange, problem: Problem): void {
  const { status, title, detail, allow } = problem;
  if (allow !== undefined) exchange.response.setHeader("allow", allow);
  exchange.response.setHeader("connection", "close");
  sendJson(exchange, status, { type: "about:blank", title, status, detail }, "application/problem+json");
}
