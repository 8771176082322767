import { type RouteHandler, type RoutePorts, receivePieces, route, routeUnread } from "@/lib/http/route";
import type { RouteAnswer, RouteCall, RouteDescription } from "@/lib/http/route-description";
import type { RoutedHandler } from "@/lib/http/router";
import { AppError } from "@/lib/platform/errors";
import type { LeanContext } from "@/lib/services/context";
import { listOwnDenials, readQuota } from "@/lib/services/publishers/own-programs";
import { readPublisherToken } from "@/lib/services/publishers/publisher-tokens";
import { withdrawSubmission } from "@/lib/services/submissions/end-submission";
import { getSubmission } from "@/lib/services/submissions/get-submission";
import { submitBundle } from "@/lib/services/submissions/submit-bundle";
import { createRateLimit } from "@/lib/sync/runtime/rate-limit";
import { fromBase64Url } from "@/native/core/crypto/encoding";
import { BUNDLE_SIGNATURE_HEADER } from "@/native/core/wire/bundle-signature";
import { createTurnQueue, type TurnQueue, type TurnQueuePorts } from "./admission/turn-queue";
import { publisherRoutes } from "./publisher-routes";

/** A build server hands in now and then; a token that asks more often than this is shared or stolen. */
const PUBLISHER_RATE = { burst: 60, perSecond: 2 } as const;
const BEARER = /^Bearer ([A-Za-z0-9_.-]{1,256})$/;
/** A DER signature over P-256 has at most 72 bytes. */
const SIGNATURE_BYTES_MAX = 72;

const MIB = 1024 * 1024;

/** How many bundles are let in at once: each is on the disk, and nothing yet, while it is looked at. */
export function createSubmissionQueue(ports: TurnQueuePorts = {}): TurnQueue {
  const bounds = { runningMax: 4, runningOfOneMax: 2, waitingMax: 16, waitingOfOneMax: 4 };
  return createTurnQueue("submissions", { ...bounds, bytesMax: 1024 * MIB, waitMsMax: 60_000 }, ports);
}

function readSignature(request: Request): Uint8Array {
  const text = request.headers.get(BUNDLE_SIGNATURE_HEADER);
  const bytes = text === null || text === "" ? undefined : fromBase64Url(text);
  if (bytes === undefined || bytes.byteLength > SIGNATURE_BYTES_MAX) {
    throw new AppError("invalid_input", "The header Bulkhead-Signature must hold the bundle's signature.", {
      details: [{ path: "/headers/bulkhead-signature", code: "FORMAT", message: "DER in unpadded base64url." }],
    });
  }
  return bytes;
}

/** The door for publishers' tools: their bearer token, their own programs, the services' verbs. */
export function createPublisherApi(
  context: LeanContext,
  ports: RoutePorts,
  submissions: TurnQueue = createSubmissionQueue(),
): RoutedHandler[] {
  const rate = createRateLimit({ ...PUBLISHER_RATE, clock: context.clock });

  async function resolveActor(request: Request) {
    const token = BEARER.exec(request.headers.get("authorization") ?? "")?.[1];
    const actor = token === undefined ? null : await readPublisherToken(context, token);
    if (actor !== null) rate.take(actor.tokenId);
    return actor;
  }

  function handle<const D extends RouteDescription>(
    description: D,
    fn: (call: RouteCall<D>) => Promise<RouteAnswer<D>>,
  ): RoutedHandler {
    const handler: RouteHandler = route<D>({ ...description, resolveActor }, fn, ports);
    return { description, handler };
  }

  return [
    {
      description: publisherRoutes.submit,
      handler: routeUnread(
        { ...publisherRoutes.submit, resolveActor },
        async ({ actor, request, requestId }) => {
          const signatureDer = readSignature(request);
          // Not a byte of it is read before its turn.
          const turn = submissions.enter(actor.publisherId);
          try {
            await turn.came;
            const content = receivePieces(publisherRoutes.submit, request);
            const store = context.store.in("ingest");
            return await submitBundle({ ...context, store, requestId }, actor, { content, signatureDer });
          } finally {
            turn.leave();
          }
        },
        ports,
      ),
    },
    handle(publisherRoutes.submission, ({ actor, params }) => getSubmission(context, actor, params.submissionId)),
    handle(publisherRoutes.withdraw, async ({ actor, params, requestId }) => {
      await withdrawSubmission({ ...context, requestId }, actor, params.submissionId);
      return await getSubmission(context, actor, params.submissionId);
    }),
    handle(publisherRoutes.quota, ({ actor, params }) => readQuota(context, actor, params.appId)),
    handle(publisherRoutes.denials, ({ actor, params }) => listOwnDenials(context, actor, params.appId)),
  ];
}
