// Tests simulator/compose.ts and control*.ts over HTTP: what the page can ask for, and what is refused.
import * as http from "node:http";
import * as assert from "uvu/assert";
import { createSimClock, type SimClock } from "../../simulator/board/clock.ts";
import type { TrapState } from "../../simulator/case.ts";
import { createSimulator, type Simulator } from "../../simulator/compose.ts";
import { eventually } from "../support/eventually.ts";
import { suite } from "../support/suite.ts";
import { IDENTITY, readFixture } from "./fixture/fixture.ts";
import { HOME } from "./workbench.ts";

const test = suite("control page");
let clock: SimClock;
let simulator: Simulator;

test.before.each(async () => {
  clock = createSimClock();
  simulator = await createSimulator({ identity: IDENTITY, ...readFixture(), wifi: HOME, seed: 1, clock, bootMs: 0 });
});
test.after.each(() => simulator.stop());

interface Answer {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: string;
}

interface Question {
  method?: string;
  headers?: http.OutgoingHttpHeaders;
  body?: string;
}

/** By node:http, since fetch keeps some headers to itself. */
function ask(path: string, question: Question = {}): Promise<Answer> {
  const { method = "GET", headers = {}, body } = question;
  return new Promise((resolve, reject) => {
    const request = http.request(`${simulator.address}${path}`, { method, headers, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("end", () => {
        const answer = { headers: response.headers, body: Buffer.concat(parts).toString("utf8") };
        resolve({ status: response.statusCode ?? 0, ...answer });
      });
    });
    request.on("error", reject);
    request.end(body);
  });
}

async function post(path: string, fields: object = {}): Promise<TrapState> {
  const headers = { "content-type": "application/json" };
  const answer = await ask(path, { method: "POST", headers, body: JSON.stringify(fields) });
  assert.is(answer.status, 200, answer.body);
  return JSON.parse(answer.body) as TrapState;
}

