// The promise: told its Wi-Fi a trap joins it; told a wrong password it says so, is not stuck, and joins when it is told the right one.
import { StepFailure } from "../steps/failure.ts";
import type { StepContext } from "../steps/step.ts";
import { choosePatienceMs, hurried } from "../strategy/patience.ts";
import type { Rig } from "../strategy/rig.ts";
import { isState, joinWifi } from "../strategy/strategy.ts";
import type { Suite } from "./suite.ts";

export const provisionWifi: Suite = {
  name: "provision-wifi",
  title: "A trap joins the Wi-Fi it is told, says when it cannot, and is mended by telling it again",
  from: "booted",
  withinMs: 300_000,
  async run(context, rig) {
    const { wifi } = rig.resource;
    if (wifi === undefined) return context.skip("this bench names no Wi-Fi around this board");
    await refuse(context, rig, "a wrong password", { ssid: wifi.ssid, pass: `${wifi.password.slice(0, -1)}?` });
    await refuse(context, rig, "a network that is not there", {
      ssid: `${wifi.ssid.slice(0, 20)}-elsewhere`,
      pass: wifi.password,
    });
    await joinWifi(context, rig);
    await staysJoined(context, rig);
  },
};

function refuse(context: StepContext, rig: Rig, what: string, told: { ssid: string; pass: string }): Promise<void> {
  return context.step(`tell it ${what}`, () =>
    hurried(rig, async () => {
      const mark = rig.console.mark();
      await rig.console.order("wifi", told);
      const withinMs = choosePatienceMs(rig, 90_000, 15_000);
      const isOver = ({ name, fields }: { name: string; fields: Record<string, string> }) =>
        name === "link" && (fields.state === "waiting" || fields.state === "joined");
      const link = await rig.console.see(mark, "how it went", withinMs, isOver);
      if (link.fields.state === "joined") throw new StepFailure(`it says that it has joined by ${what}`);
      if (!link.fields.error) throw new StepFailure("it does not say why it could not join");
    }),
  );
}

/** What it was told lies in its flash. */
async function staysJoined(context: StepContext, rig: Rig): Promise<void> {
  await context.step("after a reboot it joins by itself", () =>
    hurried(rig, async () => {
      const mark = rig.console.mark();
      await rig.console.order("reboot");
      const withinMs = choosePatienceMs(rig, 90_000, 15_000);
      const boot = await rig.console.see(mark, "its boot", withinMs, ({ name }) => name === "boot");
      await rig.console.see(boot.place, "that it has joined", withinMs, isState("link", "joined"));
    }),
  );
}
