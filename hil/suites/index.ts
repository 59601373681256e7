// Owns which suites there are and in which order a board goes through them: what changes least comes first.
import { alert } from "./alert.ts";
import {
  credentialRotation,
  ownerKept,
  strandingCutWhileWritten,
  strandingRotatedFirst,
} from "./credential-rotation.ts";
import type { Suite } from "./suite.ts";
import { update } from "./update.ts";
import { updateBadBytes, updateBadSignature, updateDowngrade } from "./update-altered.ts";
import { updateCrashRollback } from "./update-crash-rollback.ts";
import { updatePowerCut } from "./update-power-cut.ts";

export const SUITES: readonly Suite[] = [
  alert,
  ownerKept,
  credentialRotation,
  strandingRotatedFirst,
  strandingCutWhileWritten,
  updateBadSignature,
  updateBadBytes,
  updateDowngrade,
  updateCrashRollback,
  update,
  updatePowerCut,
];
