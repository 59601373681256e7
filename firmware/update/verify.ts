// Owns the last word on an update before it may run. The bytes are known to be those of the offer; whether the offer may be believed is
// asked here, so that signatures and counters against downgrades have one place to go.
import { CODE_OK, type UpdateOffer } from "#protocol";

/** CODE_OK, or the code it is refused with. */
export function decideRelease(_offer: UpdateOffer): number {
  return CODE_OK;
}
