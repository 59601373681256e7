// Owns the live side of the control page: server-sent events with the trap's state, gathered over a moment since a lamp can blink faster
// than anybody looks, and with every console line.
import type { Clock, TimerHandle } from "./board/clock.ts";
import type { ConsoleEntry, TrapCase } from "./case.ts";
import { type Exchange, sendProblem, startStream } from "./control-http.ts";

export interface EventStreams {
  open(exchange: Exchange): void;
  stop(): void;
}

const GATHER_MS = 25;
const HEARTBEAT_MS = 15_000;
const STREAMS_MAX = 32;

/** `clock` is that of the people who watch, not the trap's. */
export function createEventStreams(trap: TrapCase, clock: Clock, readState: () => object): EventStreams {
  const streams = new Set<Exchange>();
  let gathering: TimerHandle = 0;
  let heartbeat: TimerHandle = 0;

  function send(exchange: Exchange, event: string, data: object): void {
    exchange.response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  function sendState(): void {
    gathering = 0;
    const state = readState();
    for (const stream of streams) send(stream, "state", state);
  }

  const stopState = trap.onChange(() => {
    if (streams.size > 0 && gathering === 0) gathering = clock.setTimer(GATHER_MS, sendState);
  });
  const stopLines = trap.onConsoleLine((entry: ConsoleEntry) => {
    for (const stream of streams) send(stream, "line", entry);
  });

  function beat(): void {
    for (const stream of streams) stream.response.write(": still here\n\n");
    heartbeat = clock.setTimer(HEARTBEAT_MS, beat);
  }
  beat();

  return {
    open(exchange) {
      if (streams.size >= STREAMS_MAX) {
        const detail = `At most ${STREAMS_MAX} pages can watch a trap.`;
        sendProblem(exchange, { status: 429, title: "Too many requests", detail });
        return;
      }
      startStream(exchange);
      streams.add(exchange);
      exchange.response.on("close", () => streams.delete(exchange));
      send(exchange, "state", readState());
      send(exchange, "console", { lines: trap.consoleLines() });
    },
    stop() {
      clock.clearTimer(heartbeat);
      clock.clearTimer(gathering);
      stopState();
      stopLines();
      for (const stream of streams) stream.response.end();
      streams.clear();
    },
  };
}
