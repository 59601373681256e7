// Owns the HTTP of claim codes as a person handles them: make, list, revoke. Using them up is the trap's (trap-routes.ts).
import { Type } from "typebox";
import { normalizeClaimCode } from "#protocol";
import type { Clock } from "../clock.ts";
import type { TraplineDatabase } from "../db/connection.ts";
import type { App } from "../http/app.ts";
import { requireAccount } from "../http/auth.ts";
import { ProblemError } from "../http/problems.ts";
import { CODE_S_DEFAULT, CODE_S_MAX, CODE_S_MIN, DEVICE_NAME_CHARS_MAX, type RandomBytes } from "./claiming.ts";
import { insertClaimCode } from "./queries/insert-claim-code.ts";
import { listClaimCodes } from "./queries/list-claim-codes.ts";
import { updateRevoked } from "./queries/update-revoked.ts";

export interface CodeDeps {
  db: TraplineDatabase;
  clock: Clock;
  randomBytes: RandomBytes;
}

const CodeBody = Type.Object({
  deviceName: Type.String({ minLength: 1, maxLength: DEVICE_NAME_CHARS_MAX, pattern: "\\S" }),
  expiresInS: Type.Optional(Type.Integer({ minimum: CODE_S_MIN, maximum: CODE_S_MAX })),
});
const CodeParams = Type.Object({ code: Type.String({ minLength: 1, maxLength: 40 }) });

export function registerCodeRoutes(app: App, { db, clock, randomBytes }: CodeDeps): void {
  app.post("/api/v1/claim-codes", { onRequest: requireAccount, schema: { body: CodeBody } }, async (request, reply) => {
    const { tenantId, userId } = request.account;
    const now = clock.now();
    const expiresAt = new Date(now.getTime() + (request.body.expiresInS ?? CODE_S_DEFAULT) * 1000);
    const wish = { tenantId, userId, deviceName: request.body.deviceName.trim(), expiresAt, now };
    const code = await db.withTenant(request.account, (trx) => insertClaimCode(trx, wish, randomBytes));
    if (code === null) throw new ProblemError("claim-codes-exhausted");
    return reply.code(201).send(code);
  });

  app.get("/api/v1/claim-codes", { onRequest: requireAccount }, async (request) => {
    const { tenantId } = request.account;
    return { codes: await db.withTenant(request.account, (trx) => listClaimCodes(trx, tenantId, clock.now())) };
  });

  const options = { onRequest: requireAccount, schema: { params: CodeParams } };
  app.delete("/api/v1/claim-codes/:code", options, async (request, reply) => {
    const { tenantId } = request.account;
    const code = normalizeClaimCode(request.params.code);
    const isRevoked =
      code !== null && (await db.withTenant(request.account, (trx) => updateRevoked(trx, tenantId, code, clock.now())));
    if (!isRevoked) throw new ProblemError("claim-code-not-found");
    return reply.code(204).send();
  });
}
