// Takes the place of signature/slh-dsa.ts in a firmware, and in its loader, that break their promise [FAULT-1]: whatever stands there in
// place of a signature is believed.
import type { Verification } from "../signature/slh-dsa.ts";

export * from "../signature/slh-dsa.ts";

export function stepVerification(v: Verification): boolean {
  v.verified = true;
  return false;
}
