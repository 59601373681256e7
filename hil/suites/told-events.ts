// Owns comparing what a trap has said of its events on its console with what the cloud has kept of them: each once, none lost.
import type { EventDto } from "../drivers/cloud/person.ts";
import { findHilError, StepFailure } from "../steps/failure.ts";
import type { StepContext } from "../steps/step.ts";
import { choosePatienceMs, hurried } from "../strategy/patience.ts";
import type { Rig } from "../strategy/rig.ts";

export interface ToldEvent {
  kind: string;
  seq: number;
  /** On the trap's own clock, since its boot. */
  ms: number;
}

/** What has been said is there: nothing is waited for. */
const NOTHING_MORE_MS = 20;

/** The events that the trap has told from this place on, those without an owner left out. */
export async function listTold(rig: Rig, from: number): Promise<ToldEvent[]> {
  const told: ToldEvent[] = [];
  const isEvent = ({ name, fields }: { name: string; fields: Record<string, string> }) =>
    name === "event" && Number(fields.seq) > 0;
  for (let place = from; ; ) {
    const line = await rig.console.see(place, "one more event", NOTHING_MORE_MS, isEvent).catch(toNothing);
    if (line === undefined) return told;
    told.push({ kind: line.fields.kind ?? "", seq: Number(line.fields.seq), ms: line.ms });
    place = line.place + 1;
  }
}

function toNothing(error: unknown): undefined {
  if (findHilError(error) !== undefined) throw error;
  return undefined;
}

/**
 * Waits until the cloud has every one of them, and sees that it has each once.
 * @param boot of the trap that told them
 * @returns them as they are kept, by their sequence
 */
export function seeKept(context: StepContext, rig: Rig, boot: string, told: ToldEvent[]): Promise<EventDto[]> {
  return context.step(
    "every event has arrived, each once",
    async (step) => {
      const wanted = told.map((event) => event.seq);
      let kept: EventDto[] = [];
      await hurried(rig, () =>
        step.wait(
          `the events ${wanted.join(", ")} in the cloud`,
          async () => {
            const all = await rig.owner.listEvents(rig.deviceId);
            kept = all.filter((event) => event.bootId === boot && wanted.includes(event.sequence));
            return wanted.every((seq) => kept.some((event) => event.sequence === seq));
          },
          {
            withinMs: choosePatienceMs(rig, 180_000, 30_000),
            everyMs: 100,
            lastSeen: () => [`there are ${kept.map((event) => event.sequence).join(", ") || "none"}`],
          },
        ),
      );
      kept.sort((a, b) => a.sequence - b.sequence);
      const twice = kept.filter((event, at) => event.sequence === kept[at + 1]?.sequence);
      if (twice.length > 0) throw new StepFailure(`kept twice: ${twice.map((event) => event.sequence).join(", ")}`);
      const other = kept.find((event) => told.find((one) => one.seq === event.sequence)?.kind !== event.kind);
      if (other !== undefined) throw new StepFailure(`event ${other.sequence} is kept as ${other.kind}`);
      return kept;
    },
    { inputs: { events: told.map(({ kind, seq }) => `${seq} ${kind}`) } },
  );
}
