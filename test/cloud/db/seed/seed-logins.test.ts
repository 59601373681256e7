// The log-ins that are documented, each used over HTTP as a person would: they get in, with the role they were promised, and see the
// tenant's traps and alerts.
import * as fs from "node:fs";
import * as path from "node:path";
import * as assert from "uvu/assert";
import { createPasswords } from "../../../../cloud/accounts/passwords.ts";
import type { SampleLogin } from "../../../../cloud/db/seed/list-logins.ts";
import { createTestCloud, itemAt, type TestCloud } from "../../../support/cloud.ts";
import { suite } from "../../../support/suite.ts";
import { seed } from "./seeded.ts";

const test = suite("log-ins of the sample data", { limitMs: 60_000 });
let cloud: TestCloud;
let logins: SampleLogin[];

test.before(async () => {
  cloud = await createTestCloud();
  const passwords = createPasswords();
  const hashPassword = (password: string) => passwords.hash(password);
  ({ logins } = await seed(cloud.database.url, { hashPassword }));
});
test.after(() => cloud.stop());

/** Where each person comes to: the first of their tenants. */
function listFirst(): SampleLogin[] {
  return logins.filter((one, place) => logins.findIndex((other) => other.email === one.email) === place);
}

test("everybody logs in with the documented password, and sees traps and alerts", async () => {
  assert.is(listFirst().length, 9);
  for (const { email, password, tenant, role } of listFirst()) {
    const entered = await cloud.ask({ url: "/api/v1/login", body: { email, password } });
    assert.is(entered.status, 200, `${email}: ${entered.text}`);
    assert.is(entered.json.tenant.slug, tenant, email);
    assert.is(entered.json.role, role, email);
    const as = entered.json.token;
    const { devices } = (await cloud.ask({ url: "/api/v1/devices", as })).json;
    assert.ok(devices.length > 0, `${email} sees traps`);
    assert.ok(
      devices.some((one) => one.online),
      `${email} sees one that is online`,
    );
    const { alerts } = (await cloud.ask({ url: "/api/v1/alerts?status=open", as })).json;
    assert.ok(alerts.length > 0, `${email} sees open alerts`);
  }
});

test("an answer to an alert, a look at a trap's past, and a release work as with any trap", async () => {
  const { email, password } = listFirst().find((one) => one.role === "operator") as SampleLogin;
  const as = (await cloud.ask({ url: "/api/v1/login", body: { email, password } })).json.token;
  const alert = itemAt((await cloud.ask({ url: "/api/v1/alerts?status=new", as })).json.alerts);
  const url = `/api/v1/devices/${alert.deviceId}`;
  assert.ok((await cloud.ask({ url: `${url}/events`, as })).json.events.length > 0);
  assert.is((await cloud.ask({ method: "POST", url: `/api/v1/alerts/${alert.id}/resolve`, as })).status, 200);
  assert.is((await cloud.ask({ method: "POST", url: `${url}/release`, as })).status, 204);
});

test("the header of the seed names every address that logs in, and the password", () => {
  const file = path.resolve(import.meta.dirname, "../../../../cloud/db/seed/seed.ts");
  const header = fs.readFileSync(file, "utf8").split("\nimport ")[0] ?? "";
  for (const { email, password } of listFirst()) {
    const [name = "", domain = ""] = email.split("@");
    assert.ok(header.includes(`${name}@`) && header.includes(domain) && header.includes(password), email);
  }
});
