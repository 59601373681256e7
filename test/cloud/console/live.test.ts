// The page stays true by itself: other people's answers, a trap that goes silent, a cloud that was away, a session that has ended.
import * as assert from "uvu/assert";
import { encodeCommandResult, encodeUpdateProgress } from "#protocol";
import { eventually } from "../../support/eventually.ts";
import { readSigned } from "../../support/signed-firmware.ts";
import { suite } from "../../support/suite.ts";
import { closeClean, createDesk, type Desk } from "./desk.ts";

const test = suite("first page: live", { limitMs: 40_000 });
let desk: Desk;

test.before(async () => {
  desk = await createDesk();
});
test.after(() => desk?.stop());

test("a trap that loses its connection is shown offline, with what it said last", async () => {
  const owner = await desk.cloud.createOwner();
  const device = await desk.connect(await desk.cloud.createDevice(owner, { name: "Attic" }), { state: "armed" });
  const watched = await desk.openAs(owner);
  const card = watched.page.locator(".trap", { hasText: "Attic" });
  await card.getByText("Online").waitFor();
  device.cut();
  await card.getByText("Offline", { exact: true }).waitFor();
  await card.getByText("This is what it said last").waitFor();
  await card.getByText("Armed", { exact: true }).waitFor();
  await card.getByRole("button", { name: "Identify" }).click();
  await card.getByText("It is offline. It will do this if it is back within a minute.").waitFor();
  await closeClean(watched);
});

test("what one person answers, the other sees answered", async () => {
  const owner = await desk.cloud.createOwner();
  const device = await desk.connect(await desk.cloud.createDevice(owner));
  const watched = await desk.openAs(owner);
  await device.event({ seq: 1, kind: "sprung" });
  const alert = watched.page.locator(".alert");
  await alert.waitFor();
  const id = await alert.getAttribute("data-alert");
  await desk.cloud.ask({ method: "POST", url: `/api/v1/alerts/${id}/acknowledge`, as: owner.token });
  await alert.getByText("acknowledged by").waitFor();
  assert.is(await alert.getByRole("button", { name: "Acknowledge" }).count(), 0);
  await desk.cloud.ask({ method: "POST", url: `/api/v1/alerts/${id}/resolve`, as: owner.token });
  await alert.waitFor({ state: "detached" });
  await closeClean(watched);
});

test("a command is followed from its sending to the trap's answer", async () => {
  const owner = await desk.cloud.createOwner();
  const device = await desk.connect(await desk.cloud.createDevice(owner));
  const watched = await desk.openAs(owner);
  const card = watched.page.locator(".trap");
  await card.getByText("Online").waitFor();
  await card.getByRole("button", { name: "Identify" }).click();
  await card.getByText("Sent; waiting for its answer.").waitFor();
  const identify = await device.told("command");
  assert.is(identify.command, "identify");
  await device.say("result", encodeCommandResult({ id: identify.id, code: 0 }));
  await card.getByText("It blinks fast now").waitFor();
  await card.getByRole("button", { name: "Silence" }).click();
  const silence = await device.told("command");
  await device.say("result", encodeCommandResult({ id: silence.id, code: 22 }));
  await card.getByText("It refused: not in its present state.").waitFor();
  await closeClean(watched);
});

test("an update appears with its version, and with the hash once the trap has proven it", async () => {
  const owner = await desk.cloud.createOwner();
  const who = await desk.cloud.createDevice(owner);
  const device = await desk.connect(who);
  const watched = await desk.openAs(owner);
  const past = watched.page.locator("#past");
  const published = await desk.cloud.ask({
    url: "/api/v1/firmware",
    body: readSigned("usual").file,
    as: owner.token,
  });
  const { id: firmwareId, sha256 } = published.json.firmware;
  await desk.cloud.ask({ url: `/api/v1/devices/${who.deviceId}/updates`, body: { firmwareId }, as: owner.token });
  await past.getByText("was offered version 2.0.0").waitFor();
  const offer = await device.told("offer");
  await device.say("update", encodeUpdateProgress({ id: offer.id, phase: "verified", code: 0, received: offer.size }));
  await past.getByText("has stored and checked version 2.0.0").waitFor();
  await desk.connect(who, { sha256, version: "2.0.0" }, { boot: "0000000200000002" });
  await past.getByText("runs version 2.0.0, proven by its hash").waitFor();
  await past.getByText(`hash ${sha256.slice(0, 8)}`).waitFor();
  await watched.page
    .locator(".trap")
    .getByText(`2.0.0 (${sha256.slice(0, 8)})`)
    .waitFor();
  await closeClean(watched);
});