test("the page and its parts are served, need nothing from elsewhere, and may stand in a frame of this machine", async () => {
  for (const [path, type] of [
    ["/", "text/html"],
    ["/page.js", "text/javascript"],
    ["/page.css", "text/css"],
  ] as const) {
    const answer = await ask(path);
    assert.is(answer.status, 200);
    assert.match(String(answer.headers["content-type"]), type);
    const policy = String(answer.headers["content-security-policy"]);
    assert.match(policy, "default-src 'none'");
    assert.match(policy, "frame-ancestors 'self' http://127.0.0.1:*");
    assert.is(answer.headers["x-frame-options"], undefined);
    assert.not.match(
      answer.body,
      /(?:src|href|url)\s*[=(]\s*["']?(?:https?:)?\/\//,
      "nothing is fetched from elsewhere",
    );
  }
});

test("every hand on the page moves the trap", async () => {
  assert.is((await post("/api/power", { on: true })).board, "running");
  assert.is((await post("/api/spring")).plunger, "sprung");
  clock.advance(100);
  assert.is((await post("/api/battery", { mv: 3000 })).buzzerHz, 2400);
  assert.is((await post("/api/set")).plunger, "set");
  assert.is((await post("/api/button", { action: "hold" })).button, "down");
  assert.is((await post("/api/button", { action: "release" })).button, "up");
  assert.is((await post("/api/button", { action: "press", ms: 3000 })).button, "down");
  clock.advance(3000);
  assert.is((await post("/api/network", { up: false })).button, "up");
  assert.is((await post("/api/command", { line: "battery" })).networkUp, false);
  assert.is((await post("/api/power", { on: false })).board, "off");
  const { body } = await ask("/api/state");
  const state = JSON.parse(body) as TrapState & { console: { line: string }[] };
  assert.is(state.batteryMv, 3000);
  assert.ok(state.console.some((entry) => entry.line.includes("battery mv=2999")));
});

test("events tell the state and the console at once, then every change and line", async () => {
  let text = "";
  const request = http.get(`${simulator.address}/api/events`, { agent: false }, (response) => {
    response.setEncoding("utf8").on("data", (part: string) => {
      text += part;
    });
  });
  const seen = (part: string) =>
    eventually(() => text.includes(part), { withinMs: 3000, because: `the event ${part}` });
  await seen('event: state\ndata: {"serialNumber":"TL-TEST-0001"');
  await seen('event: console\ndata: {"lines":[]}');
  simulator.trap.powerOn();
  await seen('event: line\ndata: {"number":1,"line":"TL 0 boot');
  await seen('"board":"running"');
  simulator.trap.spring();
  await seen('"plunger":"sprung"');
  request.destroy();
  await eventually(async () => (await ask("/api/state")).status === 200, {
    withinMs: 1000,
    because: "it still answers",
  });
});

const JSON_TYPE = { "content-type": "application/json" };
for (const [what, path, question, status] of [
  ["an unknown address", "/api/nothing", {}, 404],
  ["a page outside the folder", "/../trap.ts", {}, 404],
  ["an address with an inherited name", "/constructor", {}, 404],
  ["reading what is to be posted", "/api/spring", {}, 405],
  ["posting to a page", "/", { method: "POST" }, 405],
  ["an unknown method", "/api/state", { method: "PURGE" }, 405],
  ["a foreign origin", "/api/spring", { method: "POST", headers: { origin: "http://evil.example" } }, 403],
  ["an origin of another port", "/api/spring", { method: "POST", headers: { origin: "http://127.0.0.1:1" } }, 403],
  ["no page's origin", "/api/spring", { method: "POST", headers: { origin: "null" } }, 403],
  ["a foreign name for this machine", "/api/state", { headers: { host: "evil.example" } }, 421],
  [
    "a body of another type",
    "/api/power",
    { method: "POST", headers: { "content-type": "text/plain" }, body: "{}" },
    415,
  ],
  ["a body that is no JSON", "/api/power", { method: "POST", headers: JSON_TYPE, body: "{on" }, 400],
  ["a body that is no object", "/api/power", { method: "POST", headers: JSON_TYPE, body: "[1]" }, 400],
  ["a body that is too long", "/api/power", { method: "POST", headers: JSON_TYPE, body: " ".repeat(5000) }, 413],
  ["power without a word", "/api/power", { method: "POST" }, 400],
  ["power as a text", "/api/power", { method: "POST", headers: JSON_TYPE, body: '{"on":"yes"}' }, 400],
  ["a network that is neither", "/api/network", { method: "POST", headers: JSON_TYPE, body: '{"up":1}' }, 400],
  ["an unknown action", "/api/button", { method: "POST", headers: JSON_TYPE, body: '{"action":"bite"}' }, 400],
  [
    "a press without end",
    "/api/button",
    { method: "POST", headers: JSON_TYPE, body: '{"action":"press","ms":1e9}' },
    400,
  ],
  ["a battery of broken volts", "/api/battery", { method: "POST", headers: JSON_TYPE, body: '{"mv":1.5}' }, 400],
  ["a command of two lines", "/api/command", { method: "POST", headers: JSON_TYPE, body: '{"line":"a\\nb"}' }, 400],
  ["a command to a dead trap", "/api/command", { method: "POST", headers: JSON_TYPE, body: '{"line":"info"}' }, 409],
] as const satisfies [string, string, Question, number][]) {
  test(`${what} is refused with ${status} and a problem document, and the trap is untouched`, async () => {
    const before = simulator.trap.getState();
    const answer = await ask(path, question);
    assert.is(answer.status, status, answer.body);
    assert.is(answer.headers["content-type"], "application/problem+json");
    const problem = JSON.parse(answer.body) as { status: number; detail: string };
    assert.is(problem.status, status);
    assert.ok(problem.detail.length > 0);
    assert.equal(simulator.trap.getState(), before);
  });
}

test("the page's own origin is let in", async () => {
  const answer = await ask("/api/spring", { method: "POST", headers: { origin: simulator.address } });
  assert.is(answer.status, 200);
});

test("a request line that is nonsense does not end the server", async () => {
  const { port } = new URL(simulator.address);
  const socket = http.request({ port, host: "127.0.0.1", agent: false });
  socket.on("error", () => undefined);
  socket.on("socket", (raw) => raw.write("NONSENSE\r\n\r\n"));
  socket.flushHeaders();
  await eventually(async () => (await ask("/api/state")).status === 200, {
    withinMs: 1000,
    because: "it still answers",
  });
  socket.destroy();
});

test("a taken port is told, and nothing is left behind", async () => {
  const port = Number(new URL(simulator.address).port);
  const options = { identity: IDENTITY, ...readFixture(), wifi: HOME, seed: 1, controlPort: port };
  const outcome = await createSimulator(options).then(
    () => "started",
    (error: NodeJS.ErrnoException) => error.code,
  );
  assert.is(outcome, "EADDRINUSE");
});
