// One headless Chromium per test file, and pages that keep account of everything a page must not do: errors, violations of its content
// security policy, requests to other origins. What a page shows is the test's business.
import { existsSync } from "node:fs";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { skip } from "./suite.ts";

const CHROMIUM = "/usr/bin/chromium";
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];
const WAIT_MS_MAX = 8_000;

export interface WatchedPage {
  page: Page;
  /** Everything wrong so far: console errors, uncaught exceptions, policy violations, requests to elsewhere. */
  problems: string[];
  /** The statuses of 400 and above that the page was answered with, as `401 /api/v1/me`; not wrong in themselves. */
  refusals: string[];
  close(): Promise<void>;
}

export interface TestBrowser {
  /** A page with cookies of its own, on which nothing is open yet. Requests to other origins than these are problems. */
  open(origins: string[], options?: BrowserContextOptions): Promise<WatchedPage>;
  stop(): Promise<void>;
}

/** Skips the suite where Chromium is not installed. Call it in `test.before`, and `stop()` in `test.after`. */
export async function startBrowser(): Promise<TestBrowser> {
  if (!existsSync(CHROMIUM)) skip(`needs Debian's package chromium (${CHROMIUM})`, "package");
  const browser = await launch();
  return {
    async open(origins, options = {}) {
      const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
      context.setDefaultTimeout(WAIT_MS_MAX);
      const page = await context.newPage();
      return watch(page, origins, () => context.close());
    },
    stop: () => browser.close(),
  };
}

function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS, timeout: 15_000 });
}

function watch(page: Page, origins: string[], close: () => Promise<void>): WatchedPage {
  const watched: WatchedPage = { page, problems: [], refusals: [], close };
  page.on("console", (message) => {
    // The browser's own line about a refused request; the answer itself is kept in `refusals`.
    if (message.text().startsWith("Failed to load resource: the server responded with a status of 4")) return;
    if (message.type() === "error" || message.type() === "warning") watched.problems.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => watched.problems.push(`uncaught: ${error.message}`));
  page.on("request", (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol !== "data:" && !origins.includes(origin)) watched.problems.push(`request to ${request.url()}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 400) watched.refusals.push(`${response.status()} ${new URL(response.url()).pathname}`);
  });
  return watched;
}
