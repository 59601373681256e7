// Owns what a person is told when something did not work: what it was, and what to do. Codes are those of the API's problems.
import { ApiError } from "./api.js";

/** @type {Record<string, string>} */
const WORDS = {
  "no-answer": "The cloud does not answer. Check that it is running and that you are connected, then try again.",
  "wrong-credentials": "Email or password is wrong. Check both and try again, or create an account.",
  "email-taken": "There is already an account with this email. Sign in instead.",
  "window-not-found": "That trap is not in claiming mode. Hold its button for 3 seconds, then try again.",
  "claim-taken": "Somebody else was faster and has claimed this trap.",
  "claim-code-not-found": "That claim code is used, expired or withdrawn already.",
  "claim-codes-exhausted": "Too many claim codes are waiting to be used. Withdraw one first.",
  "device-not-found": "This trap is no longer yours; it was released.",
  "too-many-commands": "Many commands wait for the trap's answer already. Wait a minute, then try again.",
  "alert-not-found": "This alert is gone; its trap was released.",
  "alert-resolved": "This alert has been resolved already.",
  "foreign-origin":
    "The browser said that this request came from another page. Open Trapline by its own address and try again.",
  internal: "Something went wrong on our side. It was noted; try again in a moment.",
  unavailable: "The cloud is not available just now. Try again in a moment.",
};

/** @type {Record<string, string>} */
const FIELDS = {
  tenantName: "household or organisation",
  email: "email",
  password: "password",
  name: "name",
  deviceName: "name",
  serialNumber: "serial number",
};

/**
 * One or two sentences for a person.
 * @param {unknown} error
 */
export function describeProblem(error) {
  if (!(error instanceof ApiError)) return "Something went wrong in this page. Reload it and try again.";
  if (error.code === "too-many-requests") return describeTooMany(error.retryAfterS);
  const known = WORDS[error.code];
  if (known !== undefined) return known;
  if (error.code === "bad-input" && error.errors.length > 0) {
    return error.errors.map(({ field, message }) => `Check the ${FIELDS[field] ?? field}: it ${message}.`).join(" ");
  }
  return error.detail === "" ? `${error.title}.` : `${error.title}. ${error.detail}`;
}

/** @param {number | null} retryAfterS */
function describeTooMany(retryAfterS) {
  if (retryAfterS === null) return "Too many tries. Wait a few minutes, then try again.";
  const wait = retryAfterS <= 90 ? `${retryAfterS} seconds` : `${Math.ceil(retryAfterS / 60)} minutes`;
  return `Too many tries. Wait ${wait}, then try again.`;
}
