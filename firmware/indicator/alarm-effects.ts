// Owns what follows from the alarm: the stage it has reached is kept in flash, so that a reboot does not make a trap patient again.
// Written at most once a stage, and not at all for the first.
import { CODE_STORE_FULL, type TrapKind } from "#protocol";
import { type Context, fault, say } from "../context.ts";
import { deleteRecord, findRecord, putRecord, type RecordStore } from "../store/record-store.ts";
import { ALARM_KEY } from "../store/settings.ts";
import { isSprung } from "../trap/trap.ts";
import { type Alarm, type AlarmCause, createAlarm, decideAlarm } from "./alarm.ts";

/** The alarm as the last boot left it. */
export function openAlarm(store: RecordStore, kind: TrapKind, now: number): Alarm {
  const stage = parseInt(findRecord(store, ALARM_KEY) ?? "-1", 10);
  return createAlarm(kind, stage >= 0 ? stage : -1, now);
}

export function handleAlarm(c: Context, asked: AlarmCause["asked"]): void {
  const trap = c.trap;
  const cause = { kind: c.kind, sprung: isSprung(trap), silenced: trap.silenced, releasedAt: trap.releasedAt, asked };
  const before = c.alarm;
  c.alarm = decideAlarm(before, cause, c.ports.clock.now());
  const stage = c.alarm.stage;
  if (stage === before.stage) return;
  say(c, "alarm", ["stage", stage]);
  const kept = stage > 0 ? putRecord(c.store, ALARM_KEY, "" + stage) : deleteRecord(c.store, ALARM_KEY);
  if (!kept) fault(c, CODE_STORE_FULL, "alarm");
}
