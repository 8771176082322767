import type { Store } from "@/db/store";
import type { Environment } from "@/lib/domain/lifecycles";
import type { Clock } from "@/lib/platform/clock";
import { obtainContainer } from "@/lib/platform/container";
import type { Ids } from "@/lib/platform/ids";
import type { Logger } from "@/lib/platform/logger";
import type { Passwords } from "./password";

export type OidcProvider = { issuer: string; clientId: string; clientSecret: string; name: string };

/** What signing in needs of the process. The services' context holds all of it. */
export type AuthContext = {
  store: Store;
  clock: Clock;
  ids: Ids;
  logger: Logger;
  passwords: Passwords;
  config: {
    baseUrl: string;
    environment: Environment;
    isDevelopmentStore: boolean;
    authSecret: string;
    oidc: OidcProvider | null;
  };
};

/** With the store as it is used to let people in. Raises `unavailable` where no entry provided the process's container. */
export function authContext(): AuthContext {
  const context = obtainContainer() as AuthContext;
  return { ...context, store: context.store.in("sign-in") };
}
