// Owns the way from whatever went wrong to an answer: errors of ours, of the framework, of the parser under it. What nobody foresaw is
// answered without its reason, which goes to the log.
import type { Socket } from "node:net";
import type { FastifyError, FastifyReply, FastifyRequest, FastifySchemaValidationError } from "fastify";
import { createProblem, PROBLEMS, type ProblemCode, ProblemError } from "./problems.ts";

const CODE_OF_KNOWN_ERROR: Readonly<Record<string, ProblemCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: "body-too-large",
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "wrong-content-type",
  FST_ERR_CTP_INVALID_JSON_BODY: "bad-json",
  FST_ERR_CTP_EMPTY_JSON_BODY: "bad-json",
  FST_ERR_MAX_PARAM_LENGTH: "address-too-long",
  FST_ERR_HANDLER_TIMEOUT: "unavailable",
  DATABASE_BUSY: "unavailable",
};

const CODE_OF_STATUS: Readonly<Record<number, ProblemCode>> = {
  404: "not-found",
  408: "request-timeout",
  413: "body-too-large",
  414: "address-too-long",
  415: "wrong-content-type",
  429: "too-many-requests",
  431: "headers-too-large",
};

/** The framework's own errors below 500 keep their kind; everything else is ours to be sorry for. */
function problemErrorOf(error: Partial<FastifyError> | null | undefined): ProblemError {
  if (error instanceof ProblemError) return error;
  const status = error?.statusCode ?? 500;
  const known = CODE_OF_KNOWN_ERROR[error?.code ?? ""];
  if (known !== undefined) return new ProblemError(known, { cause: error });
  if (status >= 400 && status < 500) return new ProblemError(CODE_OF_STATUS[status] ?? "bad-request", { cause: error });
  return new ProblemError("internal", { cause: error });
}

export function sendProblem(reply: FastifyReply, error: ProblemError): FastifyReply {
  const problem = createProblem(error.code, error.facts);
  if (problem.status === 401) reply.header("www-authenticate", "Bearer");
  if (error.facts.retryAfterS !== undefined) reply.header("retry-after", String(error.facts.retryAfterS));
  return reply.code(problem.status).type("application/problem+json; charset=utf-8").send(JSON.stringify(problem));
}

/** For every error that leaves a route, a hook or the router. */
export function handleError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const problem = problemErrorOf(error);
  if (PROBLEMS[problem.code][0] >= 500) {
    request.log.error(
      { err: problem.cause ?? problem, method: request.method, route: routeOf(request) },
      "request failed",
    );
  }
  sendProblem(reply, problem);
}

/** The pattern of the route, not its address: an address may hold what no log should. */
export function routeOf(request: FastifyRequest): string {
  return request.is404 ? "(none)" : (request.routeOptions.url ?? "(none)");
}

interface Fault {
  instancePath?: string;
  message?: string;
  params?: Record<string, unknown>;
}

function listFields(fault: Fault): string[] {
  const path = (fault.instancePath ?? "").slice(1).replaceAll("/", ".");
  const missing = fault.params?.requiredProperties;
  if (!Array.isArray(missing)) return [path === "" ? "(all of it)" : path];
  return missing.map((name) => (path === "" ? String(name) : `${path}.${String(name)}`));
}

/** What the schema found, named by field; at most the first eight. */
export function formatSchemaErrors(faults: FastifySchemaValidationError[], part: string): Error {
  const list: Fault[] = faults;
  const errors = list
    .slice(0, 8)
    .flatMap((fault) => listFields(fault).map((field) => ({ field, message: fault.message ?? "is not valid" })));
  const where = part === "body" ? "body" : part === "params" ? "address" : part;
  return new ProblemError("bad-input", { detail: `${where}: ${errors[0]?.field} ${errors[0]?.message}`, errors });
}

/** For bytes that never became a request; all that is left is to write the answer by hand. */
export function handleClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const code: ProblemCode =
    error.code === "HPE_HEADER_OVERFLOW"
      ? "headers-too-large"
      : error.code === "ERR_HTTP_REQUEST_TIMEOUT"
        ? "request-timeout"
        : "bad-request";
  const problem = createProblem(code);
  const body = JSON.stringify(problem);
  const lines = [
    `HTTP/1.1 ${problem.status} ${problem.title}`,
    "Content-Type: application/problem+json; charset=utf-8",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close",
  ];
  socket.end(`${lines.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
}
