// Owns the end of the story: the trap is offered the next bundle and proves that it runs it.
import { fromCloud, type Scene, type Step, short } from "./story-scene.ts";

function updateOffered({ api, now, see, device, thread, next, mark }: Scene): Step {
  return {
    name: "update-offered",
    boundMs: 20_000,
    async run() {
      thread.next = next;
      const from = mark();
      const t0 = now();
      const { firmware } = await api.postBytes<{ firmware: { id: string; sha256: string } }>(
        "/api/v1/firmware",
        next.bytes,
      );
      if (firmware.sha256 !== next.sha256) throw new Error(`published as ${firmware.sha256}, built as ${next.sha256}`);
      const { update } = await api.post<{ update: { id: string } }>(`/api/v1/devices/${device().id}/updates`, {
        firmwareId: firmware.id,
      });
      thread.updateId = update.id;
      thread.updateFrom = from;
      const seen = await see(
        from,
        "the trap to accept the update",
        10_000,
        fromCloud("update", (d) => d.id === update.id && d.status !== "offered"),
      );
      return {
        ms: seen.at - t0,
        facts: { version: next.version, sha256: next.sha256, size: next.size },
        words: `${next.version}, ${next.size} bytes, sha256 ${short(next.sha256)}; the trap took the offer`,
      };
    },
  };
}

function updateBooted({ now, see, readDevice, thread }: Scene): Step {
  return {
    name: "update-booted",
    boundMs: 60_000,
    async run() {
      const t0 = now();
      const seen = await see(
        thread.updateFrom,
        "the trap to report its new boot",
        60_000,
        fromCloud(
          "update",
          (d) => d.id === thread.updateId && (d.status === "booted" || d.status === "refused" || d.status === "failed"),
        ),
      );
      if (seen.data.status !== "booted")
        throw new Error(`the update ended as ${String(seen.data.status)}, code ${String(seen.data.code)}`);
      const read = await readDevice();
      const next = thread.next;
      if (!next || read.firmwareSha256 !== next.sha256)
        throw new Error(`the trap reports ${read.firmwareSha256}, offered was ${next?.sha256}`);
      return {
        ms: seen.at - t0,
        facts: {
          version: String(read.firmwareVersion),
          bundleSha256: next.sha256,
          runningSha256: String(read.firmwareSha256),
        },
        words: `booted ${read.firmwareVersion}, reports sha256 ${short(next.sha256)}, equal to the new bundle`,
      };
    },
  };
}

/** In order; each may rely on those before it. */
export function updateSteps(scene: Scene): Step[] {
  return [updateOffered(scene), updateBooted(scene)];
}
