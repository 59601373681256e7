// Whatever comes in, the answer is a problem below 500 that says what is wrong, and the cloud goes on [HTTP-1].
import * as assert from "uvu/assert";
import { eventually } from "../../support/eventually.ts";
import { suite } from "../../support/suite.ts";
import { type Ask, createRooms, type Owner, type Rooms } from "./rooms.ts";

const test = suite("bad input over HTTP");
let rooms: Rooms;
let owner: Owner;

test.before(async () => {
  rooms = await createRooms();
  owner = await rooms.createOwner();
});
test.after(() => rooms.stop());

const CLAIMS = "/api/v1/claiming/claims";
const ID = "00000000-0000-4000-8000-000000000000";
const DEEP = 20_000;

const CASES: [what: string, ask: Ask, status: number, code: string][] = [
  ["a body cut off", { url: CLAIMS, body: '{"name":' }, 400, "bad-json"],
  ["a body that is no JSON", { url: CLAIMS, body: "name=x" }, 400, "bad-json"],
  ["a body of zero characters", { url: CLAIMS, body: "\u0000\u0000" }, 400, "bad-json"],
  ["a body that poisons prototypes", { url: CLAIMS, body: '{"__proto__":{"role":"owner"}}' }, 400, "bad-json"],
  ["a constructor in the body", { url: CLAIMS, body: '{"constructor":{"prototype":{"a":1}}}' }, 400, "bad-json"],
  ["no body where one is needed", { method: "POST", url: CLAIMS }, 400, "bad-input"],
  ["an empty body where one is needed", { url: CLAIMS, body: "" }, 400, "bad-input"],
  ["a body that is null", { url: CLAIMS, body: "null" }, 400, "bad-input"],
  ["a body that is an array", { url: CLAIMS, body: "[]" }, 400, "bad-input"],
  ["a body that is a text", { url: CLAIMS, body: '"text"' }, 400, "bad-input"],
  ["a body nested without end", { url: CLAIMS, body: "[".repeat(DEEP) + "]".repeat(DEEP) }, 400, "bad-input"],
  ["a number beyond all", { url: CLAIMS, body: '{"serialNumber":1e999,"name":"x"}' }, 400, "bad-input"],
  ["a zero character in a text", { url: CLAIMS, body: '{"serialNumber":"TL-0\\u0000","name":"x"}' }, 400, "bad-input"],
  ["half a character", { url: CLAIMS, body: '{"serialNumber":"TL-00","name":"\\ud800"}' }, 400, "bad-input"],
  ["a zero character where nobody looks", { url: CLAIMS, body: '{"more":["\\u0000"]}' }, 400, "bad-input"],
  ["a body of 65 kB", { url: CLAIMS, body: `"${"x".repeat(65 * 1024)}"` }, 413, "body-too-large"],
  [
    "text where JSON is wanted",
    { url: CLAIMS, body: "{}", headers: { "content-type": "text/plain" } },
    415,
    "wrong-content-type",
  ],
  [
    "a form",
    { url: CLAIMS, body: "a=b", headers: { "content-type": "application/x-www-form-urlencoded" } },
    415,
    "wrong-content-type",
  ],
  [
    "a content type of nonsense",
    { url: CLAIMS, body: "{}", headers: { "content-type": ";;;" } },
    415,
    "wrong-content-type",
  ],
  ["an id that is none", { url: "/api/v1/devices/17" }, 400, "bad-input"],
  ["an id with a quote", { url: `/api/v1/devices/${ID}'` }, 400, "bad-input"],
  ["an id with a zero character", { url: `/api/v1/devices/${ID}%00` }, 400, "bad-input"],
  ["an id half encoded", { url: "/api/v1/devices/%zz" }, 400, "bad-request"],
  ["an id that is no UTF-8", { url: "/api/v1/devices/%ff" }, 400, "bad-request"],
  ["an id of 5 kB", { url: `/api/v1/devices/${"a".repeat(5000)}` }, 414, "address-too-long"],
  ["a query that is too short", { url: "/api/v1/claiming/nearby?serialNumber=x" }, 400, "bad-input"],
  ["a query with a zero character", { url: "/api/v1/claiming/nearby?serialNumber=TL-0%00" }, 400, "bad-input"],
  ["a query twice", { url: "/api/v1/claiming/nearby?serialNumber=TL-01&serialNumber=TL-02" }, 400, "bad-input"],
  ["a claim code with a slash", { method: "DELETE", url: "/api/v1/claim-codes/a/b" }, 404, "not-found"],
  ["an unknown route", { url: "/api/v1/nothing" }, 404, "not-found"],
  ["an unknown version", { url: "/api/v2/devices" }, 404, "not-found"],
  ["another method", { method: "DELETE", url: "/api/v1/devices" }, 404, "not-found"],
  ["a path that climbs", { url: "/api/v1/../../etc/passwd" }, 404, "not-found"],
];

for (const [what, ask, status, code] of CASES) {
  test(`${what} is answered ${status} ${code}`, async () => {
    const answer = await rooms.ask({ as: owner.token, ...ask });
    assert.is(answer.status, status, answer.text);
    assert.is(answer.json.code, code);
    assert.equal([answer.json.status, answer.json.type], [status, `urn:trapline:problem:${code}`]);
    assert.match(String(answer.headers["content-type"]), /^application\/problem\+json/);
    assert.is(typeof answer.json.title, "string");
  });
}

test("a problem names the fields at fault, all of them", async () => {
  const answer = await rooms.ask({ url: CLAIMS, body: {}, as: owner.token });
  assert.equal(
    answer.json.errors.map((one: { field: string }) => one.field),
    ["serialNumber", "name"],
  );
});

test("a failure of ours is told without its reason, which is in the log", async () => {
  const broken = await createRooms({
    app: { register: [(app) => void app.get("/broken", async () => Promise.reject(new Error("secret reason")))] },
  });
  try {
    const answer = await broken.ask({ url: "/broken" });
    assert.is(answer.status, 500);
    assert.equal(answer.json, {
      type: "urn:trapline:problem:internal",
      title: "Something went wrong on our side",
      status: 500,
      code: "internal",
    });
    assert.ok(broken.logText().includes("secret reason"));
  } finally {
    await broken.stop();
  }
});

test("a database that is gone is our failure, not a crash, and answers are right again when it is back", async () => {
  const login = { url: "/api/v1/me", as: owner.token };
  const terminate = () =>
    rooms.db.kysely.executeQuery(
      rooms.db.kysely
        .selectNoFrom((eb) => eb.fn("pg_terminate_backend", [eb.fn("pg_backend_pid", [])]).as("gone"))
        .compile(),
    );
  await terminate().then(
    () => assert.unreachable("the connection was ended"),
    (error: Error) => assert.match(error.message, /terminating|terminated/),
  );
  await eventually(async () => (await rooms.ask(login)).status === 200, {
    withinMs: 5_000,
    because: "a new connection answers",
  });
});

test("addresses and bodies are not in the log, since they may hold what no log should", async () => {
  await rooms.ask({ method: "DELETE", url: "/api/v1/claim-codes/SECRETCODE", as: owner.token });
  await rooms.ask({ url: "/api/v1/nothing?token=SECRETQUERY", as: owner.token });
  await rooms.ask({ url: CLAIMS, body: '{"name":"SECRETBODY"', as: owner.token });
  const log = rooms.logText();
  for (const secret of ["SECRETCODE", "SECRETQUERY", "SECRETBODY", owner.token])
    assert.not.ok(log.includes(secret), secret);
  assert.ok(log.includes("/api/v1/claim-codes/:code"));
});
