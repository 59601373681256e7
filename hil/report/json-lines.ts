// Owns what a program reads of a run: one line of JSON for every suite that has ended, and one for the run, which is the last.
import type { EventStream } from "../steps/events.ts";
import { createRunModel, summarize } from "./run-model.ts";

/** Returns how to stop it. `write` is given whole lines with their line feed. */
export function writeJsonLines(stream: EventStream, write: (line: string) => void): () => void {
  const { model, apply } = createRunModel();
  return stream.subscribe((event) => {
    apply(event);
    if (event.type === "suite-ended") write(`${JSON.stringify(event)}\n`);
    if (event.type !== "run-ended") return;
    const { isPartial: _isPartial, ...summary } = summarize(model);
    const { counts, folder } = event;
    const last = { type: event.type, ...summary, counts, ...(folder !== undefined && { folder }) };
    write(`${JSON.stringify(last)}\n`);
  });
}
