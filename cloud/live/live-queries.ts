// Owns the name under which the live room knows the notices that every subject makes.
export { LIVE_CHANNEL, type LiveNotice, notifyLive } from "../db/live-notice.ts";
