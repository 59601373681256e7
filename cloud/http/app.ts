// Owns the HTTP server as every route finds it: limits of size and time, the validator, errors as problems, security headers, the log of
// requests, and an end that leaves nobody hanging. Routes are handed in; this file knows no subject.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import cookie from "@fastify/cookie";
import { type TypeBoxTypeProvider, TypeBoxValidatorCompiler } from "@fastify/type-provider-typebox";
import {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
  LogController,
  type RawReplyDefaultExpression,
  type RawRequestDefaultExpression,
  type RawServerDefault,
} from "fastify";
import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import { type Account, type FindAccount, refuseForeignOrigin } from "./auth.ts";
import { findUncleanText } from "./clean-text.ts";
import { formatSchemaErrors, handleClientError, handleError, routeOf } from "./errors.ts";
import { ProblemError } from "./problems.ts";

export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

export interface HttpLimits {
  bodyBytesMax: number;
  headerBytesMax: number;
  /** All of the headers, all of the request, must have arrived after these. */
  headersMs: number;
  requestMs: number;
  /** An answer is given after this, if only that there is none. Streams are exempt. */
  handlerMs: number;
  /** A socket on which nothing moves. */
  idleMs: number;
  connectionsMax: number;
  /** After this a stop no longer waits for requests under way. */
  stopMs: number;
}

export const HTTP_LIMITS: HttpLimits = {
  bodyBytesMax: 64 * 1024,
  headerBytesMax: 16 * 1024,
  headersMs: 10_000,
  requestMs: 30_000,
  handlerMs: 20_000,
  idleMs: 60_000,
  connectionsMax: 10_000,
  stopMs: 5_000,
};

export interface AppDeps {
  log: Logger;
  clock: Clock;
  findAccount: FindAccount;
  /** Proxies whose X-Forwarded headers are believed; none unless told. */
  trustProxy?: string[];
  /** Origins that may show the pages in a frame. */
  frameAncestors?: string[];
  limits?: Partial<HttpLimits>;
  /** Each adds the routes of one room. */
  register: ((app: App) => void)[];
}

export interface HttpServer {
  app: App;
  /** Listen; port 0 takes a free one. @throws what the socket says, with its code (EADDRINUSE). */
  start(at: { host: string; port: number }): Promise<{ host: string; port: number }>;
  /** End streams, let requests under way finish, close. */
  stop(): Promise<void>;
}

export async function createApp(deps: AppDeps): Promise<HttpServer> {
  const limits = { ...HTTP_LIMITS, ...deps.limits };
  const app = createFastify(deps, limits);
  await app.register(cookie);
  app.decorate("findAccount", deps.findAccount);
  decorateAccount(app);
  addHooks(app, deps);
  app.setErrorHandler(handleError);
  app.setNotFoundHandler(() => {
    throw new ProblemError("not-found");
  });
  setJsonParser(app);
  for (const register of deps.register) register(app);
  const stop = createStop(app, deps.clock, limits.stopMs);
  return {
    app,
    async start({ host, port }) {
      await app.listen({ host, port });
      app.server.maxConnections = limits.connectionsMax;
      const bound = app.server.address() as AddressInfo;
      return { host: bound.address, port: bound.port };
    },
    stop,
  };
}

function createFastify(deps: AppDeps, limits: HttpLimits): App {
  const logger: FastifyBaseLogger = deps.log;
  const app = fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: deps.trustProxy !== undefined && deps.trustProxy.length > 0 ? deps.trustProxy : false,
    bodyLimit: limits.bodyBytesMax,
    requestTimeout: limits.requestMs,
    connectionTimeout: limits.idleMs,
    keepAliveTimeout: 10_000,
    handlerTimeout: limits.handlerMs,
    forceCloseConnections: "idle",
    return503OnClosing: false,
    http: {
      maxHeaderSize: limits.headerBytesMax,
      headersTimeout: limits.headersMs,
      connectionsCheckingInterval: 1000,
      // Refused by a hook instead, as a problem like any other.
      requireHostHeader: false,
    },
    clientErrorHandler: handleClientError,
    frameworkErrors: (error, request, reply) => handleError(error, request, reply),
    schemaErrorFormatter: formatSchemaErrors,
  });
  return app.withTypeProvider<TypeBoxTypeProvider>().setValidatorCompiler(TypeBoxValidatorCompiler);
}

