// Owns what traps say of themselves: the configuration in force, answers to commands, and what a hello makes us tell them. Telemetry is
// telemetry-ingest.ts. How presence and the running firmware follow from a hello belongs to other rooms; compose.ts puts the answers together.
import { CODE_OK, type DownMessage, type UpMessage } from "#protocol";
import type { TraplineDatabase } from "../db/connection.ts";
import type { Ingest } from "../mqtt/device-door.ts";
import { commandMessage, decideHello } from "./devices.ts";
import { findDeviceLocked } from "./queries/find-device-locked.ts";
import { listOpenCommands } from "./queries/list-open-commands.ts";
import { notifyDevice } from "./queries/notify-device.ts";
import { updateAnswered } from "./queries/update-answered.ts";
import { updateReported } from "./queries/update-reported.ts";
import { updateReportedRevision } from "./queries/update-reported-revision.ts";
import { updateSent } from "./queries/update-sent.ts";
import { updateSettings } from "./queries/update-settings.ts";

type Told<N extends UpMessage["name"]> = Extract<UpMessage, { name: N }>;

export interface DeviceIngest {
  reported: Ingest<Told<"reported">>;
  result: Ingest<Told<"result">>;
  /** Commands that still wait for an answer, and the configuration if the trap has another. */
  hello: Ingest<Told<"hello">>;
}

export function createDeviceIngest(deps: { db: TraplineDatabase }): DeviceIngest {
  return {
    reported: (device, message, receivedAt) =>
      deps.db.ingest(device, async (trx) => {
        if (await updateReported(trx, device, message.value, receivedAt)) await notifyDevice(trx, device);
        return [];
      }),

    result: (device, message, receivedAt) =>
      deps.db.ingest(device, async (trx) => {
        const command = await updateAnswered(trx, device, message.value, receivedAt);
        if (command !== null) await notifyDevice(trx, device, command);
        return [];
      }),

    hello: (device, message, receivedAt) =>
      deps.db.ingest(device, async (trx) => {
        const known = await findDeviceLocked(trx, device);
        if (known === null) return [];
        await updateReportedRevision(trx, device, message.value.rev);
        const open = await listOpenCommands(trx, device, receivedAt);
        const plan = decideHello(message.value, open, known.config, receivedAt);
        for (const id of plan.rebooted) {
          const command = await updateAnswered(trx, device, { id, code: CODE_OK }, receivedAt);
          if (command !== null) await notifyDevice(trx, device, command);
        }
        const sent = plan.send.map((one) => one.id);
        await updateSent(trx, device, sent, receivedAt);
        const messages: DownMessage[] = plan.send.map(commandMessage);
        if (plan.settings !== null) {
          const { rev, ...settings } = plan.settings;
          if (rev !== known.config.revision) await updateSettings(trx, device, settings, rev);
          messages.push({ name: "config", value: plan.settings });
        }
        return messages;
      }),
  };
}
