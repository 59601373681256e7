// The live notices of traps, as they leave the database.
import pg from "pg";
import type { Device, DeviceCommand } from "../../../cloud/devices/devices.ts";
import type { Json, Rooms } from "../http/rooms.ts";

export interface Notice {
  tenantId: string;
  type: string;
  data: Json<Device> & { command?: Json<DeviceCommand> };
}

/** What `deed` commits, in its order. */
export async function listNotices(
  { database }: Pick<Rooms, "database">,
  deed: () => Promise<unknown>,
): Promise<Notice[]> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const notices: Notice[] = [];
  client.on("notification", (message) => void notices.push(JSON.parse(message.payload ?? "{}")));
  try {
    await client.query("listen trapline_live");
    await deed();
    await client.query("select 1");
  } finally {
    await client.end();
  }
  return notices;
}
