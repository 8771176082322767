import type { IncomingMessage, ServerResponse } from "node:http";
import type { BundleFiles } from "@/db/bundles/bundle-files";
import { platform } from "@/db/schema";
import type { Store } from "@/db/store";
import { appIdSchema } from "@/lib/contracts/shared";
import { conditionalResponse, matchesTag } from "@/lib/http/conditional";
import { streamedResponse } from "@/lib/http/known-body";
import { refuseNode } from "@/lib/http/refuse-node";
import { NOT_RECOGNISED, type RouteHandler, type RoutePorts, receiveBody, route, routeUnread } from "@/lib/http/route";
import type { RouteAnswer, RouteCall, RouteDescription, UnreadCall } from "@/lib/http/route-description";
import type { RoutedHandler } from "@/lib/http/router";
import { AppError, invariant } from "@/lib/platform/errors";
import type { Logger } from "@/lib/platform/logger";
import { BUNDLE_SIGNATURE_HEADER } from "@/native/core/wire/bundle-signature";
import { readStreamPrograms, STREAM_PROGRAMS_CHARS_MAX, STREAM_PROGRAMS_MAX } from "@/native/core/wire/stream-programs";
import { nowSeconds, type SyncContext } from "../context";
import { createDocumentCache, type ServedDocument } from "../documents/document-cache";
import { createPacedAnswers } from "../telemetry/paced-answers";
import { createAccessTokenReader } from "./access-token";
import { resolveDevice } from "./device-actor";
import { createDeviceReader, type DeviceReader } from "./device-reader";
import { enrollDevice } from "./enroll";
import { createEvidenceWork, type EvidenceDoor, openDoorHere } from "./evidence-door";
import { issueToken } from "./issue-token";
import { createRateLimit } from "./rate-limit";
import { findListedBundle, openListedBundle } from "./read-bundle";
import { startReportNow } from "./report-now";
import { runtimeRoutes } from "./runtime-routes";
import { createStreamHub, type StreamHub } from "./stream-hub";

