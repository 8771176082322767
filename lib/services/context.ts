import type { Store } from "@/db/store";
import type { Environment } from "@/lib/domain/lifecycles";
import type { Clock } from "@/lib/platform/clock";
import { AppError } from "@/lib/platform/errors";
import type { Ids } from "@/lib/platform/ids";
import type { Logger } from "@/lib/platform/logger";
import type { PolicySigner } from "@/lib/sync/signer";

/** Everything that a verb needs beside its input. One per process, put together by the server's entry. */
export type ServiceContext = {
  store: Store;
  clock: Clock;
  ids: Ids;
  logger: Logger;
  signer: PolicySigner;
  config: {
    /** Where people and devices reach this console, without a trailing slash. */
    baseUrl: string;
    environment: Environment;
    /** The store was made by the demo: persons may be switched, links are printed. */
    isDevelopmentStore: boolean;
    version: string;
  };
};

const KEY = Symbol.for("bulkhead.services");

/** Called once by the entry, before Next is prepared: Next's own copies of this file then find the same context. */
export function provideServices(context: ServiceContext): void {
  (globalThis as Record<symbol, unknown>)[KEY] = context;
}

/** The process's context. Raises `unavailable` where no entry provided one, for example while Next builds pages. */
export function services(): ServiceContext {
  const context = (globalThis as Record<symbol, unknown>)[KEY];
  if (context === undefined) throw new AppError("unavailable", "The console is not ready.");
  return context as ServiceContext;
}
