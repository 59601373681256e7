// Owns the answer to "are you well", for whoever watches the cloud: 200 while what it stands on answers, 503 otherwise. It tells nothing
// else, since it asks for no account.
import type { App } from "./app.ts";
import { ProblemError } from "./problems.ts";

export interface HealthDeps {
  /** Rejects with what is wrong. */
  check(): Promise<void>;
}

export function registerHealthRoutes(app: App, { check }: HealthDeps): void {
  for (const url of ["/health", "/api/v1/health"]) {
    app.get(url, async (request) => {
      try {
        await check();
      } catch (error) {
        request.log.warn({ err: error }, "not well");
        throw new ProblemError("unavailable", { cause: error });
      }
      return { status: "ok" };
    });
  }
}
