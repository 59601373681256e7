// The promise: a board, whatever is on it, becomes a trap that says itself that it runs the very bytes it was flashed with, as the one it is.
import { StepFailure } from "../steps/failure.ts";
import { choosePatienceMs } from "../strategy/patience.ts";
import { findStanding } from "../strategy/standing.ts";
import type { Suite } from "./suite.ts";

export const flashAndBoot: Suite = {
  name: "flash-and-boot",
  title: "A board is flashed, reads back what was written, and boots those bytes as the trap it is",
  from: "loader",
  withinMs: 900_000,
  async run(context, rig) {
    const before = rig.clock.now();
    await rig.reach(context, "flashed");
    context.measure("from the loader to the trap's boot", Math.round(rig.clock.now() - before), "ms");
    const image = await rig.firmware.image();
    await context.step("ask it who it is and what it runs", async () => {
      const standing = await findStanding(rig.console, choosePatienceMs(rig, 5_000, 3_000));
      const { serialNumber } = rig.identity;
      const isRight = standing?.sha256 === image.firmwareSha256 && standing.serialNumber === serialNumber;
      if (isRight && standing.deviceId === undefined && standing.link === "unset") return standing;
      throw new StepFailure(`it says ${JSON.stringify(standing) ?? "nothing"}`, {
        awaited: `${serialNumber}, nobody's, in no Wi-Fi, with the firmware ${image.firmwareSha256}`,
        lastSeen: rig.console.lastLines(),
      });
    });
  },
};
