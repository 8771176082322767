import { createHash } from "node:crypto";
import type { DocumentCode, DocumentType } from "../../core/codes";
import type { KeysetClaims, PlatformClaims, ProgramClaims } from "../../core/shapes/claims";
import type { HostLog, TelemetryPort } from "../ports";
import { type DeviceStore, documentFileOf } from "../state/device-store";
import type { PolicyTime } from "../state/policy-time";
import type { DocumentState, TrustRecord } from "../state/trust-record";
import { closeEarly, type DocumentsInForce } from "./documents-in-force";
import type { DocumentVerifier, Verdict } from "./verify-received";

/**
 * `accepted`: newer and stored. `unchanged`: known already. `expired`: newer but expired, its floor stored. `refused`:
 * the last good document stays. `not_stored`: the disk took nothing, so nothing was let in; what the document narrows acts
 * all the same, from the moment it was verified.
 */
export type Receipt = "accepted" | "unchanged" | "expired" | "refused" | "not_stored";

/**
 * Receives documents, has what they narrow act as soon as they are verified, whatever the disk says, stores what is
 * accepted with its floor, and only then lets the rest count (spec 4.20, 4.28). `latest` is what
 * was accepted, `inForce` what was applied, so that several documents can be applied as one.
 */
export type PolicyKeeper = {
  readonly latest: DocumentsInForce;
  readonly inForce: DocumentsInForce;
  receiveKeyset(bytes: Uint8Array): Promise<Receipt>;
  receivePlatform(bytes: Uint8Array, etag: string | undefined): Promise<Receipt>;
  receiveProgram(appId: string, bytes: Uint8Array, etag: string | undefined): Promise<Receipt>;
  /** An answer that was cut off for its size; `what` names where it came from. */
  refuseTooLarge(type: DocumentType, what: string): void;
  /** The `ETag` of the last good document, if it is there. */
  etagOf(what: { platform: true } | { appId: string }): string | undefined;
  /** The last good platform document, as it was received; `undefined` where there is none that can be read. */
  storedPlatform(): Promise<Uint8Array | undefined>;
  /** Makes everything that was accepted count, as one. */
  apply(): void;
  /** Makes the platform document count and leaves the programs' as they are. */
  applyPlatformAlone(): void;
  /** Stores the running mark; to be called each minute. */
  storeMark(): Promise<void>;
};

export type PolicyKeeperOptions = {
  store: DeviceStore;
  record: TrustRecord;
  verifier: DocumentVerifier;
  time: PolicyTime;
  telemetry: TelemetryPort;
  /** Suspensions and blocked hosts of `inForce` have grown; called before anything is stored. */
  onNarrowed(): void;
  log: HostLog;
};

const REFUSALS_KEPT = 128;
/** Names the platform document among those that stop programs; no program is called so. */
const PLATFORM_SAYS = "";

