// Owns the door to a trap's hands: an HTTP server on this machine alone, with a page to play on and the few requests beneath it. It leaves
// the reading and refusing of requests to control-http.ts, the live stream to control-events.ts, and the trap to trap.ts.
import * as fs from "node:fs/promises";
import * as http from "node:http";
import type * as net from "node:net";
import type { Clock } from "./board/clock.ts";
import type { TrapCase } from "./case.ts";
import { createEventStreams, type EventStreams } from "./control-events.ts";
import {
  checkOrigin,
  type Exchange,
  type Problem,
  parseBoolean,
  parseInteger,
  parseText,
  readFields,
  sendBytes,
  sendJson,
  sendProblem,
} from "./control-http.ts";

export interface ControlServer {
  /** Without a slash at the end. */
  readonly address: string;
  stop(): Promise<void>;
}

export interface ControlOptions {
  trap: TrapCase;
  /** The host's time, whatever the trap's is. */
  clock: Clock;
  /** 0 for any that is free. */
  port: number;
  /** The pages' folder; the simulator's own unless told. */
  pageFolder?: URL;
  /** What is told of the state beside the trap's own. */
  readMore?(): object;
  /** Requests beside the usual ones, by path. */
  posts?: Record<string, ControlPost>;
}

export type ControlFields = Record<string, unknown>;
/** Does what was asked, or tells what is wrong with it. */
export type ControlPost = (trap: TrapCase, fields: ControlFields) => Problem | undefined;

/** What a request may need, made once. */
interface Door {
  trap: TrapCase;
  streams: EventStreams;
  pageFolder: URL;
  posts: Record<string, ControlPost>;
  readState(): object;
}

const HOST = "127.0.0.1";
const BUTTON_MS_MAX = 60_000;
const BUTTON_MS_DEFAULT = 200;
const BATTERY_MV_MAX = 6000;
const COMMAND_CHARS_MAX = 400;

const PAGES: Record<string, { file: string; type: string }> = {
  "/": { file: "index.html", type: "text/html; charset=utf-8" },
  "/page.css": { file: "page.css", type: "text/css; charset=utf-8" },
  "/page.js": { file: "page.js", type: "text/javascript; charset=utf-8" },
};

/** @throws Error of the system if the port is taken. */
export async function startControlServer(options: ControlOptions): Promise<ControlServer> {
  const { trap } = options;
  const readState = () => ({ ...trap.getState(), ...options.readMore?.() });
  const streams = createEventStreams(trap, options.clock, readState);
  const pageFolder = options.pageFolder ?? new URL("./page/", import.meta.url);
  const door: Door = { trap, streams, pageFolder, readState, posts: { ...POSTS, ...options.posts } };
  const server = http.createServer((request, response) => {
    const exchange = { request, response };
    answer(exchange, door).catch(() => fail(exchange));
  });
  try {
    await listen(server, options.port);
  } catch (thrown) {
    streams.stop();
    throw thrown;
  }
  const { port } = server.address() as net.AddressInfo;
  return {
    address: `http://${HOST}:${port}`,
    async stop() {
      streams.stop();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function listen(server: http.Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, HOST, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

/** A fault of ours: the page is told as much, and the trap lives on. */
function fail(exchange: Exchange): void {
  if (exchange.response.headersSent) exchange.response.destroy();
  else sendProblem(exchange, { status: 500, title: "Internal server error", detail: "The simulator failed at this." });
}

async function answer(exchange: Exchange, door: Door): Promise<void> {
  const { request } = exchange;
  const { trap, streams, posts, readState } = door;
  const path = (request.url ?? "/").split("?")[0] ?? "/";
  const isPost = Object.hasOwn(posts, path);
  const isGet = Object.hasOwn(PAGES, path) || path === "/api/state" || path === "/api/events";
  const method = request.method === "HEAD" && path !== "/api/events" ? "GET" : (request.method ?? "");
  const refusal = checkOrigin(request) ?? checkRoute(method, isGet, isPost);
  if (refusal !== undefined) return sendProblem(exchange, refusal);
  if (isPost) return post(exchange, door, posts[path]!);
  if (path === "/api/state") return sendJson(exchange, 200, { ...readState(), console: trap.consoleLines() });
  if (path === "/api/events") return streams.open(exchange);
  return sendPage(exchange, PAGES[path]!, door.pageFolder);
}

function checkRoute(method: string, isGet: boolean, isPost: boolean): Problem | undefined {
  if (!isGet && !isPost) return { status: 404, title: "Not found", detail: "There is nothing at this address." };
  const allow = isPost ? "POST" : "GET";
  if (method === allow) return undefined;
  return { status: 405, title: "Method not allowed", detail: `This address takes ${allow}.`, allow };
}

async function sendPage(exchange: Exchange, page: { file: string; type: string }, folder: URL): Promise<void> {
  const body = await fs.readFile(new URL(page.file, folder)).catch(() => undefined);
  if (body === undefined) {
    return sendProblem(exchange, { status: 404, title: "Not found", detail: "The page's files are not installed." });
  }
  sendBytes(exchange, page.type, body);
}

async function post(exchange: Exchange, { trap, readState }: Door, act: ControlPost): Promise<void> {
  const read = await readFields(exchange.request);
  if ("problem" in read) return sendProblem(exchange, read.problem);
  const problem = act(trap, read.fields);
  if (problem !== undefined) return sendProblem(exchange, problem);
  sendJson(exchange, 200, readState());
}

const POSTS: Record<string, ControlPost> = {
  "/api/spring": (trap) => void trap.spring(),
  "/api/set": (trap) => void trap.setPlunger(),
  "/api/button": actButton,
  "/api/power": (trap, fields) => {
    const on = parseBoolean(fields, "on");
    if (typeof on !== "boolean") return on;
    if (on) trap.powerOn();
    else trap.cutPower();
    return undefined;
  },
  "/api/network": (trap, fields) => {
    const up = parseBoolean(fields, "up");
    if (typeof up !== "boolean") return up;
    trap.setNetworkUp(up);
    return undefined;
  },
  "/api/battery": (trap, fields) => {
    const mv = parseInteger(fields, "mv", 0, BATTERY_MV_MAX);
    if (typeof mv !== "number") return mv;
    trap.setBatteryMv(mv);
    return undefined;
  },
  "/api/command": (trap, fields) => {
    const line = parseText(fields, "line", COMMAND_CHARS_MAX);
    if (typeof line !== "string") return line;
    if (trap.getState().board === "off") {
      return { status: 409, title: "Conflict", detail: "The trap has no power, so nobody hears what is typed." };
    }
    trap.typeCommand(line);
    return undefined;
  },
};

function actButton(trap: TrapCase, fields: ControlFields): Problem | undefined {
  const ms = parseInteger(fields, "ms", 1, BUTTON_MS_MAX, BUTTON_MS_DEFAULT);
  if (typeof ms !== "number") return ms;
  if (fields.action === "press") trap.pressButton(ms);
  else if (fields.action === "hold") trap.holdButton();
  else if (fields.action === "release") trap.releaseButton();
  else return { status: 400, title: "Bad request", detail: '"action" must be "press", "hold" or "release".' };
  return undefined;
}
