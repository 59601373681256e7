// Owns the stream of a run: it dates events from the run's start, masks every text in them, and hands them to whoever listens, each in the
// same order. It leaves what an event means to its readers.
import type { Clock } from "../clock.ts";
import type { EventStream, HilEvent, HilEventBody } from "./events.ts";
import { createMasker, type Masker } from "./masking.ts";

export interface EventStreamOptions {
  clock: Clock;
  /** Known from the start: passwords of the bench file. */
  secrets?: string[];
}

/** The run starts now. */
export function createEventStream(options: EventStreamOptions): EventStream {
  const { clock } = options;
  const startMs = clock.now();
  const masker = createMasker();
  const listeners = new Set<(event: HilEvent) => void>();
  const queue: HilEvent[] = [];
  let isDraining = false;
  for (const secret of options.secrets ?? []) masker.add(secret);
  const now = () => Math.round(clock.now() - startMs);

  function publish(body: HilEventBody): HilEvent {
    const published = toEvent(body, now(), masker);
    queue.push(published);
    // What a listener publishes in answer comes after what everybody is just hearing.
    if (isDraining) return published;
    isDraining = true;
    for (let event = queue.shift(); event !== undefined; event = queue.shift()) deliver(event);
    isDraining = false;
    return published;
  }

  function deliver(event: HilEvent): void {
    for (const listen of [...listeners]) {
      try {
        listen(event);
      } catch (error) {
        listeners.delete(listen);
        const message = error instanceof Error ? error.message : String(error);
        publish({
          type: "remarked",
          level: "warn",
          text: `a listener of this run failed and hears no more: ${message}`,
        });
      }
    }
  }

  return {
    publish,
    subscribe(listen) {
      // A listener may be subscribed twice, each time with an end of its own.
      const own = (event: HilEvent) => listen(event);
      listeners.add(own);
      return () => void listeners.delete(own);
    },
    mask: (secret) => masker.add(secret),
    now,
  };
}

/** Words of closed lists that readers choose by: never masked, even where a password is one of them. */
const CLOSED_WORDS = new Set(["type", "outcome", "source", "direction", "level"]);

function toEvent(body: HilEventBody, at: number, masker: Masker): HilEvent {
  const masked: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(body)) masked[key] = CLOSED_WORDS.has(key) ? value : mask(value, masker);
  return { ...(masked as HilEventBody), at };
}

function mask(value: unknown, masker: Masker): unknown {
  if (typeof value === "string") return masker.apply(value);
  if (Array.isArray(value)) return value.map((one) => mask(one, masker));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [
      masker.apply(key),
      typeof one === "function" ? undefined : mask(one, masker),
    ]),
  );
}
