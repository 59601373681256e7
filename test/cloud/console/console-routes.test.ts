// The way of the first page to the browser: a closed list, revalidated by hash, under a policy that lets nothing foreign in.
import { readdirSync, readFileSync } from "node:fs";
import { pino } from "pino";
import * as assert from "uvu/assert";
import { createSimClock } from "../../../cloud/clock.ts";
import { registerConsoleRoutes } from "../../../cloud/console/console-routes.ts";
import { createApp, type HttpServer } from "../../../cloud/http/app.ts";
import { suite } from "../../support/suite.ts";

const test = suite("routes of the first page");
const PAGE = new URL("../../../cloud/console/page/", import.meta.url);
const FRAME = "http://127.0.0.1:4700";
let http: HttpServer;

test.before(async () => {
  http = await createApp({
    log: pino({ level: "silent" }),
    clock: createSimClock(new Date("2026-06-01T12:00:00Z")),
    findAccount: async () => null,
    frameAncestors: [FRAME],
    register: [registerConsoleRoutes],
  });
});
test.after(() => http.stop());

const served = readdirSync(PAGE).filter((name) => !name.endsWith(".ts"));
const addressOf = (name: string) => (name === "index.html" ? "/" : `/console/${name}`);

test("every file of the page is served as it is, with its type", async () => {
  const types: Record<string, string> = { html: "text/html", js: "text/javascript", css: "text/css", svg: "image/svg" };
  assert.ok(served.length > 10);
  for (const name of served) {
    const answer = await http.app.inject({ url: addressOf(name) });
    assert.is(answer.statusCode, 200, name);
    assert.is(answer.body, readFileSync(new URL(name, PAGE), "utf8"), name);
    const type = types[name.split(".").at(-1) ?? ""];
    assert.ok(type !== undefined && String(answer.headers["content-type"]).startsWith(type), name);
    assert.is(answer.headers["x-content-type-options"], "nosniff");
  }
});

test("what a browser has is not sent again, and what has changed is", async () => {
  const first = await http.app.inject({ url: "/console/app.js" });
  const etag = String(first.headers.etag);
  assert.match(etag, /^"[\w-]{43}"$/);
  assert.is(first.headers["cache-control"], "no-cache");
  for (const known of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
    const again = await http.app.inject({ url: "/console/app.js", headers: { "if-none-match": known } });
    assert.is(again.statusCode, 304, known);
    assert.is(again.body, "");
    assert.is(again.headers.etag, etag);
  }
  const changed = await http.app.inject({ url: "/console/app.js", headers: { "if-none-match": '"other"' } });
  assert.is(changed.statusCode, 200);
});

test("the page may load its own and nothing else, and only named origins may frame it", async () => {
  const { headers } = await http.app.inject({ url: "/" });
  const policy = String(headers["content-security-policy"]);
  assert.match(policy, "default-src 'self'");
  assert.match(policy, `frame-ancestors 'self' ${FRAME}`);
  assert.not.match(policy, "unsafe");
});

const ABSENT = [
  "/console/",
  "/console/console-routes.ts",
  "/console/../console-routes.ts",
  "/console/..%2fconsole-routes.ts",
  "/console/%2e%2e/console-routes.ts",
  "/console/..%5cconsole-routes.ts",
  "/console/shapes.ts",
  "/console/index.html",
  "/console/app.js/",
  "/console/APP.JS",
  "/console/app.js%00.css",
  "/console//etc/passwd",
  "//console/app.js",
  "/index.html",
];
for (const url of ABSENT) {
  test(`${url} is not there`, async () => {
    const answer = await http.app.inject({ url });
    assert.ok([400, 404].includes(answer.statusCode), String(answer.statusCode));
    assert.match(String(answer.headers["content-type"]), "application/problem+json");
  });
}

test("HEAD tells the size without the content; other methods are not there", async () => {
  const head = await http.app.inject({ method: "HEAD", url: "/" });
  assert.is(head.statusCode, 200);
  assert.is(head.body, "");
  assert.is(
    (await http.app.inject({ method: "POST", url: "/", headers: { origin: "http://localhost:80" } })).statusCode,
    404,
  );
});
