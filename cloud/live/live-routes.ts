// Owns the live stream of a person's program: server-sent events of their tenant and no other, from the moment it is told `ready`. A
// stream ends with its session, with the cloud, and when its reader does not keep up; whoever follows opens it again and looks anew.
import type { ServerResponse } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Clock } from "../clock.ts";
import type { LiveNotice } from "../db/live-notice.ts";
import type { App } from "../http/app.ts";
import { findBearerToken, requireAccount, SESSION_COOKIE } from "../http/auth.ts";
import { ProblemError } from "../http/problems.ts";
import { formatServerSentEvent, type Hearers } from "./live.ts";

export interface LiveLimits {
  /** Streams of one account at once, in this instance. */
  streamsPerUser: number;
  /** Bytes a reader may leave unread. */
  unreadBytesMax: number;
  /** Between two signs of life; the session is asked for again at each. */
  heartbeatMs: number;
}

export const LIVE_LIMITS: LiveLimits = { streamsPerUser: 20, unreadBytesMax: 256 * 1024, heartbeatMs: 15_000 };

export interface LiveRouteDeps {
  hearers: Pick<Hearers, "hear">;
  clock: Clock;
  limits?: Partial<LiveLimits>;
}

export function registerLiveRoutes(app: App, deps: LiveRouteDeps): void {
  const limits = { ...LIVE_LIMITS, ...deps.limits };
  const open = new Map<string, number>();
  app.get("/api/v1/stream", { onRequest: requireAccount }, async (request, reply) => {
    const { tenantId, userId } = request.account;
    const count = open.get(userId) ?? 0;
    if (count >= limits.streamsPerUser) {
      throw new ProblemError("too-many-requests", { detail: "Too many live streams are open.", retryAfterS: 5 });
    }
    open.set(userId, count + 1);
    const stream = beginStream(reply, limits);
    const unhear = deps.hearers.hear(tenantId, stream.tell);
    const heartbeat = startHeartbeat(request, stream, deps.clock, limits.heartbeatMs);
    stream.response.once("close", () => {
      unhear();
      heartbeat.stop();
      const left = (open.get(userId) ?? 1) - 1;
      if (left > 0) open.set(userId, left);
      else open.delete(userId);
    });
    stream.tell({ type: "ready", data: {} });
  });
}

interface Stream {
  response: ServerResponse;
  tell(notice: LiveNotice): void;
  write(text: string): void;
}

function beginStream(reply: FastifyReply, limits: LiveLimits): Stream {
  reply.hijack();
  const response = reply.raw;
  response.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    // Proxies that collect an answer before they pass it on would make it late.
    "x-accel-buffering": "no",
  });
  let isChecked = true;
  function check(): void {
    isChecked = true;
    if (response.writableLength > limits.unreadBytesMax) response.destroy();
  }
  function write(text: string): void {
    if (response.writableEnded || response.destroyed) return;
    response.write(text);
    // What is written in one turn leaves at its end: only what is still here afterwards was not taken.
    if (isChecked) setImmediate(check);
    isChecked = false;
  }
  return { response, write, tell: (notice) => write(formatServerSentEvent(notice)) };
}

/** A session that has ended ends its stream at the next beat; a database that does not answer ends nothing. */
function startHeartbeat(request: FastifyRequest, stream: Stream, clock: Clock, heartbeatMs: number): { stop(): void } {
  const token = findBearerToken(request) ?? request.cookies[SESSION_COOKIE] ?? "";
  let isStopped = false;
  let timer = clock.setTimer(heartbeatMs, beat);
  function beat(): void {
    stream.write(": still here\n\n");
    request.server.findAccount(token).then(
      (account) => {
        if (account === null) stream.response.end();
        else next();
      },
      (error: unknown) => {
        request.log.warn({ err: error }, "session of a live stream not looked up");
        next();
      },
    );
  }
  function next(): void {
    if (!isStopped) timer = clock.setTimer(heartbeatMs, beat);
  }
  return {
    stop() {
      isStopped = true;
      timer.stop();
    },
  };
}
