// Guessing passwords is slowed down, for one account and from one address, and honest people are not counted.
import * as assert from "uvu/assert";
import { suite } from "../../support/suite.ts";
import { createRooms, PASSWORD, type Rooms } from "../http/rooms.ts";

const test = suite("login limits");
let rooms: Rooms;

test.before(async () => {
  rooms = await createRooms({ accountLimits: { registrationsPerAddress: { count: 4, windowMs: 600_000 } } });
});
test.after(() => rooms.stop());

const login = (email: string, password: string, from: string) =>
  rooms.ask({ url: "/api/v1/login", body: { email, password }, from });

test("ten failures for one email, from wherever they come, and it is closed for ten minutes", async () => {
  const { email } = await rooms.createOwner();
  for (let i = 0; i < 10; i++) assert.is((await login(email, "wrong password", `10.0.1.${i}`)).status, 401);
  const closed = await login(email.toUpperCase(), PASSWORD, "10.0.1.99");
  assert.is(closed.status, 429);
  assert.is(closed.headers["retry-after"], "600");
  rooms.clock.advance(600_000);
  assert.is((await login(email, PASSWORD, "10.0.1.99")).status, 200);
});

test("thirty failures from one address, whoever is tried, and it is closed for ten minutes", async () => {
  for (let i = 0; i < 30; i++)
    assert.is((await login(`try${i}@example.com`, "wrong password", "10.0.2.1")).status, 401);
  assert.is((await login("try31@example.com", "wrong password", "10.0.2.1")).status, 429);
  assert.is((await login("try31@example.com", "wrong password", "10.0.2.2")).status, 401);
});

test("a thousand tries reach the password hash some thirty times [threat 18]", async () => {
  const { email } = await rooms.createOwner();
  let tried = 0;
  for (let i = 0; i < 1000; i++) if ((await login(email, `guess ${i} of many`, "10.0.3.1")).status === 401) tried += 1;
  assert.is(tried, 10);
});

test("whoever logs in rightly may do so all day", async () => {
  const { email } = await rooms.createOwner();
  for (let i = 0; i < 50; i++) assert.is((await login(email, PASSWORD, "10.0.4.1")).status, 200);
});

test("one address cannot register without end", async () => {
  const statuses: number[] = [];
  for (let i = 0; i < 3; i++) {
    const body = { tenantName: "T", email: `many${i}@example.com`, password: PASSWORD };
    statuses.push((await rooms.ask({ url: "/api/v1/register", body, from: "10.0.5.1" })).status);
  }
  for (let i = 3; i < 6; i++) {
    const body = { tenantName: "T", email: `many${i}@example.com`, password: PASSWORD };
    statuses.push((await rooms.ask({ url: "/api/v1/register", body, from: "10.0.5.1" })).status);
  }
  assert.equal(statuses, [201, 201, 201, 201, 429, 429]);
});
