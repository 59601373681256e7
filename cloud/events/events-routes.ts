// Owns the HTTP of events: the past of one trap, newest first, page by page.
import { Type } from "typebox";
import type { TraplineDatabase } from "../db/connection.ts";
import type { App } from "../http/app.ts";
import { requireAccount } from "../http/auth.ts";
import { ProblemError } from "../http/problems.ts";
import { IdParams, Uuid } from "../http/schemas.ts";
import { listEvents } from "./queries/list-events.ts";

const COUNT = 100;
const COUNT_MAX = 500;

const Query = Type.Object({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: COUNT_MAX })),
  /** The id of the last event of the page before. */
  before: Type.Optional(Uuid),
});

export function registerEventRoutes(app: App, deps: { db: TraplineDatabase }): void {
  const options = { onRequest: requireAccount, schema: { params: IdParams, querystring: Query } };
  app.get("/api/v1/devices/:id/events", options, async (request) => {
    const { tenantId } = request.account;
    const { limit: countMax = COUNT, before } = request.query;
    const page = { tenantId, deviceId: request.params.id.toLowerCase(), countMax, before };
    const events = await deps.db.withTenant(request.account, (trx) => listEvents(trx, page));
    if (events === null) throw new ProblemError("device-not-found");
    const next = events.length === countMax ? (events.at(-1)?.id ?? null) : null;
    return { events, next };
  });
}