/** Takes up what the store has; stored documents that can't be read are as good as missing and are fetched anew. */
export async function openPolicyKeeper(options: PolicyKeeperOptions): Promise<PolicyKeeper> {
  const { store, verifier, time, telemetry, log } = options;
  let record = options.record;
  let keyset: KeysetClaims | undefined;
  let platform: PlatformClaims | undefined;
  const programs = new Map<string, ProgramClaims>();
  let queue: Promise<unknown> = Promise.resolve();
  /** What was verified and is not stored: its blocked hosts, and whom it stops, by the document that says so. */
  let arriving: PlatformClaims | undefined;
  const arrivingStops = new Map<string, readonly string[]>();
  const platformId = record.enrolment.platform;

  keyset = await readStored(record.keyset?.file, verifier.readStoredKeyset);
  platform = await readStored(record.platform?.good?.file, verifier.readStoredPlatform);
  for (const [appId, state] of Object.entries(record.programs)) {
    const claims = await readStored(state.good?.file, verifier.readStoredProgram);
    if (claims) programs.set(appId, claims);
  }
  let inForce = latest();

  async function readStored<Claims>(file: string | undefined, read: (bytes: Uint8Array) => Claims | undefined) {
    const bytes = file === undefined ? undefined : await store.readDocument(file);
    return bytes ? read(bytes) : undefined;
  }

  function latest(): DocumentsInForce {
    const stops = [...arrivingStops.values()].flat();
    const heldSuspensions = new Set([...record.held.byPlatform, ...record.held.byProgram, ...stops]);
    const documents = { keyset, platform, programs: new Map(programs), heldSuspensions };
    return arriving === undefined ? documents : closeEarly(documents, arriving);
  }

  /** One change at a time: each is made from the record that the one before it left. */
  function serial<T>(work: () => Promise<T>): Promise<T> {
    const done = queue.then(work);
    queue = done.catch(() => undefined);
    return done;
  }

  async function commit(next: TrustRecord, documents: readonly Uint8Array[]): Promise<boolean> {
    try {
      await store.commit(next, documents);
      record = next;
      return true;
    } catch (error) {
      log("error", "state_not_stored", { error });
      return false;
    }
  }

  /** One event for each distinct payload, over restarts too. */
  function tell(type: DocumentType, code: DocumentCode, payloadSha256: string, appId?: string): void {
    if (record.refusals.includes(payloadSha256)) return;
    record = { ...record, refusals: [...record.refusals, payloadSha256].slice(-REFUSALS_KEPT) };
    log("warn", "document_refused", { type, code, appId });
    telemetry.recordEvent({
      type: "document_refused",
      code,
      ...(appId === undefined ? {} : { appId }),
      detail: { document: type, sha256: payloadSha256 },
    });
  }

  /** In memory, at once: nothing that a disk does may keep a program going. */
  function stop(saidBy: string, appIds: readonly string[]): void {
    arrivingStops.set(saidBy, appIds);
    inForce = { ...inForce, heldSuspensions: new Set([...inForce.heldSuspensions, ...appIds]) };
    options.onNarrowed();
  }

  async function adoptKeyset(claims: KeysetClaims, bytes: Uint8Array): Promise<Receipt> {
    const endsDocuments = keyset !== undefined && claims.epoch > keyset.epoch;
    const { epoch, revision, environment } = claims;
    const next: TrustRecord = {
      ...record,
      keyset: { epoch, revision, environment, file: documentFileOf(bytes) },
      time: { ...record.time, lastVerifiedIat: Math.max(record.time.lastVerifiedIat, claims.iat) },
    };
    if (endsDocuments) {
      // The way back from a fast-forward: documents end at once, without grace, and suspensions outlive them.
      const suspended = [...programs.values()].filter((program) => program.status !== "active");
      next.held = {
        byPlatform: union(record.held.byPlatform, platform?.suspended ?? []),
        byProgram: union(
          record.held.byProgram,
          suspended.map((program) => program.appId),
        ),
      };
      next.platform = record.platform && { ...record.platform, good: null };
      next.programs = Object.fromEntries(
        Object.entries(record.programs).map(([appId, state]) => [appId, { ...state, good: null }]),
      );
    }
    if (!(await commit(next, [bytes]))) return "not_stored";
    keyset = claims;
    time.noteVerified(claims.iat);
    if (endsDocuments) {
      platform = undefined;
      programs.clear();
      inForce = latest();
    } else {
      inForce = { ...inForce, keyset };
    }
    return "accepted";
  }

  /** The state of a document after an accepted one; `undefined` where it is the one that is held. */
  function advance(
    before: DocumentState | undefined,
    isHeld: boolean,
    verdict: Extract<Verdict<PlatformClaims | ProgramClaims>, { result: "accepted" }>,
    bytes: Uint8Array,
    etag: string | undefined,
  ): DocumentState | undefined {
    const { epoch, revision } = verdict.claims;
    const position = { epoch, revision, sha256: verdict.payloadSha256 };
    if (isHeld && before?.good?.sha256 === position.sha256) return undefined;
    return {
      floor: position,
      good: { ...position, file: documentFileOf(bytes), ...(etag === undefined ? {} : { etag }) },
    };
  }

  /** The state after a newer document that had expired: the floor rises, the last good one stays. */
  function raiseFloor(
    before: DocumentState | undefined,
    claims: PlatformClaims | ProgramClaims,
    sha256: string,
  ): DocumentState {
    return { floor: { epoch: claims.epoch, revision: claims.revision, sha256 }, good: before?.good ?? null };
  }

  return {
    get latest() {
      return latest();
    },
    get inForce() {
      return inForce;
    },
    receiveKeyset: (bytes) =>
      serial(async () => {
        const { rootThumbprints, threshold } = record.enrolment;
        const verdict = await verifier.keyset({
          bytes,
          trusted: keyset ?? { rootThumbprints, threshold },
          platform: platformId,
          now: time.forReceived(),
        });
        if (verdict.result === "accepted") return adoptKeyset(verdict.claims, bytes);
        if (verdict.newer) {
          // An expired step is walked from: it verifies its successor and nothing else.
          const receipt = await adoptKeyset(verdict.newer, bytes);
          return receipt === "accepted" ? "expired" : receipt;
        }
        tell("bulkhead-keyset", verdict.code, verdict.payloadSha256);
        return "refused";
      }),
    receivePlatform: (bytes, etag) =>
      serial(async () => {
        if (!keyset) return "refused";
        const before = record.platform ?? undefined;
        const verdict = await verifier.platform({
          bytes,
          keyset,
          platform: platformId,
          now: time.forReceived(),
          clock: time.clock(),
          stored: before?.floor,
        });
        if (verdict.result === "accepted") {
          const state = advance(before, platform !== undefined, verdict, bytes, etag);
          if (!state) return "unchanged";
          const { claims } = verdict;
          const held = { ...record.held, byPlatform: [] };
          const next = { ...record, platform: state, held, time: { lastVerifiedIat: claims.iat, mark: claims.iat } };
          arriving = claims;
          inForce = closeEarly(inForce, claims);
          options.onNarrowed();
          if (!(await commit(next, [bytes]))) return "not_stored";
          arriving = undefined;
          arrivingStops.delete(PLATFORM_SAYS);
          time.restart(claims.iat);
          platform = claims;
          return "accepted";
        }
        tell("bulkhead-platform", verdict.code, verdict.payloadSha256);
        if (!verdict.newer) return "refused";
        const held = { ...record.held, byPlatform: union(record.held.byPlatform, verdict.newer.suspended) };
        const state = raiseFloor(before, verdict.newer, verdict.payloadSha256);
        stop(PLATFORM_SAYS, verdict.newer.suspended);
        if (!(await commit({ ...record, platform: state, held }, []))) return "not_stored";
        arrivingStops.delete(PLATFORM_SAYS);
        return "expired";
      }),
    receiveProgram: (appId, bytes, etag) =>
      serial(async () => {
        if (!keyset) return "refused";
        const before = Object.hasOwn(record.programs, appId) ? record.programs[appId] : undefined;
        const input = { bytes, keyset, platform: platformId, appId, now: time.forReceived(), stored: before?.floor };
        const verdict = await verifier.program(input);
        if (verdict.result === "accepted") {
          const state = advance(before, programs.has(appId), verdict, bytes, etag);
          if (!state) return "unchanged";
          const { claims } = verdict;
          const held = { ...record.held, byProgram: record.held.byProgram.filter((held) => held !== appId) };
          const lastVerifiedIat = Math.max(time.stored.lastVerifiedIat, claims.iat);
          const next = {
            ...record,
            programs: { ...record.programs, [appId]: state },
            held,
            time: { ...time.stored, lastVerifiedIat },
          };
          if (claims.status !== "active") stop(appId, [appId]);
          if (!(await commit(next, [bytes]))) return "not_stored";
          arrivingStops.delete(appId);
          time.noteVerified(claims.iat);
          programs.set(appId, claims);
          return "accepted";
        }
        tell("bulkhead-program", verdict.code, verdict.payloadSha256, appId);
        if (!verdict.newer) return "refused";
        const state = raiseFloor(before, verdict.newer, verdict.payloadSha256);
        const byProgram = verdict.newer.status === "active" ? [] : [appId];
        const held = { ...record.held, byProgram: union(record.held.byProgram, byProgram) };
        if (byProgram.length > 0) stop(appId, byProgram);
        if (!(await commit({ ...record, programs: { ...record.programs, [appId]: state }, held }, []))) {
          return "not_stored";
        }
        arrivingStops.delete(appId);
        return "expired";
      }),
    refuseTooLarge(type, what) {
      tell(type, "TOO_LARGE", createHash("sha256").update(`too large\n${what}`).digest("hex"));
    },
    etagOf(what) {
      if ("platform" in what) return platform && record.platform?.good?.etag;
      return programs.has(what.appId) ? record.programs[what.appId]?.good?.etag : undefined;
    },
    async storedPlatform() {
      const file = platform && record.platform?.good?.file;
      return file === undefined ? undefined : await store.readDocument(file);
    },
    apply() {
      inForce = latest();
    },
    applyPlatformAlone() {
      inForce = { ...latest(), programs: inForce.programs };
    },
    storeMark: () =>
      serial(async () => {
        time.raiseMark();
        await commit({ ...record, time: time.stored }, []);
      }),
  };
}

function union(a: readonly string[], b: readonly string[]): string[] {
  return [...new Set([...a, ...b])];
}
