// The report as one page: it stands alone, runs nothing but its own script, shows every text as text, and is of use with thousands of lines. [BENCH-13]
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { pathToFileURL } from "node:url";
import type { BrowserContextOptions } from "playwright-core";
import * as assert from "uvu/assert";
import { renderPage } from "../../../hil/report/html-page.ts";
import { chooseTickMs } from "../../../hil/report/page-timeline.ts";
import { startBrowser, type TestBrowser, type WatchedPage } from "../../support/browser.ts";
import { eventually } from "../../support/eventually.ts";
import { suite } from "../../support/suite.ts";
import { buildModel, type ToldRunOptions } from "./told-run.ts";

const test = suite("the page of a run", { limitMs: 40_000 });
/** Every way out of a text that a page has, and characters that are no text. */
const SPICE = `</script></style></title><script>window.hurt=1</script><img src=x onerror=window.hurt=1>" onload='hurt' &amp;\u0000\u001b[31m\ud800`;

let browser: TestBrowser;
let folder: string;

test.before(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "trapline-page-"));
  browser = await startBrowser();
});
test.after(async () => {
  await browser?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function show(options: ToldRunOptions, context: BrowserContextOptions = {}): Promise<WatchedPage> {
  const file = path.join(folder, "report.html");
  writeFileSync(file, renderPage(buildModel(options)));
  const watched = await browser.open(["null"], context);
  await watched.page.goto(pathToFileURL(file).href);
  return watched;
}

test("it tells the outcome, what failed and how to repeat it, and asks nothing of any network", async () => {
  const watched = await show({ boards: 3 });
  const { page } = watched;
  assert.match((await page.locator("h1").textContent()) ?? "", /2 of 21 suites did not pass/);
  const failure = page.locator(".failure").first();
  const words = (await failure.textContent()) ?? "";
  assert.match(words, /waited 20000 ms for the trap to refuse the update/);
  assert.match(words, /the trap to refuse the update/);
  assert.match(words, /TL 8123 update state=trial/);
  assert.match(words, /npm run hil -- run --bench virtual --board loft-1 --suite bad-signature/);
  assert.is(await page.locator(".partial").count(), 0);
  assert.is(await page.locator(".matrix tbody tr").count(), 7);
  assert.is(await page.locator("#timeline-drawing .t-suite").count(), 21);
  assert.is(await page.locator(".plot").count(), 2);
  assert.is(await page.locator(".suite[open]").count(), 2);
  assert.equal(watched.problems, []);
  await watched.close();
});

test("no text of a run becomes anything but text", async () => {
  const watched = await show({ spice: SPICE });
  const { page } = watched;
  assert.is(await page.evaluate("window.hurt"), undefined);
  assert.is(await page.locator("img").count(), 0);
  assert.is(await page.locator("script").count(), 1);
  const elements: number = await page.evaluate("document.querySelectorAll('[onload],[onerror]').length");
  assert.is(elements, 0);
  assert.match(await page.title(), "<script>window.hurt=1</script>");
  const text = (await page.locator("body").textContent()) ?? "";
  assert.match(text, "onerror=window.hurt=1>\" onload='hurt' &amp;\\x00\\x1b[31m\\ud800");
  assert.equal(watched.problems, []);
  await watched.close();
});

test("a report of a run that was cut off says so, with the suites that had not ended", async () => {
  const watched = await show({ isCut: true });
  assert.match((await watched.page.locator(".partial").textContent()) ?? "", /partial/);
  assert.match((await watched.page.locator("h1").textContent()) ?? "", /Interrupted/);
  assert.ok((await watched.page.locator(".suite.c-interrupted").count()) > 0);
  assert.equal(watched.problems, []);
  await watched.close();
});

test("nothing is wider than a telephone, and attempts are drawn as a course with the flaky ones told", async () => {
  const watched = await show({ attempts: 6 }, { viewport: { width: 360, height: 740 }, colorScheme: "dark" });
  const { page } = watched;
  assert.is(await page.evaluate("document.documentElement.scrollWidth - innerWidth"), 0);
  assert.is(await page.locator(".flaky").textContent(), "flaky: 3 of 6 failed");
  assert.ok((await page.locator(".plot line.course").count()) > 0);
  assert.equal(watched.problems, []);
  await watched.close();
});

test("the log is filtered by source, board, text and suite, and shown side by side", async () => {
  const watched = await show({ boards: 3 });
  const { page } = watched;
  const count = page.locator("#log-count");
  const shown = () => page.locator("#rows .k > .r:not([hidden])").count();
  const all = await shown();
  await page.uncheck("[name=source][value=console]");
  const withoutConsole = await shown();
  assert.ok(withoutConsole < all);
  assert.match((await count.textContent()) ?? "", `${withoutConsole} of ${all} lines`);
  await page.selectOption("[name=board]", "cellar-2");
  assert.is(await page.locator("#rows .k > .r:not([hidden]) b", { hasText: "loft-1" }).count(), 0);
  await page.check("[name=source][value=console]");
  await page.fill("[name=text]", "COUNT=3");
  await eventually(async () => /^7 of/.test((await count.textContent()) ?? ""), {
    withinMs: 5_000,
    because: "seven lines",
  });
  await page.fill("[name=text]", "");
  await eventually(async () => !/^7 of/.test((await count.textContent()) ?? ""), {
    withinMs: 5_000,
    because: "more lines",
  });
  await page.locator(".suite[open] [data-log-from]").first().click();
  assert.match(
    (await page.locator("#log-window").textContent()) ?? "",
    /only An update with a bad signature is refused/,
  );
  const part = await shown();
  assert.ok(part > 10 && part < withoutConsole);
  await page.locator("#log-window").click();
  assert.is(await shown(), all);
  await page.check("[name=lanes]");
  const left = async (source: string) =>
    (await page.locator(`#rows .s-${source} > span`).first().boundingBox())?.x ?? 0;
  assert.ok((await left("step")) < (await left("console")));
  assert.ok((await left("console")) < (await left("mqtt")));
  assert.equal(watched.problems, []);
  await watched.close();
});

test("a suite opens where something points to it, and the timeline widens", async () => {
  const watched = await show({ boards: 2 });
  const { page } = watched;
  await page.locator(".cell").first().click();
  assert.ok(await page.locator("#suite-0").evaluate((element) => element.hasAttribute("open")));
  const before = (await page.locator("#timeline-drawing").boundingBox())?.width ?? 0;
  await page.locator("#zoom").fill("10");
  const after = (await page.locator("#timeline-drawing").boundingBox())?.width ?? 0;
  assert.ok(after > before * 9);
  await page.locator("[data-copy]").first().click();
  const said = () => page.locator("[data-copy]").first().textContent();
  await eventually(async () => /Copied|Selected/.test((await said()) ?? ""), {
    withinMs: 5_000,
    because: "it was copied",
  });
  assert.equal(watched.problems, []);
  await watched.close();
});

test("thousands of lines open and are filtered in moments; of too many those that passed are left out, and it is said", async () => {
  const watched = await show({ boards: 4, logLines: 1_000 });
  const { page } = watched;
  assert.match(
    (await page.locator("#log > p").textContent()) ?? "",
    /8000 lines of suites that passed are left out here/,
  );
  const begin = performance.now();
  await page.fill("[name=text]", "count=999");
  const count = () => page.locator("#log-count").textContent();
  await eventually(async () => / of /.test((await count()) ?? ""), {
    withinMs: 10_000,
    because: "the log to be filtered",
  });
  assert.ok(performance.now() - begin < 4_000);
  // Of the first board's early lines only those of what failed are kept.
  const kept = page.locator("#rows .k > .r:not([hidden])", { hasText: "loft-1" });
  const count999 = await kept.count();
  assert.ok(count999 >= 2 && count999 < 7, String(count999));
  assert.equal(watched.problems, []);
  await watched.close();
});

test("ticks are as many as can be read, whatever the time", () => {
  for (const totalMs of [1, 900, 38_000, 119_000, 3_600_000, 90_000_000]) {
    const ticks = totalMs / chooseTickMs(totalMs);
    assert.ok(ticks <= 12, `${totalMs}: ${ticks}`);
  }
});
