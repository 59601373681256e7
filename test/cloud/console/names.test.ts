// What somebody else has named is only ever read: no name becomes markup, turns the words around it, or breaks the page's width.
import * as assert from "uvu/assert";
import { suite } from "../../support/suite.ts";
import { closeClean, createDesk, type Desk } from "./desk.ts";

const test = suite("first page: names and layout", { limitMs: 40_000 });
let desk: Desk;

test.before(async () => {
  desk = await createDesk();
});
test.after(() => desk?.stop());

const NAMES: [what: string, name: string][] = [
  ["a script", "<script>window.hacked = 1</script>"],
  ["an image with a handler", '<img src=x onerror="window.hacked = 1">'],
  ["the end of an attribute", '"><svg onload=window.hacked=1>'],
  ["a template of somebody's framework", "{{constructor.constructor('window.hacked = 1')()}}"],
  ["an address of script", "javascript:window.hacked=1"],
  ["a name written from right to left", "\u05de\u05dc\u05db\u05d5\u05d3\u05ea \u05d1\u05de\u05d8\u05d1\u05d7"],
  ["a character that turns what follows", "kitchen\u202e neht"],
  ["two hundred characters without a space", "W".repeat(200)],
  ["two hundred of pictures", "\u{1F42D}".repeat(100)],
];

test("names of all kinds are text, in cards, alerts, the past and the question, within the width", async () => {
  const owner = await desk.cloud.createOwner();
  for (const [, name] of NAMES) {
    const device = await desk.connect(await desk.cloud.createDevice(owner, { name }));
    await device.event({ seq: 1, kind: "sprung" });
  }
  const watched = await desk.openAs(owner, { viewport: { width: 360, height: 740 } });
  const { page } = watched;
  await page
    .locator(".trap")
    .nth(NAMES.length - 1)
    .waitFor();
  for (const [what, name] of NAMES) {
    const shown = (place: string) =>
      page
        .locator(place)
        .and(page.getByText(name, { exact: true }))
        .count();
    assert.is(await shown(".trap h3 .name"), 1, `${what} as a trap`);
    assert.is(await shown(".alert h3 .name"), 1, `${what} in an alert`);
    assert.is(await shown("#past .name"), 2, `${what} in the past`);
  }
  const isolation =
    "[...new Set([...document.querySelectorAll('.name')].map((one) => getComputedStyle(one).unicodeBidi))]";
  assert.equal(await page.evaluate(isolation), ["isolate"], "no name turns the words around it");
  assert.is(await page.evaluate("window.hacked"), undefined);
  assert.is(await page.locator("#signed-in :is(script, iframe, object, [onerror], [onload])").count(), 0);
  assert.equal(await widths(page), { page: 360, widest: 360 });
  for (const [index, [what, name]] of NAMES.entries()) {
    await page.getByRole("button", { name: "Release …" }).nth(index).click();
    assert.is(await page.locator("#question-title").textContent(), `Release \u2068${name}\u2069?`, what);
    assert.equal(await widths(page), { page: 360, widest: 360 }, what);
    await page.keyboard.press("Escape");
  }
  await closeClean(watched);
});

test("a tenant's name is text in the bar, however long", async () => {
  const tenantName = `<b>${"M".repeat(90)}</b>`;
  const body = { tenantName, email: "long@example.com", password: "correct horse battery" };
  const { token } = (await desk.cloud.ask({ url: "/api/v1/register", body })).json;
  const watched = await desk.open({ token, viewport: { width: 360, height: 740 } });
  await watched.page.getByRole("button", { name: "Sign out" }).waitFor();
  assert.is(await watched.page.locator("#tenant").textContent(), tenantName);
  assert.equal(await widths(watched.page), { page: 360, widest: 360 });
  await closeClean(watched);
});

test("at any width, light and dark, nothing is wider than the page, every control has a name and room, every text contrast", async () => {
  const owner = await desk.cloud.createOwner();
  const device = await desk.connect(await desk.cloud.createDevice(owner, { kind: "live-catch" }));
  await device.event({ seq: 1, kind: "sprung" });
  await device.event({ seq: 2, kind: "battery-low", value: 3301 });
  const trap = await desk.createTrap();
  await trap.claim();
  const watched = await desk.openAs(owner);
  const { page } = watched;
  await page.getByRole("heading", { name: "Add a trap" }).click();
  await page.getByText(trap.serial).waitFor();
  assert.equal(await page.locator(".severity").allTextContents(), ["Critical", "Warning"]);
  for (const width of [320, 360, 720, 960, 1280]) {
    await page.setViewportSize({ width, height: 800 });
    assert.equal(await widths(page), { page: width, widest: width });
    assert.equal(await page.evaluate(POOR_CONTROLS), [], `controls at ${width} px`);
  }
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    assert.equal(await page.evaluate(FAINT_TEXTS), [], colorScheme);
  }
  await closeClean(watched);
});

async function widths(page: { evaluate(expression: string): Promise<unknown> }): Promise<unknown> {
  return page.evaluate(`({
    page: innerWidth,
    widest: Math.max(innerWidth, document.documentElement.scrollWidth, ...[...document.querySelectorAll("body *")]
      .filter((one) => one.checkVisibility() && !one.closest(".unseen, .skip"))
      .map((one) => Math.ceil(one.getBoundingClientRect().right - 0.5))),
  })`);
}

/** Visible buttons and fields without a name for those who do not see, or too small for a finger. */
const POOR_CONTROLS = `[...document.querySelectorAll("button, input, summary")]
  .filter((one) => one.checkVisibility())
  .filter((one) => {
    const name = one.getAttribute("aria-label") ?? one.labels?.[0]?.textContent ?? one.textContent;
    const box = one.getBoundingClientRect();
    return name.trim() === "" || box.height < 24 || box.width < 24;
  })
  .map((one) => one.outerHTML)`;

/** Visible texts whose contrast with what lies behind them is below 4.5 to 1. */
const FAINT_TEXTS = `(() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const bytes = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const linear = (byte) => (byte / 255 <= 0.04045 ? byte / 255 / 12.92 : ((byte / 255 + 0.055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const behind = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const color = bytes(getComputedStyle(at).backgroundColor);
      if (color[3] === 255) return color;
    }
    return [255, 255, 255, 255];
  };
  for (const running of document.getAnimations()) running.finish();
  return [...document.querySelectorAll("body *")]
    .filter((one) => one.checkVisibility() && [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== ""))
    .filter((one) => {
      const [a, b] = [light(bytes(getComputedStyle(one).color)), light(behind(one))];
      return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5;
    })
    .map((one) => one.outerHTML);
})()`;
