// Owns what the persons of a replay are shown: their live streams, opened before anything happens, and the next notice that a recording
// tells of. Notices of events, alerts and updates come in their order; of a trap's presence only what it comes to counts, since what lies
// between depends on how fast everything went.
import type { Clock } from "../clock.ts";
import type { CloudSide, Notice } from "./cloud-side.ts";
import { compareFields, IdMap, readNotice } from "./comparing.ts";
import type { RecordFields, TimedEntry } from "./entries.ts";
import { createInbox, type Inbox } from "./inbox.ts";

export interface ReadNotice {
  notice: string;
  fields: RecordFields;
}

export interface Watchers {
  /** `seen` is null if nothing fitting came; then `last` is the last of this type that did not fit. */
  see(who: string, notice: string, fields: RecordFields, withinMs: number): Promise<Seen>;
  /** What was shown in order and is not in the recording. */
  rest(): { who: string; notice: ReadNotice }[];
  stop(): void;
}

export interface Seen {
  seen: RecordFields | null;
  last: RecordFields | null;
}

const IN_ORDER = ["event", "alert", "update"];

/** Follows whoever the recording shows something to. @throws HilError "stream-not-opened" */
export async function createWatchers(
  { cloud, clock }: { cloud: CloudSide; clock: Clock },
  entries: readonly TimedEntry[],
): Promise<Watchers> {
  const names = new Set(entries.flatMap((entry) => (entry.kind === "notice" ? [entry.who] : [])));
  const inboxes = new Map<string, Inbox<ReadNotice>>();
  const leave: (() => void)[] = [];
  for (const who of names) {
    const inbox = createInbox<ReadNotice>(clock);
    inboxes.set(who, inbox);
    const person = await cloud.getPerson(who);
    leave.push(
      await person.follow(({ notice, data }: Notice) => {
        const fields = readNotice(notice, data);
        if (fields !== null) inbox.push({ notice, fields });
      }),
    );
  }

  return {
    async see(who, notice, fields, withinMs) {
      const inbox = inboxes.get(who);
      if (inbox === undefined) return { seen: null, last: null };
      const isOrdered = IN_ORDER.includes(notice);
      const fits = (one: ReadNotice) => one.notice === notice && (isOrdered || isSame(fields, one.fields));
      const found = await inbox.take(fits, withinMs);
      const others = inbox.rest().filter((one) => one.notice === notice);
      return { seen: found?.fields ?? null, last: others.at(-1)?.fields ?? null };
    },
    rest: () =>
      [...inboxes].flatMap(([who, inbox]) =>
        inbox
          .rest()
          .filter((one) => IN_ORDER.includes(one.notice))
          .map((notice) => ({ who, notice })),
      ),
    stop() {
      for (const one of leave) one();
      for (const inbox of inboxes.values()) inbox.close();
    },
  };
}

/** Whose it is, is seen when it is taken: an id is drawn anew. */
function isSame(recorded: RecordFields, replayed: RecordFields): boolean {
  return compareFields({ ...recorded, id: "" }, { ...replayed, id: "" }, new IdMap()).length === 0;
}
