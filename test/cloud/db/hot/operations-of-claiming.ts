// What claiming makes of the big database, from the factory to the release, by button and by code, told by traps that are there for it alone.
import * as assert from "uvu/assert";
import { createTrap, createTrapOf, type Trap } from "../../claiming/trap.ts";
import { FACTORY_TOKEN } from "../../http/rooms.ts";
import { BIG, BIG_TENANT_TRAPS, SMALL } from "./hot-counts.ts";
import type { HotRooms } from "./hot-rooms.ts";
import type { HotOperation } from "./operations.ts";

/** The plan's limit counts the traps of the tenant. */
const COUNTED = 1.1 * BIG_TENANT_TRAPS;

const nearby = (query = "") => ({ url: `/api/v1/claiming/nearby${query}`, as: BIG.token });
const claimOf = (serialNumber: string, as = BIG.token) => ({
  url: "/api/v1/claiming/claims",
  body: { serialNumber, name: "Loft" },
  as,
});

async function createCode({ ask }: HotRooms): Promise<string> {
  const answer = await ask({ url: "/api/v1/claim-codes", body: { deviceName: "Cellar" }, as: BIG.token });
  return answer.code;
}

/** The traps of the story, and the code of one of them, once they are there. */
interface Story {
  byButton: Trap;
  byCode: Trap;
  code: string;
}

/** One story: each step goes on from the one before. */
export function createClaimingOperations(): HotOperation[] {
  const story: Partial<Story> = {};
  return [createBeginning(story), ...listByButton(story), ...listByCode(story), ...listEnds(story)];
}

function get<K extends keyof Story>(story: Partial<Story>, key: K): Story[K] {
  const value = story[key];
  if (value === undefined) throw new Error(`the story has not come to ${key} yet`);
  return value;
}

function createBeginning(story: Partial<Story>): HotOperation {
  return {
    name: "a trap is registered, and once more, since the answer was lost",
    async run({ http, ask }) {
      story.byButton = await createTrap(http);
      story.byCode = await createTrap(http);
      const { serial: serialNumber, mac: macAddress, key } = story.byButton;
      const body = { serialNumber, macAddress, key, hardware: "esp32-devkit", kind: "snap" };
      await ask({ url: "/api/v1/factory/devices", body, as: FACTORY_TOKEN });
    },
  };
}

function listByButton(story: Partial<Story>): HotOperation[] {
  const trap = () => get(story, "byButton");
  return [
    { name: "a window is opened", run: async () => assert.is((await trap().claim()).status, "open") },
    {
      name: "a trap that is not claimed yet asks for its credentials",
      run: async () => assert.is((await trap().pickUp()).status, "waiting"),
    },
    { name: "the traps of this place", run: async ({ ask }) => assert.is((await ask(nearby())).traps.length, 1) },
    {
      name: "the trap of this serial number",
      run: async ({ ask }) => assert.is((await ask(nearby(`?serialNumber=${trap().serial}`))).traps.length, 1),
    },
    { name: "a window is claimed", rowsMax: COUNTED, run: ({ ask }) => ask(claimOf(trap().serial)) },
    {
      name: "another tenant claims a trap that is taken",
      run: async ({ http }) => assert.is((await http.ask(claimOf(trap().serial, SMALL.token))).status, 409),
    },
    {
      name: "a trap fetches its credentials, and logs in for the first time",
      async run({ authenticate }) {
        const { credentials, password } = await trap().pickUp();
        assert.ok(await authenticate(String(credentials?.user), String(password)));
      },
    },
  ];
}

function listByCode(story: Partial<Story>): HotOperation[] {
  const claim = async () => (await get(story, "byCode").claim(get(story, "code"))).status;
  return [
    {
      name: "a code is made",
      async run(rooms) {
        story.code = await createCode(rooms);
      },
    },
    {
      name: "the list of codes",
      run: async ({ ask }) => assert.is((await ask({ url: "/api/v1/claim-codes", as: BIG.token })).codes.length, 100),
    },
    {
      name: "a trap is claimed by its code, and shows it again",
      rowsMax: COUNTED,
      run: async () => assert.equal([await claim(), await claim()], ["code-claimed", "code-claimed"]),
    },
    {
      name: "a code is revoked",
      run: async (rooms) =>
        rooms.ask({ method: "DELETE", url: `/api/v1/claim-codes/${await createCode(rooms)}`, as: BIG.token }),
    },
  ];
}

function listEnds(story: Partial<Story>): HotOperation[] {
  return [
    {
      name: "a trap is reset by its button, and asks for credentials it no longer has",
      async run() {
        assert.is((await get(story, "byButton").release()).status, "released");
        assert.is((await get(story, "byButton").pickUp()).status, "released");
      },
    },
    {
      name: "a trap that nobody knows",
      async run({ http }) {
        const stranger = createTrapOf(http, { ...get(story, "byButton"), serial: "TL-STRANGER", from: "127.0.0.1" });
        const body = stranger.provenText("release", await stranger.getChallenge());
        assert.is((await http.ask({ url: "/device/v1/release", body })).status, 403);
      },
    },
  ];
}
