// Owns what a live notice is on its way from PostgreSQL to a person's program, and who of this instance hears which. Pure; who announces
// is db/live-notice.ts, who listens queries/live-listener.ts, who is told live-routes.ts.
import type { LiveNotice } from "../db/live-notice.ts";

export interface TenantNotice extends LiveNotice {
  tenantId: string;
}

/** Null for a text that none of us wrote. */
export function decodeNotice(text: string): TenantNotice | null {
  try {
    const { tenantId, type, data } = JSON.parse(text);
    const isNotice = typeof tenantId === "string" && typeof type === "string" && typeof data === "object";
    return isNotice && data !== null && /^[a-z]+$/.test(type) ? { tenantId, type, data } : null;
  } catch {
    return null;
  }
}

/** One server-sent event. JSON has no line breaks of its own, so the data is one line. */
export function formatServerSentEvent(notice: LiveNotice): string {
  return `event: ${notice.type}\ndata: ${JSON.stringify(notice.data)}\n\n`;
}

type Hear = (notice: LiveNotice) => void;

export interface Hearers {
  /** Hear the notices of one tenant; returns how to stop hearing them. */
  hear(tenantId: string, fn: Hear): () => void;
  tell(tenantId: string, notice: LiveNotice): void;
  tellAll(notice: LiveNotice): void;
}

export function createHearers(): Hearers {
  const byTenant = new Map<string, Set<Hear>>();
  return {
    hear(tenantId, fn) {
      const fns = byTenant.get(tenantId) ?? new Set();
      byTenant.set(tenantId, fns.add(fn));
      return () => {
        fns.delete(fn);
        if (fns.size === 0 && byTenant.get(tenantId) === fns) byTenant.delete(tenantId);
      };
    },
    tell(tenantId, notice) {
      for (const fn of [...(byTenant.get(tenantId) ?? [])]) fn(notice);
    },
    tellAll(notice) {
      for (const fns of [...byTenant.values()]) for (const fn of [...fns]) fn(notice);
    },
  };
}
