// Owns the look at who may log in. Runs outside any tenant's scope, since the person is not known yet; the password is judged in
// passwords.ts.
import type { Transaction } from "../../db/tenant-transaction.ts";

/** The user with this email, in whatever case, and the password's hash; undefined if there is none or it may not log in. */
export function findLogin(trx: Transaction, email: string) {
  return trx
    .selectFrom("users")
    .select(["id", "password_hash as passwordHash"])
    .where((eb) => eb(eb.fn<string>("lower", ["email"]), "=", eb.fn<string>("lower", [eb.val(email)])))
    .where("is_active", "=", true)
    .executeTakeFirst();
}
