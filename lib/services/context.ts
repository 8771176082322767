import type { BundleFiles } from "@/db/bundles/bundle-files";
import type { Store } from "@/db/store";
import type { Passwords } from "@/lib/auth/password";
import type { Readiness } from "@/lib/contracts/readiness";
import type { Environment } from "@/lib/domain/lifecycles";
import type { Clock } from "@/lib/platform/clock";
import { obtainContainer, provideContainer } from "@/lib/platform/container";
import type { Ids } from "@/lib/platform/ids";
import type { Logger } from "@/lib/platform/logger";
import type { Machine } from "@/lib/platform/machine";
import type { AuditHeads } from "@/lib/sync/heads/audit-heads";
import type { Watching } from "@/lib/sync/runtime/watching";
import type { PolicySigner } from "@/lib/sync/signer";
import type { DocumentGuard } from "@/lib/sync/trust/document-guard";
import type { KeysetChain } from "@/lib/sync/trust/keyset-chain";
import type { JudgeBundle } from "@/native/node/open-bundle-elsewhere";

/** What every process has, also one that serves devices and publishers' tools alone: nothing that could sign. */
export type LeanContext = {
  store: Store;
  clock: Clock;
  ids: Ids;
  logger: Logger;
  keysets: KeysetChain;
  guard: DocumentGuard;
  bundles: BundleFiles;
  /** Judges a bundle off the threads that answer. Raises `unavailable` where it takes too long: that is no verdict. */
  judgeBundle: JudgeBundle;
  /** The request that a verb is called for, set by its door; the audit log keeps it. */
  requestId?: string;
  config: {
    /** Where people and devices reach this console, without a trailing slash. */
    baseUrl: string;
    environment: Environment;
    version: string;
    /** Times what a publisher may have waiting, as shipped (`SUBMISSION_LIMITS`). */
    submissionQuota: number;
  };
};

/** Everything that a verb needs beside its input. One per process, put together by the entry of the console. */
export type ServiceContext = LeanContext & {
  signer: PolicySigner;
  heads: AuditHeads;
  /** What this process stands on, tried at most once in 5 seconds. Never rejects. */
  readiness: { read(): Promise<Readiness> };
  /** What people look at, so that its devices report. */
  watching: Watching;
  machine: Machine;
  /** Hashes passwords, a bounded number at once in the whole process. */
  passwords: Passwords;
  config: {
    /** The store was made by the demo: persons may be switched, links are printed. */
    isDevelopmentStore: boolean;
    /** At least 32 random bytes as text, kept outside the database; session tokens are encrypted with it. */
    authSecret: string;
    /** OpenID Connect, when the environment names a provider. */
    oidc: { issuer: string; clientId: string; clientSecret: string; name: string } | null;
  };
};

/** Called once by the entry, before Next is prepared: Next's own copies of this file then find the same context. */
export function provideServices(context: ServiceContext): void {
  provideContainer(context);
}

/** The process's context. Raises `unavailable` where no entry provided one. */
export function services(): ServiceContext {
  return obtainContainer() as ServiceContext;
}