test("a released trap leaves the page with its alerts, after one question more", async () => {
  const owner = await desk.cloud.createOwner();
  const device = await desk.connect(await desk.cloud.createDevice(owner, { name: "Shed" }));
  await device.event({ seq: 1, kind: "sprung" });
  const watched = await desk.openAs(owner);
  const { page } = watched;
  const release = page.getByRole("button", { name: "Release …" });
  await release.click();
  await page.getByRole("dialog").getByText("Release \u2068Shed\u2069?").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  assert.is(await page.locator(".trap").count(), 1, "whoever does not say yes keeps it");
  await release.click();
  await page.getByRole("button", { name: "Release it" }).click();
  await page.getByText("No trap is yours yet.").waitFor();
  await page.locator(".alert").waitFor({ state: "detached" });
  await page.locator("#past li", { hasText: "Shed had its alert resolved" }).waitFor();
  await device.closed;
  await closeClean(watched);
});

test("what happened while the cloud was away is there once it is back, without a reload", async () => {
  const owner = await desk.cloud.createOwner();
  const who = await desk.cloud.createDevice(owner, { name: "Cellar" });
  const watched = await desk.openAs(owner);
  const { page } = watched;
  await page.locator(".trap", { hasText: "Cellar" }).waitFor();
  await desk.cloud.stopCloud();
  await page.getByText("Reconnecting").waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByText("You are still signed in. The cloud does not answer.").waitFor();
  await page.getByText("The connection is lost; this may be out of date.").waitFor();
  await desk.cloud.startCloud();
  const device = await desk.connect(who);
  await device.event({ seq: 1, kind: "sprung" });
  await page.locator('#live[data-state="live"]').waitFor();
  await page.locator(".alert", { hasText: "Cellar has sprung" }).waitFor();
  await page.locator("#banner").waitFor({ state: "hidden" });
  assert.match((await page.locator("#spoken-at-once").textContent()) ?? "", "Cellar");
  watched.problems = watched.problems.filter(
    (problem) => !/ERR_(CONNECTION_REFUSED|EMPTY_RESPONSE|INCOMPLETE_CHUNKED|CONNECTION_RESET)/.test(problem),
  );
  await closeClean(watched);
});

test("a session that has ended is said so, and nothing of it stays on the page", async () => {
  const owner = await desk.cloud.createOwner();
  await desk.cloud.createDevice(owner, { name: "Larder" });
  const watched = await desk.openAs(owner);
  const { page } = watched;
  const card = page.locator(".trap", { hasText: "Larder" });
  await card.waitFor();
  await desk.cloud.ask({ method: "POST", url: "/api/v1/logout", as: owner.token });
  await card.getByRole("button", { name: "Identify" }).click();
  await page.getByText("Your session has ended. Sign in again.").waitFor();
  assert.is(await page.getByText("Larder").count(), 0);
  await closeClean(watched);
});

test("what happens while the page is fetching is not lost to an older answer", async () => {
  const owner = await desk.cloud.createOwner();
  const mill = await desk.connect(await desk.cloud.createDevice(owner, { name: "Mill" }));
  const leaving = await desk.cloud.createDevice(owner, { name: "Barn" });
  await (await desk.connect(leaving)).event({ seq: 1, kind: "armed" });
  const watched = await desk.openAs(owner);
  const { page } = watched;
  const past = page.locator("#past li", { hasText: "was armed" });
  await past.waitFor();
  let letGo: () => void = () => undefined;
  const heldBack = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  let fetched = 0;
  await page.route("**/api/v1/alerts*", async (route) => {
    const response = await route.fetch();
    fetched += 1;
    await heldBack;
    await route.fulfill({ response });
  });
  // A trap that leaves makes the page fetch everything anew.
  await desk.cloud.ask({ method: "POST", url: `/api/v1/devices/${leaving.deviceId}/release`, as: owner.token });
  await eventually(() => fetched === 2, { withinMs: 5_000, because: "the page asks for alerts, all and open ones" });
  await mill.event({ seq: 1, kind: "sprung" });
  const alert = page.locator(".alert", { hasText: "Mill has sprung" });
  await alert.waitFor();
  letGo();
  await past.waitFor({ state: "detached" });
  assert.is(await alert.count(), 1);
  assert.is(fetched, 2);
  await closeClean(watched);
});

test("the page hears only of its own tenant", async () => {
  const [mine, other] = [await desk.cloud.createOwner(), await desk.cloud.createOwner()];
  const device = await desk.connect(await desk.cloud.createDevice(other, { name: "Elsewhere" }));
  const own = await desk.connect(await desk.cloud.createDevice(mine, { name: "Here" }));
  const watched = await desk.openAs(mine);
  await device.event({ seq: 1, kind: "sprung" });
  await own.event({ seq: 1, kind: "sprung" });
  await watched.page.locator(".alert", { hasText: "Here has sprung" }).waitFor();
  assert.is(await watched.page.getByText("Elsewhere").count(), 0);
  await closeClean(watched);
});
