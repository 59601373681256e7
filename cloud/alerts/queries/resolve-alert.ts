// Owns the answer "it is done" to an alert. Whether it can be given is decided in alerts.ts.
import type { Transaction } from "../../db/tenant-transaction.ts";
import { decideResolve } from "../alerts.ts";
import { type AlertAnswer, type AnsweredAlert, answerAlert } from "./answer-alert.ts";
import { updateResolved } from "./update-resolved.ts";

export function resolveAlert(trx: Transaction, answer: AlertAnswer): Promise<AnsweredAlert> {
  return answerAlert(trx, "resolve", answer, decideResolve, updateResolved);
}
