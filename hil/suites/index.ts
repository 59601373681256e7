// Owns which suites there are and in which order a board goes through them: what changes least comes first.

import { acknowledgeSilenceRearm } from "./acknowledge-silence-rearm.ts";
import { alert } from "./alert.ts";
import { claimRace, claimWithButton, claimWithCode } from "./claims.ts";
import { brokerRestart, cloudRestart } from "./cloud-storms.ts";
import {
  credentialRotation,
  ownerKept,
  strandingCutWhileWritten,
  strandingRotatedFirst,
} from "./credential-rotation.ts";
import { flashAndBoot } from "./flash-and-boot.ts";
import { health } from "./health.ts";
import { offlineQueue } from "./offline-queue.ts";
import { provisionWifi } from "./provision-wifi.ts";
import { releaseAndReset } from "./release-and-reset.ts";
import {
  strandingClaimRestart,
  strandingCommandAnswer,
  strandingDisagree,
  strandingLostStore,
  strandingOfflineRelease,
} from "./stranding.ts";
import type { Suite } from "./suite.ts";
import { update } from "./update.ts";
import { updateBadBytes, updateBadSignature, updateDowngrade } from "./update-altered.ts";
import { updateCrashRollback } from "./update-crash-rollback.ts";
import { updatePowerCut } from "./update-power-cut.ts";

export const SUITES: readonly Suite[] = [
  health,
  flashAndBoot,
  provisionWifi,
  claimRace,
  strandingClaimRestart,
  strandingDisagree,
  claimWithCode,
  claimWithButton,
  alert,
  acknowledgeSilenceRearm,
  brokerRestart,
  cloudRestart,
  offlineQueue,
  strandingLostStore,
  strandingCommandAnswer,
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
  strandingOfflineRelease,
  releaseAndReset,
];
