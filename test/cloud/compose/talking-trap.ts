// A trap that does not stop talking: one event after the other, each again and again until it is acknowledged, over as many connections
// as it takes. What it holds for acknowledged is what must never be lost.
import * as assert from "uvu/assert";
import type { EventKind } from "#protocol";
import { eventually } from "../../support/eventually.ts";
import { connectDevice, type DeviceCredentials, type MqttDevice } from "../../support/mqtt.ts";

/** Talks until `isOver`; adds every sequence to `acknowledged` when the cloud has acknowledged it. */
export async function talk(
  port: number,
  who: DeviceCredentials,
  acknowledged: Set<number>,
  isOver: () => boolean,
  kind: EventKind = "silenced",
): Promise<void> {
  for (let session = 1; !isOver(); session++) {
    const { device } = await eventually(() => connectUnlessOver(port, who, session, isOver), {
      withinMs: 20_000,
      because: "the trap connects",
    });
    if (device === null) return;
    await talkOn(device, acknowledged, isOver, kind).catch(() => undefined); // the next connection goes on where this one ended
    device.cut();
  }
}

/** Null: not yet. The device is null when it is over. */
async function connectUnlessOver(
  port: number,
  who: DeviceCredentials,
  session: number,
  isOver: () => boolean,
): Promise<{ device: MqttDevice | null } | null> {
  if (isOver()) return { device: null };
  const device = await connectDevice(port, who, { session }).catch(() => null);
  return device === null ? null : { device };
}

async function talkOn(
  device: MqttDevice,
  acknowledged: Set<number>,
  isOver: () => boolean,
  kind: EventKind,
): Promise<void> {
  await device.subscribe();
  await device.hello();
  while (!isOver()) {
    const seq = acknowledged.size + 1;
    await device.event({ seq, kind });
    assert.is((await device.told("ack")).seq, seq);
    acknowledged.add(seq);
  }
}
