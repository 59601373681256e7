// What is asked of the big database: an operation is whatever one request, one message or one job makes of it.
import type { HotRooms } from "./hot-rooms.ts";

export interface HotOperation {
  name: string;
  run(rooms: HotRooms): Promise<unknown>;
  /** Rows that its worst transaction may read, 1,000 unless told. */
  rowsMax?: number;
  /** Why it has to read many partitions of one table, by table. */
  spreads?: Record<string, string>;
}