function decorateAccount(app: App): void {
  const accounts = new WeakMap<FastifyRequest, Account>();
  app.decorateRequest("account", {
    getter() {
      const account = accounts.get(this as FastifyRequest);
      if (account === undefined) throw new Error("this route does not require an account");
      return account;
    },
    setter(account: Account) {
      accounts.set(this as FastifyRequest, account);
    },
  });
}

function addHooks(app: App, deps: AppDeps): void {
  const pagePolicy = [
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'",
    `frame-ancestors 'self' ${(deps.frameAncestors ?? []).join(" ")}`.trim(),
  ].join("; ");
  app.addHook("onRequest", async (request) => {
    const wantsHost = request.raw.httpVersion === "1.1" && request.headers.host === undefined;
    if (wantsHost) throw new ProblemError("bad-request", { detail: "The Host header is missing." });
  });
  app.addHook("onRequest", refuseForeignOrigin);
  app.addHook("preValidation", async (request) => {
    // A body that is one text was not read as JSON: its route has a reader of its own.
    const body = typeof request.body === "string" ? null : request.body;
    const field = findUncleanText([body, request.params, request.query]);
    if (field === null) return;
    const name = field.replace(/^[0-2]\.?/, "") || "(all of it)";
    const message = "holds a character that cannot be stored";
    throw new ProblemError("bad-input", { detail: `${name} ${message}`, errors: [{ field: name, message }] });
  });
  app.addHook("onSend", async (_request, reply: FastifyReply) => {
    const isPage = String(reply.getHeader("content-type") ?? "").startsWith("text/html");
    reply.header("x-content-type-options", "nosniff");
    // Not `no-referrer`: a browser would then hide a form's origin from us as well.
    reply.header("referrer-policy", "same-origin");
    reply.header("cross-origin-resource-policy", "same-origin");
    reply.header("content-security-policy", isPage ? pagePolicy : "default-src 'none'; frame-ancestors 'none'");
    if (!reply.hasHeader("cache-control")) reply.header("cache-control", "no-store");
  });
  app.addHook("onResponse", async (request, reply) => {
    const ms = Math.round(reply.elapsedTime);
    request.log.debug(
      { method: request.method, route: routeOf(request), status: reply.statusCode, ms },
      "request answered",
    );
  });
}

/** As the framework's own, but nothing at all is no JSON error: many clients send the header with every POST. */
function setJsonParser(app: App): void {
  const parse = app.getDefaultJsonParser("error", "error");
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<string>("application/json", { parseAs: "string" }, (request, body, done) => {
    if (body === "") done(null, undefined);
    else parse(request, body, done);
  });
}

function createStop(app: App, clock: Clock, stopMs: number): () => Promise<void> {
  const open = new Set<ServerResponse>();
  // Browsers open connections in advance. One that has never asked anything is not idle in Node's eyes, and would be waited for.
  const silent = new Set<Socket>();
  let closing = false;
  app.server.on("connection", (socket: Socket) => {
    silent.add(socket);
    socket.once("close", () => silent.delete(socket));
  });
  app.server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    silent.delete(request.socket);
    open.add(response);
    response.once("close", () => open.delete(response));
  });
  app.addHook("onRequest", async () => {
    if (closing) throw new ProblemError("unavailable");
  });
  app.addHook("preClose", async () => {
    closing = true;
    for (const socket of silent) socket.destroy();
    for (const response of open) {
      // An answer that has begun and not ended is a live stream: it would never end by itself.
      if (!response.headersSent) response.setHeader("connection", "close");
      else if (!response.writableEnded) response.end(() => response.socket?.destroySoon());
    }
  });
  return async () => {
    const timer = clock.setTimer(stopMs, () => app.server.closeAllConnections());
    await app.close();
    timer.stop();
  };
}
