// Takes the place of store/settings.ts in a firmware that breaks its promise [FAULT-1]: what was kept of the owner is not found at a boot.
import type { Bytes } from "#protocol";
import type { StoredCredentials } from "../store/settings.ts";

export * from "../store/settings.ts";

export function decodeCredentials(_record: Bytes | null): StoredCredentials | null {
  return null;
}
