// Tests simulator/page in headless Chromium: what a person sees of the trap, and that every button does what it says.
import * as http from "node:http";
import type * as net from "node:net";
import * as assert from "uvu/assert";
import { createSimClock, type SimClock } from "../../simulator/board/clock.ts";
import { createSimulator, type Simulator } from "../../simulator/compose.ts";
import { startBrowser, type TestBrowser, type WatchedPage } from "../support/browser.ts";
import { eventually } from "../support/eventually.ts";
import { suite } from "../support/suite.ts";
import { IDENTITY, readFixture } from "./fixture/fixture.ts";
import { HOME } from "./workbench.ts";

const test = suite("trap page", { limitMs: 30_000 });
let browser: TestBrowser;
let clock: SimClock;
let simulator: Simulator;
let watched: WatchedPage;

test.before(async () => {
  browser = await startBrowser();
});
test.after(() => browser.stop());
test.before.each(async () => {
  clock = createSimClock();
  simulator = await createSimulator({ identity: IDENTITY, ...readFixture(), wifi: HOME, seed: 1, clock, bootMs: 0 });
  watched = await browser.open([simulator.address]);
  await watched.page.goto(simulator.address);
});
test.after.each(async () => {
  await watched.close();
  await simulator.stop();
});

const shows = (selector: string, text: string) =>
  eventually(async () => (await watched.page.locator(selector).textContent())?.includes(text), {
    withinMs: 5000,
    because: `${selector} shows "${text}"`,
  });

test("the page shows a trap without power, and comes alive with it", async () => {
  const { page } = watched;
  await shows("#serial", IDENTITY.serial);
  await shows("#summary", "It has no power.");
  await page.click("#power");
  await shows("#summary", "It is awake, without Wi-Fi.");
  await shows("#console", `boot serial=${IDENTITY.serial}`);
  clock.advance(500);
  await shows("#fact-led", "on");
  await page.click("#power");
  await shows("#fact-led", "off");
  await shows("#power", "Restore power");
  assert.equal(watched.problems, []);
});

test("springing and setting, pressing and holding, and the Wi-Fi, all by hand", async () => {
  const { page } = watched;
  await page.click("#power");
  await shows("#fact-plunger", "set");
  await page.click("#spring");
  await shows("#fact-plunger", "sprung");
  clock.advance(100);
  await shows("#fact-buzzer", "2400 Hz");
  assert.is(await page.locator("#spring").isDisabled(), true);
  await page.click("#set");
  await shows("#fact-plunger", "set");
  for (const [id, ms] of [
    ["#press", 200],
    ["#hold-3", 3300],
    ["#hold-10", 10_300],
  ] as const) {
    await page.click(id);
    await eventually(() => simulator.trap.getState().button === "down", { withinMs: 3000, because: `${id} goes down` });
    clock.advance(ms - 1);
    assert.is(simulator.trap.getState().button, "down");
    clock.advance(1);
    assert.is(simulator.trap.getState().button, "up");
  }
  await page.click("#network");
  await shows("#fact-wifi", "network down");
  await page.click("#network");
  await shows("#fact-wifi", "not joined");
  assert.equal(watched.problems, []);
  assert.equal(watched.refusals, []);
});

test("the page works in a frame of another page of this machine, and in a narrow one", async () => {
  const outer = http.createServer((_request, response) => {
    response.setHeader("content-type", "text/html");
    response.end(`<!doctype html><iframe title="trap" src="${simulator.address}" width="360" height="800"></iframe>`);
  });
  await new Promise<void>((resolve) => outer.listen(0, "127.0.0.1", resolve));
  const { page } = watched;
  await page.goto(`http://127.0.0.1:${(outer.address() as net.AddressInfo).port}`);
  const frame = page.frameLocator("iframe");
  await frame.locator("#power").click();
  await eventually(() => simulator.trap.getState().board === "running", {
    withinMs: 3000,
    because: "the click arrives",
  });
  await eventually(async () => (await frame.locator("#summary").textContent())?.includes("awake"), {
    withinMs: 3000,
    because: "the frame is live",
  });
  const overflow = await frame.locator("body").evaluate((body) => body.scrollWidth - body.clientWidth);
  assert.ok(overflow <= 0, `${overflow} pixels too wide`);
  outer.closeAllConnections();
  await new Promise((resolve) => outer.close(resolve));
});

test("when the simulator is gone the page says so", async () => {
  await shows("#serial", IDENTITY.serial);
  await simulator.stop();
  await shows("#trouble", "The simulator does not answer");
});
