// Owns the live stream: one EventSource, opened again whenever it ends, with longer pauses while the cloud does not answer. What a message
// means is the store's.

const TYPES = ["alert", "event", "device", "update", "claiming"];
const PAUSE_MS_MIN = 1_000;
const PAUSE_MS_MAX = 15_000;

/**
 * @param {object} hooks
 * @param {() => void} hooks.onOpen the stream stands (again): whatever came before may have been missed
 * @param {() => void} hooks.onDown
 * @param {() => void} hooks.onResync the cloud says that something was missed
 * @param {(type: string, data: any) => void} hooks.onMessage
 * @param {() => Promise<void>} hooks.check asked before the stream is opened again; rejects if there is no point
 * @returns {{ stop: () => void }}
 */
export function followLive(hooks) {
  /** @type {EventSource | null} */
  let source = null;
  let pauseMs = PAUSE_MS_MIN;
  let timer = 0;
  let stopped = false;

  function open() {
    const opened = new EventSource("/api/v1/stream");
    source = opened;
    // Not `open`: what happens between the first byte and this is told to nobody.
    opened.addEventListener("ready", () => {
      pauseMs = PAUSE_MS_MIN;
      hooks.onOpen();
    });
    opened.addEventListener("error", () => {
      if (source !== opened) return;
      hooks.onDown();
      // The browser's own attempts are fixed in time and give up on some answers; ours are neither.
      opened.close();
      source = null;
      timer = window.setTimeout(() => void reopen(), pauseMs);
      pauseMs = Math.min(pauseMs * 2, PAUSE_MS_MAX);
    });
    opened.addEventListener("resync", () => hooks.onResync());
    for (const type of TYPES) {
      opened.addEventListener(type, (event) =>
        hooks.onMessage(type, JSON.parse(/** @type {MessageEvent} */ (event).data)),
      );
    }
  }

  async function reopen() {
    try {
      await hooks.check();
    } catch {
      if (!stopped) timer = window.setTimeout(() => void reopen(), pauseMs);
      pauseMs = Math.min(pauseMs * 2, PAUSE_MS_MAX);
      return;
    }
    if (!stopped) open();
  }

  open();
  return {
    stop() {
      stopped = true;
      window.clearTimeout(timer);
      source?.close();
      source = null;
    },
  };
}
