// Owns the door where traps fetch a signed file: raw bytes, one chunk per request. It asks for no account, since a trap has none; the
// address holds an id that only a trap's own connection has told it, and the trap believes nothing but the signature.
import { Type } from "typebox";
import { FIRMWARE_CHUNK_BYTES } from "#protocol";
import type { TraplineDatabase } from "../db/connection.ts";
import type { App } from "../http/app.ts";
import { ProblemError } from "../http/problems.ts";
import { Uuid } from "../http/schemas.ts";
import { createFirmwareContent } from "./firmware-content.ts";
import { findContent } from "./queries/find-content.ts";

const Params = Type.Object({ id: Uuid, number: Type.String({ pattern: "^(0|[1-9][0-9]{0,5})$" }) });

export function registerChunkRoutes(app: App, deps: { db: TraplineDatabase }): void {
  const contents = createFirmwareContent((id) => deps.db.system((trx) => findContent(trx, id)));
  app.get("/device/v1/firmware/:id/chunks/:number", { schema: { params: Params } }, async (request, reply) => {
    const content = await contents.find(request.params.id.toLowerCase());
    const from = Number(request.params.number) * FIRMWARE_CHUNK_BYTES;
    if (content === null || from >= content.length) throw new ProblemError("firmware-not-found");
    // The bytes behind an id never change; the trap's own downloader keeps nothing, proxies may.
    reply.header("cache-control", "public, max-age=31536000, immutable");
    return reply.type("application/octet-stream").send(content.subarray(from, from + FIRMWARE_CHUNK_BYTES));
  });
}
