// Owns the first part of the story: the trap boots the bundle it was flashed with, is claimed by its button, and comes online.
import { formatConsoleCommand } from "#protocol";
import { type DeviceDto, fromCloud, fromTrap, type Scene, type Step, short } from "./story-scene.ts";

function trapBooted({ hands, flashed, poweredAt, see, wifi }: Scene): Step {
  return {
    name: "trap-booted",
    boundMs: 5_000,
    async run() {
      const seen = await see(0, "the trap to print that it booted", 5_000, fromTrap("boot"));
      const running = String(seen.data.sha256);
      if (running !== flashed.sha256) throw new Error(`the trap runs ${running}, flashed was ${flashed.sha256}`);
      hands.typeCommand(formatConsoleCommand("wifi", { ssid: wifi.ssid, pass: wifi.password }));
      return {
        ms: seen.at - poweredAt,
        facts: {
          serial: hands.serialNumber,
          version: flashed.version,
          sha256: flashed.sha256,
          runningSha256: running,
        },
        words: `${hands.serialNumber} runs ${flashed.version}, sha256 ${short(running)}, the bytes of the bundle`,
      };
    },
  };
}

function claimingWindow({ api, hands, now, see, mark }: Scene): Step {
  return {
    name: "claiming-window",
    boundMs: 10_000,
    async run() {
      const from = mark();
      const t0 = now();
      hands.pressButton(3_200);
      await see(
        from,
        "the trap to say that its claiming window is open",
        10_000,
        fromTrap("claim", { status: "open" }),
      );
      const { traps } = await api.get<{ traps: { serialNumber: string; expiresAt: string }[] }>(
        "/api/v1/claiming/nearby",
      );
      const near = traps.find((t) => t.serialNumber === hands.serialNumber);
      if (!near) throw new Error("the cloud lists no trap in claiming mode near this address");
      return {
        ms: now() - t0,
        facts: { expiresAt: near.expiresAt },
        words: `button held 3 s; the cloud shows it nearby for ten minutes`,
      };
    },
  };
}

function claimed({ api, hands, now, thread }: Scene): Step {
  return {
    name: "claimed",
    boundMs: 3_000,
    async run() {
      const t0 = now();
      const claimed = await api.post<{ device: DeviceDto }>("/api/v1/claiming/claims", {
        serialNumber: hands.serialNumber,
        name: "Kitchen",
      });
      thread.device = claimed.device;
      return {
        ms: now() - t0,
        facts: { deviceId: claimed.device.id },
        words: `it is ours and is called ${claimed.device.name}`,
      };
    },
  };
}

function credentials({ now, see }: Scene): Step {
  return {
    name: "credentials",
    boundMs: 10_000,
    async run() {
      const t0 = now();
      const seen = await see(0, "the trap to pick up its credentials", 10_000, fromTrap("claim", { status: "ready" }));
      return {
        ms: Math.max(0, seen.at - t0),
        facts: {},
        words: "picked up by the trap, with a proof only it can give",
      };
    },
  };
}

function online({ flashed, now, see, device, readDevice }: Scene): Step {
  return {
    name: "online",
    boundMs: 10_000,
    async run() {
      const t0 = now();
      const seen = await see(
        0,
        "the cloud to see the trap online",
        10_000,
        fromCloud("device", (d) => d.id === device().id && d.online === true),
      );
      const read = await readDevice();
      if (read.firmwareSha256 !== flashed.sha256) {
        throw new Error(`the trap reports ${read.firmwareSha256}, the bundle is ${flashed.sha256}`);
      }
      return {
        ms: Math.max(0, seen.at - t0),
        facts: { bundleSha256: flashed.sha256, runningSha256: String(read.firmwareSha256) },
        words: `reports ${read.firmwareVersion}, sha256 ${short(String(read.firmwareSha256))}, equal to the bundle`,
      };
    },
  };
}

/** In order; each may rely on those before it. */
export function claimingSteps(scene: Scene): Step[] {
  return [trapBooted(scene), claimingWindow(scene), claimed(scene), credentials(scene), online(scene)];
}
