// The frame page: the cloud's page, signed in, beside the simulator's, each from its own address, and one above the other where it is
// narrow. What the two show is tested where they are at home.
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as assert from "uvu/assert";
import { type Beside, startBeside } from "../../bin/up/beside.ts";
import { startBrowser, type TestBrowser } from "../support/browser.ts";
import { createTestCloud, type TestCloud } from "../support/cloud.ts";
import { suite } from "../support/suite.ts";

const test = suite("frame page", { limitMs: 40_000 });
const originOf = (address: string) => new URL(address).origin;
const shown = { left: "", right: "" };
let browser: TestBrowser;
let beside: Beside;
let cloud: TestCloud;
let simulator: http.Server;

test.before(async () => {
  browser = await startBrowser();
  beside = await startBeside(0, () => shown);
  cloud = await createTestCloud({ config: { frameAncestors: [originOf(beside.address)] } });
  simulator = http.createServer((_request, response) => {
    response.setHeader("content-type", "text/html");
    response.end('<!doctype html><title>trap</title><link rel="icon" href="data:,"><button>Spring it</button>');
  });
  await new Promise<void>((resolve) => simulator.listen(0, "127.0.0.1", resolve));
  shown.right = `http://127.0.0.1:${(simulator.address() as AddressInfo).port}/`;
});
test.after(async () => {
  await browser?.stop();
  await beside?.stop();
  await cloud?.stop();
  simulator?.closeAllConnections();
  simulator?.close();
});

test("both pages are shown, the cloud's signed in, and neither is in the other's way", async () => {
  const owner = await cloud.createOwner();
  await cloud.createDevice(owner, { name: "Kitchen" });
  shown.left = `${cloud.httpAddress}/#token=${owner.token}`;
  const watched = await browser.open([beside.address, cloud.httpAddress, shown.right].map(originOf));
  const { page } = watched;
  await page.goto(beside.address);
  const [left, right] = ["The cloud", "The simulated trap"].map((title) =>
    page.frameLocator(`iframe[title^="${title}"]`),
  );
  await left?.locator(".trap", { hasText: "Kitchen" }).waitFor();
  await right?.getByRole("button", { name: "Spring it" }).waitFor();
  assert.is(page.frames()[1]?.url(), `${cloud.httpAddress}/`, "the token is out of the address");
  const boxes = async () => Promise.all((await page.locator("iframe").all()).map((frame) => frame.boundingBox()));
  const [wideLeft, wideRight] = await boxes();
  assert.ok(wideLeft && wideRight && wideLeft.x + wideLeft.width < wideRight.x, "side by side");
  await page.setViewportSize({ width: 360, height: 740 });
  const [narrowLeft, narrowRight] = await boxes();
  assert.ok(narrowLeft && narrowRight && narrowLeft.y + narrowLeft.height < narrowRight.y, "one above the other");
  assert.is(await page.evaluate("document.documentElement.scrollWidth"), 360);
  assert.equal(watched.problems, []);
  await watched.close();
});

test("a page of elsewhere cannot put the cloud's page in a frame", async () => {
  const stranger = await startBeside(0, () => ({ left: `${cloud.httpAddress}/`, right: shown.right }));
  const watched = await browser.open([stranger.address, cloud.httpAddress, shown.right].map(originOf));
  await watched.page.goto(stranger.address);
  await watched.page.frameLocator('iframe[title^="The simulated"]').getByRole("button").waitFor();
  assert.match(watched.problems.join("\n"), /frame-ancestors/);
  assert.is(await watched.page.frameLocator('iframe[title^="The cloud"]').locator("#signed-out").count(), 0);
  await watched.close();
  await stranger.stop();
});

test("an address in the page is an attribute and nothing else", async () => {
  const naughty = await startBeside(0, () => ({
    left: 'http://127.0.0.1:1/"><script>alert(1)</script>',
    right: shown.right,
  }));
  const answer = await fetch(naughty.address);
  const text = await answer.text();
  assert.not.match(text, "<script>alert");
  assert.not.match(text, "{{");
  assert.match(answer.headers.get("content-security-policy") ?? "", "default-src 'none'");
  assert.is((await fetch(`${naughty.address}elsewhere`)).status, 404);
  await naughty.stop();
});