export type RuntimeApi = {
  /** One handler for each described route but the stream. */
  handlers: Readonly<Record<Exclude<keyof typeof runtimeRoutes, "stream">, RouteHandler>>;
  /** `GET stream`: authenticates, then takes the response over for good. Never rejects. */
  openStream(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /**
   * What these two paths answer to a GET, without anything of HTTP around it: every device asks for both at each publish. Null for
   * every other path. Refuses as the described routes do; a device's row and where its document stands are read as of one moment.
   */
  documentAt(path: string): FoundDocument | null;
  openStreams(): number;
  streamFigures: StreamHub["figures"];
  close(): void;
};

/** A document that is asked for by its path. */
export type FoundDocument = {
  description: RouteDescription;
  headers: Readonly<Record<string, string>>;
  /** `heard` is told who asks, once that is known. */
  read(authorization: string | undefined, heard: (deviceId: string) => void): Promise<ServedDocument>;
};

export type RuntimeApiOptions = {
  store: Store;
  bundles: BundleFiles;
  ctx: SyncContext;
  /** Seals the devices' access tokens; lies beside the policy keys, never in the database. */
  accessKey: Buffer;
  validatesOutput: boolean;
  /** Where what devices tell waits for its turn; without it everything is done at once, on this thread. */
  evidence?: EvidenceDoor;
};

/** The handlers beside their descriptions, for a router. */
export function runtimeRoutedHandlers(api: RuntimeApi): RoutedHandler[] {
  return Object.entries(api.handlers).map(([name, handler]) => ({
    description: runtimeRoutes[name as keyof RuntimeApi["handlers"]],
    handler,
  }));
}

/** A device that behaves needs a request each few seconds; a burst covers a publish of many programs. */
const DEVICE_RATE = { burst: 240, perSecond: 8 } as const;
/** Proofs are public and cost a signature check: held by the address that they come from, which a proxy may share. */
const PROOF_RATE = { burst: 2_000, perSecond: 200 } as const;
/** A document is handed back once; verifying one of a megabyte costs more than any other request. */
const HELD_RATE = { burst: 4, perSecond: 1 / 15 } as const;
/** Batches under way at which devices are asked to report as seldom as they may. */
const BATCHES_MAX = 128;
/** Set by the node server from the socket: never taken from the outside. */
export const PEER_HEADER = "x-bulkhead-peer";

const PLATFORM_HEADERS = { "content-type": "application/jose", "cache-control": "no-cache" } as const;
const PROGRAM_HEADERS = { "content-type": "application/jose", "cache-control": "private, no-cache" } as const;
const KEYSET_HEADERS = { "content-type": "application/jose+json", "cache-control": "no-cache" } as const;
const PROGRAM_PATH = runtimeRoutes.program.path.replace("{appId}", "");

function requireThere(document: ServedDocument | null): ServedDocument {
  if (document === null) throw new AppError("not_found", "There is no such document.");
  return document;
}

function jose(request: Request, headers: Record<string, string>, document: ServedDocument | null): Response {
  const { etag, body } = requireThere(document);
  return conditionalResponse(request, etag, headers, () => body);
}

async function serveBundle(
  ctx: { store: Store; bundles: BundleFiles; logger: Logger },
  request: Request,
  sha256: string,
): Promise<Response> {
  const listed = await findListedBundle(ctx.store, sha256);
  if (listed === null) throw new AppError("not_found", "There is no such bundle.");
  const etag = `"${sha256}"`;
  const signature = signatureHeader(listed.signature);
  if (matchesTag(request.headers.get("if-none-match"), etag)) {
    return new Response(null, { status: 304, headers: { etag, ...signature } });
  }
  return streamedResponse(await openListedBundle(ctx, listed), {
    etag,
    "content-type": "application/miniapp-pkg+zip",
    "content-length": String(listed.sizeBytes),
    "cache-control": "private, no-cache",
    ...signature,
  });
}

function signatureHeader(signature: Uint8Array | null): Record<string, string> {
  if (signature === null) return {};
  return { [BUNDLE_SIGNATURE_HEADER]: Buffer.from(signature).toString("base64url") };
}

/** The programs that a stream is asked for; null is all of them. Refuses `invalid_input` for a list that is none (spec 7.16). */
function programsOf({ url = "" }: IncomingMessage): ReadonlySet<string> | null {
  const query = new URLSearchParams(url.slice(url.indexOf("?") + 1));
  const programs = readStreamPrograms(url.includes("?") ? query.getAll("programs") : []);
  if (programs !== undefined) return programs;
  throw new AppError(
    "invalid_input",
    `programs is one list of at most ${STREAM_PROGRAMS_MAX} app ids in ${STREAM_PROGRAMS_CHARS_MAX} characters, with commas between them. Leave it out to be told of every program.`,
  );
}

/** What a body will take at most; one that does not say may be as large as the route lets it be. */
function declaredBytes(request: Request, maxBytes: number): number {
  const text = request.headers.get("content-length");
  const declared = text !== null && /^\d{1,15}$/.test(text) ? Number(text) : maxBytes;
  return Math.min(declared, maxBytes);
}

/** The platform's id never changes once its row is there, so it is read once. */
function createPlatformIdReader(store: Store): () => Promise<string> {
  let known: string | undefined;
  return async () => {
    if (known !== undefined) return known;
    const [row] = await store.db.select({ platformId: platform.platformId }).from(platform);
    invariant(row !== undefined, "the platform row is missing");
    known = row.platformId;
    return known;
  };
}

/** Everything under `/api/runtime/v1` (spec §7), without a server around it. */
export function createRuntimeApi(options: RuntimeApiOptions): RuntimeApi {
  const { store, bundles, ctx, accessKey, validatesOutput } = options;
  const { evidence = openDoorHere(createEvidenceWork(store, ctx)) } = options;
  const { clock, ids, logger } = ctx;
  const ports: RoutePorts = { ids, logger, validatesOutput };
  const cache = createDocumentCache(store, ctx);
  const hub = createStreamHub({ store, cache, logger });
  const devices = createDeviceReader(store);
  const readToken = createAccessTokenReader(accessKey);
  const deviceRate = createRateLimit({ ...DEVICE_RATE, clock });
  const proofRate = createRateLimit({ ...PROOF_RATE, clock });
  const heldRate = createRateLimit({ ...HELD_RATE, clock });
  const platformId = createPlatformIdReader(store);
  const stopReportNow = startReportNow({ store, reportNow: hub.reportNow, clock, logger });
  const answers = createPacedAnswers(store, ctx, BATCHES_MAX);

  async function authenticate(authorization: string | null | undefined, by: DeviceReader = devices) {
    const actor = await resolveDevice(authorization, { readToken, devices: by, nowSeconds: nowSeconds(clock) });
    if (actor !== null) deviceRate.take(actor.deviceId);
    return actor;
  }

  const resolverOf =
    ({ actor }: RouteDescription) =>
    async (request: Request) =>
      actor === "device" ? await authenticate(request.headers.get("authorization")) : null;

  function handle<const D extends RouteDescription>(
    description: D,
    fn: (call: RouteCall<D>) => Promise<RouteAnswer<D>>,
  ): RouteHandler {
    return route<D>({ ...description, resolveActor: resolverOf(description) }, fn, ports);
  }

  /** For bodies whose sizes and contents devices choose: what a full queue refuses is not even read. */
  function handleUnread<const D extends RouteDescription>(
    description: D,
    fn: (call: UnreadCall<D>, sizeBytes: number) => Promise<RouteAnswer<D>>,
  ): RouteHandler {
    const spec = { ...description, resolveActor: resolverOf(description) };
    return routeUnread<D>(spec, (call) => fn(call, declaredBytes(call.request, description.maxBytes)), ports);
  }

  const platformDocument: FoundDocument = {
    description: runtimeRoutes.platform,
    headers: PLATFORM_HEADERS,
    read: async () => requireThere(await cache.newest("platform")),
  };

  function programDocument(appId: string): FoundDocument {
    return {
      description: runtimeRoutes.program,
      headers: PROGRAM_HEADERS,
      async read(authorization, heard) {
        const found: { document?: () => Promise<ServedDocument | null> } = {};
        const find = async (deviceId: string) => {
          const { isRevoked, document } = await cache.newestFor(`program:${appId}`, deviceId);
          found.document = document;
          return isRevoked === null ? null : { isRevoked };
        };
        const actor = await authenticate(authorization, { find });
        if (actor === null || found.document === undefined)
          throw new AppError("unauthenticated", NOT_RECOGNISED.device);
        heard(actor.deviceId);
        return requireThere(await found.document());
      },
    };
  }

  const takeProof = (request: Request) => proofRate.take(request.headers.get(PEER_HEADER) ?? "");

  return {
    handlers: {
      enroll: handle(runtimeRoutes.enroll, async ({ body, request }) => {
        takeProof(request);
        return await enrollDevice(store, ctx, await platformId(), body);
      }),
      token: handle(runtimeRoutes.token, async ({ body, request }) => {
        takeProof(request);
        return await issueToken(store, ctx, { platformId: await platformId(), accessKey }, body);
      }),
      keyset: handle(runtimeRoutes.keyset, async ({ request }) =>
        jose(request, KEYSET_HEADERS, await cache.newest("keyset")),
      ),
      keysetRevision: handle(runtimeRoutes.keysetRevision, async ({ request, params }) =>
        jose(request, KEYSET_HEADERS, await cache.keyset(Number(params.revision))),
      ),
      platform: handle(runtimeRoutes.platform, async ({ request }) =>
        jose(request, PLATFORM_HEADERS, await cache.newest("platform")),
      ),
      program: handle(runtimeRoutes.program, async ({ request, params }) =>
        jose(request, PROGRAM_HEADERS, await cache.newest(`program:${params.appId}`)),
      ),
      bundle: handle(runtimeRoutes.bundle, ({ request, params }) =>
        serveBundle({ store, bundles, logger }, request, params.sha256),
      ),
      telemetry: handleUnread(runtimeRoutes.telemetry, ({ actor: { deviceId }, request }, sizeBytes) =>
        evidence.telemetry(
          { deviceId, sizeBytes },
          () => receiveBody(runtimeRoutes.telemetry, request),
          (work) => answers.answer(deviceId, work),
        ),
      ),
      held: handleUnread(runtimeRoutes.held, async ({ actor: { deviceId }, request }, sizeBytes) => {
        heldRate.take(deviceId);
        const receive = async () => (await receiveBody(runtimeRoutes.held, request)).bytes;
        return await evidence.held({ deviceId, sizeBytes }, receive, await platformId());
      }),
    },
    async openStream(request, response) {
      try {
        const actor = await authenticate(request.headers.authorization);
        if (actor === null) throw new AppError("unauthenticated", "The stream needs a device's token.");
        await hub.open(actor.deviceId, programsOf(request), response);
      } catch (error) {
        if (response.headersSent) {
          logger("error", "stream_failed", { error });
          response.destroy();
          return;
        }
        await refuseNode(response, error, { ids, logger });
      }
    },
    documentAt(path) {
      if (path === runtimeRoutes.platform.path) return platformDocument;
      if (!path.startsWith(PROGRAM_PATH)) return null;
      const appId = appIdSchema.safeParse(path.slice(PROGRAM_PATH.length));
      return appId.success ? programDocument(appId.data) : null;
    },
    openStreams: hub.openCount,
    streamFigures: hub.figures,
    close() {
      stopReportNow();
      hub.close();
    },
  };
}
