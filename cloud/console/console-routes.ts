// Owns the way of the first page to the browser: a closed list of files, read once, each with its hash as ETag. What the pages do is in
// page/; which headers every page carries (content security policy, frame ancestors) belongs to http/.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { App } from "../http/app.ts";

const TYPES = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
} as const;

/** Address by file. What is not named here is not served, whatever else lies in the folder. */
const FILES = {
  "index.html": "/",
  "style.css": "/console/style.css",
  "ground.css": "/console/ground.css",
  "board.css": "/console/board.css",
  "trap.css": "/console/trap.css",
  "icon.svg": "/console/icon.svg",
  "app.js": "/console/app.js",
  "add-trap.js": "/console/add-trap.js",
  "alert-list.js": "/console/alert-list.js",
  "api.js": "/console/api.js",
  "claim-codes.js": "/console/claim-codes.js",
  "dom.js": "/console/dom.js",
  "live.js": "/console/live.js",
  "nearby.js": "/console/nearby.js",
  "notices.js": "/console/notices.js",
  "problem-words.js": "/console/problem-words.js",
  "sign-in.js": "/console/sign-in.js",
  "snapshot.js": "/console/snapshot.js",
  "state.js": "/console/state.js",
  "store.js": "/console/store.js",
  "timeline.js": "/console/timeline.js",
  "timeline-entries.js": "/console/timeline-entries.js",
  "trap-drawing.js": "/console/trap-drawing.js",
  "trap-list.js": "/console/trap-list.js",
  "words.js": "/console/words.js",
} as const;

interface PageFile {
  type: string;
  etag: string;
  content: Buffer;
}

/**
 * Serve the first page and its files. They are read here, once: a changed file shows after a restart.
 * @throws what the file system says when a file of the list is missing
 */
export function registerConsoleRoutes(app: App): void {
  for (const [name, address] of Object.entries(FILES)) {
    const file = readPageFile(name);
    app.get(address, async (request, reply) => sendFile(request, reply, file));
  }
}

function readPageFile(name: string): PageFile {
  const content = readFileSync(new URL(`page/${name}`, import.meta.url));
  const extension = name.slice(name.lastIndexOf(".") + 1) as keyof typeof TYPES;
  return { type: TYPES[extension], etag: `"${createHash("sha256").update(content).digest("base64url")}"`, content };
}

function sendFile(request: FastifyRequest, reply: FastifyReply, file: PageFile): FastifyReply {
  // Kept by the browser, asked for anew each time: a page and a script of two releases never meet.
  reply.header("etag", file.etag).header("cache-control", "no-cache").type(file.type);
  if (isKnown(request.headers["if-none-match"], file.etag)) return reply.code(304).send();
  return reply.send(file.content);
}

/** Compares weakly, as RFC 9110 wants it here. */
function isKnown(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  const tags = header.split(",").map((tag) => tag.trim().replace(/^W\//, ""));
  return tags.includes(etag) || tags.includes("*");
}
