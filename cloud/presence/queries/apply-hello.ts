// Owns the beginning of a trap's session [TENANT-2]: the trap's row says online exactly while its current session is open [PRES-1].
// The caller holds the trap's row.
import type { Hello } from "#protocol";
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { DeviceKey } from "../../mqtt/device-door.ts";

/** The hello's session is the trap's current one: it is open, every other is over, and the trap is as the hello says. */
export async function applyHello(trx: Transaction, device: DeviceKey, hello: Hello, at: Date): Promise<void> {
  const { tenantId, deviceId } = device;
  await trx
    .updateTable("device_sessions")
    .set({ ended_at: at, end_reason: "superseded" })
    .where("tenant_id", "=", tenantId)
    .where("device_id", "=", deviceId)
    .where("ended_at", "is", null)
    .where((eb) => eb.not(eb.and([eb("boot_id", "=", hello.boot), eb("session", "=", hello.session)])))
    .execute();
  await trx
    .insertInto("device_sessions")
    .values({
      tenant_id: tenantId,
      device_id: deviceId,
      boot_id: hello.boot,
      session: hello.session,
      connected_at: at,
      last_heard_at: at,
    })
    .onConflict((conflict) =>
      conflict
        .columns(["device_id", "boot_id", "session"])
        .doUpdateSet({ last_heard_at: at, ended_at: null, end_reason: null })
        .where("device_sessions.tenant_id", "=", tenantId),
    )
    .execute();
  await trx
    .updateTable("devices")
    .set({
      online: true,
      boot_id: hello.boot,
      session: hello.session,
      firmware_version: hello.version,
      firmware_sha256: hello.sha256,
      hardware: hello.hardware,
      trap_state: hello.state,
      battery_mv: hello.batteryMv,
      rssi: hello.rssi,
      last_seen: at,
    })
    .where("tenant_id", "=", tenantId)
    .where("id", "=", deviceId)
    .execute();
}
