// Owns the end of the story: a bundle that nobody signed is refused, the trap is offered the next signed firmware, verifies it for itself,
// proves that it runs it, and confirms its trial.
import { ApiError } from "./api-client.ts";
import { fromCloud, fromTrap, type Scene, type Step, short, shortKey } from "./story-scene.ts";

const UNPROCESSABLE = 422;

/** What anybody could send who got hold of an account. */
function unsignedRefused({ api, next, now }: Scene): Step {
  return {
    name: "unsigned-refused",
    boundMs: 5_000,
    async run() {
      const t0 = now();
      try {
        await api.postBytes("/api/v1/firmware", next.bundle);
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== UNPROCESSABLE) throw error;
        return {
          ms: now() - t0,
          facts: { status: error.status, problem: error.problem },
          words: "the bare bundle of the next version: the cloud publishes nothing unsigned",
        };
      }
      throw new Error("the cloud has published a bundle that nobody signed");
    },
  };
}

interface Published {
  firmware: { id: string; sha256: string; counter: number; signedBy: string };
}

function updateOffered({ api, now, see, device, thread, next, mark }: Scene): Step {
  return {
    name: "update-offered",
    boundMs: 20_000,
    async run() {
      const from = mark();
      const t0 = now();
      const { firmware } = await api.postBytes<Published>("/api/v1/firmware", next.signedFile);
      if (firmware.sha256 !== next.sha256) throw new Error(`published as ${firmware.sha256}, built as ${next.sha256}`);
      if (firmware.signedBy !== next.signedBy)
        throw new Error(`the cloud found the signature of ${firmware.signedBy}, it is ${next.signedBy}'s`);
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
      const { version, sha256, size } = next;
      const { counter, signedBy } = firmware;
      return {
        ms: seen.at - t0,
        facts: { version, counter, sha256, size, signedBy },
        words: `${version}, counter ${counter}, sha256 ${short(sha256)}; the cloud verified its signature by key ${shortKey(signedBy)}, the trap took the offer`,
      };
    },
  };
}

/** The trap's own verdict: whatever the cloud has said, its loader believes its key alone. */
function updateVerified({ now, see, next, thread }: Scene): Step {
  return {
    name: "update-verified",
    boundMs: 60_000,
    async run() {
      const t0 = now();
      const seen = await see(
        thread.updateFrom,
        "the trap to verify what it fetched",
        60_000,
        (s) => fromTrap("update", { phase: "verified" })(s) || fromTrap("update", { phase: "refused" })(s),
      );
      if (seen.data.phase !== "verified") throw new Error(`the trap refused it with code ${String(seen.data.code)}`);
      return {
        ms: seen.at - t0,
        facts: { bytes: next.signedFile.length, signedBy: next.signedBy },
        words: `${next.signedFile.length} bytes fetched; the trap verified size, hash tree and signature for itself`,
      };
    },
  };
}

function updateBooted({ now, see, readDevice, thread, next }: Scene): Step {
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
      if (read.firmwareSha256 !== next.sha256)
        throw new Error(`the trap reports ${read.firmwareSha256}, offered was ${next.sha256}`);
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

function updateConfirmed({ see, now, thread }: Scene): Step {
  return {
    name: "update-confirmed",
    boundMs: 20_000,
    async run() {
      const t0 = now();
      const confirmed = fromTrap("update", { phase: "confirmed" });
      const seen = await see(thread.updateFrom, "the trap to confirm its trial", 20_000, confirmed);
      return {
        ms: Math.max(0, seen.at - t0),
        facts: { confirmed: true },
        words: "the trap confirmed its trial; three starts without that would have brought the firmware before back",
      };
    },
  };
}

/** In order; each may rely on those before it. */
export function updateSteps(scene: Scene): Step[] {
  return [
    unsignedRefused(scene),
    updateOffered(scene),
    updateVerified(scene),
    updateBooted(scene),
    updateConfirmed(scene),
  ];
}
