// Owns the schemas that routes of several rooms share.
import { Type } from "typebox";

/** A UUID of any version, in either case; PostgreSQL reads both. */
export const Uuid = Type.String({
  pattern: "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$",
});

/** The address of a route that ends in `:id`. */
export const IdParams = Type.Object({ id: Uuid });
