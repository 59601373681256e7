// The page in the hands of a newcomer: an account, a trap claimed by its button, a spring, an answer. Nothing is reloaded on the way.
import * as assert from "uvu/assert";
import { suite } from "../../support/suite.ts";
import { closeClean, createDesk, type Desk } from "./desk.ts";

const test = suite("first page: the story", { limitMs: 40_000 });
let desk: Desk;

test.before(async () => {
  desk = await createDesk();
});
test.after(() => desk?.stop());

test("from no account to a resolved alert, live", async () => {
  const watched = await desk.open();
  const { page } = watched;
  await page.getByRole("button", { name: "Create an account" }).click();
  await page.getByLabel("Household or organisation").fill("The Old Mill");
  await page.locator("#register").getByLabel("Email").fill("miller@example.com");
  await page.locator("#register").getByLabel("Password").fill("flour and water");
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByText("The Old Mill").waitFor();
  assert.equal(watched.refusals, ["401 /api/v1/me"], "the question who is there, before anybody was");

  const trap = await desk.createTrap();
  assert.is((await trap.claim()).status, "open");
  await page.getByText(trap.serial).waitFor();
  await page.getByLabel("Call it").fill("Granary");
  await page.getByRole("button", { name: "Claim", exact: true }).click();
  const card = page.locator(".trap", { hasText: "Granary" });
  await card.getByText("Not heard yet").waitFor();
  await card.getByText("Offline", { exact: true }).waitFor();
  assert.is(await page.locator("#nearby > li").count(), 0, "it is not offered any more");
  assert.is(await page.locator("#add[open]").count(), 0, "what is done is out of the way");

  const { credentials, password } = await trap.pickUp();
  assert.ok(credentials !== null && password !== null);
  const { tenant: tenantId, device: deviceId, user: credentialId } = credentials;
  const who = { tenantId, deviceId, credentialId, password, key: trap.key };
  const device = await desk.connect(who, { state: "armed", batteryMv: 3912, rssi: -61, version: "0.1.0" });
  await card.getByText("Online").waitFor();
  await card.getByText("Armed", { exact: true }).waitFor();
  await card.getByText("3.91 V").waitFor();
  await card.getByText("good (-61 dBm)").waitFor();
  await card.getByText("0.1.0 (aaaaaaaa)").waitFor();

  await device.event({ seq: 1, kind: "sprung", age: 84 });
  const alert = page.locator(".alert", { hasText: "Granary has sprung" });
  await alert.waitFor();
  await card.getByText("Sprung", { exact: true }).waitFor();
  assert.is(await page.title(), "(1) Trapline");
  assert.match((await page.locator("#spoken-at-once").textContent()) ?? "", "Granary");
  const raised = page.locator("#past li", { hasText: "raised an alert" });
  assert.match((await raised.textContent()) ?? "", /sprung → alert 8\d ms/);
  assert.match((await raised.textContent()) ?? "", /→ this page \d+ ms/);

  await alert.getByRole("button", { name: "Acknowledge" }).click();
  await alert.getByText("acknowledged by").waitFor();
  await alert.getByRole("button", { name: "Resolve" }).click();
  await page.getByText("All quiet. No trap needs you.").waitFor();
  assert.is(await page.locator(".alert").count(), 0);
  assert.is(await page.title(), "Trapline");
  const past = await page.locator("#past li").allTextContents();
  const order = ["alert resolved by", "alert acknowledged by", "raised an alert", "Granary sprang"];
  assert.equal(
    past.map((line) => order.findIndex((words) => line.includes(words))),
    [0, 1, 2, 3],
  );
  await closeClean(watched);
});

test("everything is still there after a reload", async () => {
  const owner = await desk.cloud.createOwner();
  const device = await desk.connect(await desk.cloud.createDevice(owner, { name: "Loft" }), { state: "armed" });
  await device.event({ seq: 1, kind: "sprung" });
  const watched = await desk.openAs(owner);
  await watched.page.locator(".alert", { hasText: "Loft has sprung" }).waitFor();
  await watched.page.reload();
  await watched.page.locator(".alert", { hasText: "Loft has sprung" }).waitFor();
  await watched.page.locator("#past li", { hasText: "sprung → alert" }).waitFor();
  assert.is(await watched.page.locator("#spoken-at-once").textContent(), "", "what was open before is not cried out");
  await closeClean(watched);
});

test("a claim code is made, shown in groups, used by a trap, and gone", async () => {
  const owner = await desk.cloud.createOwner();
  const watched = await desk.openAs(owner);
  const { page } = watched;
  await page.getByLabel("The trap will be called").fill("Boathouse");
  await page.getByRole("button", { name: "Make a code" }).click();
  const shown = (await page.locator(".code").textContent()) ?? "";
  assert.match(shown, /^[A-Z0-9]{4}-[A-Z0-9]{3}-[A-Z0-9]{3}$/);
  const trap = await desk.createTrap();
  assert.is((await trap.claim(shown.replaceAll("-", ""))).status, "code-claimed");
  await page.locator(".trap", { hasText: "Boathouse" }).waitFor();
  await page.locator(".code").waitFor({ state: "detached" });
  await page.getByLabel("The trap will be called").fill("Jetty");
  await page.getByRole("button", { name: "Make a code" }).click();
  const code = page.locator("#codes > li", { hasText: "Jetty" });
  await code.waitFor();
  await code.getByRole("button", { name: "Withdraw" }).click();
  await code.waitFor({ state: "detached" });
  await closeClean(watched);
});

test("a trap of another network is found by its serial number, and a wrong one is said to be wrong", async () => {
  const owner = await desk.cloud.createOwner();
  const watched = await desk.openAs(owner);
  const { page } = watched;
  const trap = await desk.createTrap();
  await trap.claim();
  await desk.cloud.db.kysely
    .updateTable("device_claiming_queue")
    .set({ ip_address: "203.0.113.9" })
    .where("serial_number", "=", trap.serial)
    .execute();
  await page.getByLabel("Its serial number").fill("TL-NOBODY");
  await page.getByRole("button", { name: "Find" }).click();
  await page.getByText("TL-NOBODY is not in claiming mode. Hold its button").waitFor();
  await page.getByLabel("Its serial number").fill(trap.serial.toLowerCase());
  await page.getByRole("button", { name: "Find" }).click();
  await page.getByLabel("Call it").fill("Barn");
  await page.getByLabel("Call it").press("Enter");
  await page.locator(".trap", { hasText: "Barn" }).waitFor();
  await closeClean(watched);
});
