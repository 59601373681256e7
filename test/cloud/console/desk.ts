// A person's desk: a composed cloud, a browser in front of it, and traps that speak for themselves. What is looked at is the tests'.
import type { BrowserContextOptions } from "playwright-core";
import * as assert from "uvu/assert";
import { startBrowser, type TestBrowser, type WatchedPage } from "../../support/browser.ts";
import { createTestCloud, type Owner, type TestCloud, type TestCloudOptions } from "../../support/cloud.ts";
import { connectDevice, type DeviceCredentials, type DeviceOptions, type MqttDevice } from "../../support/mqtt.ts";
import { createTrap, type Trap } from "../claiming/trap.ts";
import type { AnswerBody } from "../http/rooms.ts";

export interface Desk {
  cloud: TestCloud;
  browser: TestBrowser;
  /** A page on which nobody is signed in, unless `token`. */
  open(options?: BrowserContextOptions & { token?: string }): Promise<WatchedPage>;
  /** A signed-in page whose live stream stands. */
  openAs(owner: Owner, options?: BrowserContextOptions): Promise<WatchedPage>;
  /** A trap with an identity, not claimed yet. */
  createTrap(): Promise<Trap>;
  /** A claimed trap, connected, that has said hello. */
  connect(
    who: DeviceCredentials,
    hello?: Parameters<MqttDevice["hello"]>[0],
    options?: DeviceOptions,
  ): Promise<MqttDevice>;
  stop(): Promise<void>;
}

/** Skips where there is no Chromium. */
export async function createDesk(options: TestCloudOptions = {}): Promise<Desk> {
  const browser = await startBrowser();
  const cloud = await createTestCloud(options).catch(async (error: unknown) => {
    await browser.stop();
    throw error;
  });
  const traps: MqttDevice[] = [];
  const desk: Desk = {
    cloud,
    browser,
    async open({ token, ...given } = {}) {
      const watched = await browser.open([cloud.httpAddress], given);
      await watched.page.goto(`${cloud.httpAddress}/${token === undefined ? "" : `#token=${token}`}`);
      return watched;
    },
    async openAs(owner, given) {
      const watched = await desk.open({ ...given, token: owner.token });
      await watched.page.locator('#live[data-state="live"]').waitFor();
      return watched;
    },
    createTrap: () =>
      createTrap({
        async ask(request) {
          const { status, text, json } = await cloud.ask(request);
          return { status, text, json: json as AnswerBody, headers: {} };
        },
      }),
    async connect(who, hello, options) {
      const device = await connectDevice(cloud.mqttPort, who, options);
      traps.push(device);
      await device.subscribe();
      await device.hello(hello);
      return device;
    },
    async stop() {
      for (const trap of traps) trap.cut();
      await browser.stop();
      await cloud.stop();
    },
  };
  return desk;
}

/** Nothing has gone wrong on this page, in any way that a page can go wrong; then close it. */
export async function closeClean(watched: WatchedPage): Promise<void> {
  assert.equal(watched.problems, []);
  await watched.close();
}
