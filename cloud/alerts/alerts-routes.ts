// Owns the HTTP of alerts: list them, acknowledge, resolve. Answering twice is no error and changes nothing.
import { Type } from "typebox";
import type { Clock } from "../clock.ts";
import type { TraplineDatabase } from "../db/connection.ts";
import type { DeviceAlertStatus } from "../db/schema.ts";
import type { App } from "../http/app.ts";
import { type Account, requireAccount } from "../http/auth.ts";
import { ProblemError } from "../http/problems.ts";
import { IdParams } from "../http/schemas.ts";
import { acknowledgeAlert } from "./queries/acknowledge-alert.ts";
import { listAlerts } from "./queries/list-alerts.ts";
import { resolveAlert } from "./queries/resolve-alert.ts";

export interface AlertDeps {
  db: TraplineDatabase;
  clock: Pick<Clock, "now">;
}

const STATUSES = ["new", "acknowledged", "resolved"] as const satisfies DeviceAlertStatus[];
const COUNT = 200;
const COUNT_MAX = 1_000;

const Query = Type.Object({
  /** `open` is new or acknowledged. */
  status: Type.Optional(Type.Enum([...STATUSES, "open"])),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: COUNT_MAX })),
});

export function registerAlertRoutes(app: App, deps: AlertDeps): void {
  const { db, clock } = deps;
  app.get("/api/v1/alerts", { onRequest: requireAccount, schema: { querystring: Query } }, async (request) => {
    const { status, limit: countMax = COUNT } = request.query;
    const statuses: DeviceAlertStatus[] | undefined =
      status === "open" ? ["new", "acknowledged"] : status === undefined ? undefined : [status];
    const { tenantId } = request.account;
    return { alerts: await db.withTenant(request.account, (trx) => listAlerts(trx, { tenantId, countMax, statuses })) };
  });

  for (const [word, answer] of [
    ["acknowledge", acknowledgeAlert],
    ["resolve", resolveAlert],
  ] as const) {
    const options = { onRequest: requireAccount, schema: { params: IdParams } };
    app.post(`/api/v1/alerts/:id/${word}`, options, async (request) => {
      const { tenantId, userId } = mayAnswer(request.account);
      const id = request.params.id.toLowerCase();
      const answered = await db.withTenant(request.account, (trx) =>
        answer(trx, { tenantId, userId, id, now: clock.now() }),
      );
      if (!answered.ok) throw new ProblemError(answered.reason);
      return { alert: answered.alert };
    });
  }
}

/** Whoever only looks on does not answer for others. */
function mayAnswer(account: Account): Account {
  if (account.role === "viewer") throw new ProblemError("forbidden");
  return account;
}
