// Owns the profiles [POWER-1]: how a trap lives by what its battery measures. Pure; session/reports.ts looks at the battery and applies them. Alerts are as fast in
// each of them: what is saved is what nobody waits for. What a profile costs is reckoned in energy.ts.

/** In this order: each spares more than the one before it. `mains` measures no battery. */
export const PROFILES = ["mains", "battery", "low", "critical"] as const;
export const PROFILE_MAINS = 0;
export const PROFILE_LOW = 2;

/** Below the first a battery is low, below the second critical; it must rise higher than the third to leave either again. */
export const BATTERY_LOW_MV = 3300;
export const BATTERY_CRITICAL_MV = 3100;
/** Added to a bound: a battery on the edge does not chatter. */
export const BATTERY_RISE_MV = 200;

/** Telemetry comes no oftener than this, in seconds; 0 as often as the owner wishes. */
export function telemetryMinS(profile: number): number {
  return [0, 900, 3600, 21600][profile] as number;
}

/** Pauses of LED and buzzer are so many times as long. */
export function restOf(profile: number): number {
  return 1 << profile;
}

/**
 * How the radio sleeps between the beacons of its network, for one of them or for several. Never not at all: with Bluetooth in the chip
 * the driver ends the program that asks for that.
 */
export function powerSaveOf(profile: number): "min" | "max" {
  return profile === PROFILE_MAINS ? "min" : "max";
}

/** Of a battery that measures so many millivolts, 0 if there is none; `before` is the profile until now. */
export function decideProfile(mv: number, before: number): number {
  if (mv <= 0) return PROFILE_MAINS;
  if (mv < BATTERY_CRITICAL_MV + (before === 3 ? BATTERY_RISE_MV : 0)) return 3;
  if (mv < BATTERY_LOW_MV + (before >= PROFILE_LOW ? BATTERY_RISE_MV : 0)) return PROFILE_LOW;
  return 1;
}
