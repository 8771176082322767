import { describeCode, type Explained } from "../../../core/decide/describe-refusal";
import { readUrl } from "../../../core/decide/read-url";
import type { EgressDecision, EgressPort, EgressResult } from "../../ports";
import { createBodyRooms } from "../body-rooms";
import type { CapabilityHandler } from "../capability-registry";

export type NetworkRequestOptions = {
  appId: string;
  versionCode: number;
  egress: EgressPort;
  /** Decides one hop by the policy of that moment. */
  decideHop(url: string, hop: number, from?: string): EgressDecision;
};

const encoder = new TextEncoder();

/** The schema has looked at it: bytes, text or absent. */
function bytesOf(body: unknown): Uint8Array | undefined {
  if (body instanceof Uint8Array) return body;
  return typeof body === "string" ? encoder.encode(body) : undefined;
}

/** What the check of the hop says; of a redirect also which one it was, and to which host. */
function explainHop({ decision, url, hop }: Extract<EgressResult, { outcome: "denied" }>): Explained {
  const explained = decision.explained ?? describeCode(decision.code);
  if (hop === 0) return explained;
  const host = readUrl(url, "request")?.host ?? null;
  const message = `${explained.message}; at redirect ${hop}${host === null ? "" : ` to ${host}`}`;
  return { ...explained, message, seen: explained.seen ?? host };
}

/** Requests are performed by the host, never by the program: it has no socket to make one with (spec §5). */
export function networkRequestHandler(options: NetworkRequestOptions): CapabilityHandler {
  const { appId, versionCode, egress, decideHop } = options;
  const rooms = createBodyRooms();
  return {
    capability: "network.request",
    apis: {
      "network.request": async ({ params, signal, afterAnswer }) => {
        const settled = new AbortController();
        afterAnswer(() => settled.abort());
        const url = String(params.url);
        const body = bytesOf(params.body);
        const result = await egress.request({
          appId,
          versionCode,
          url,
          method: typeof params.method === "string" ? params.method : "GET",
          headers: (params.headers ?? {}) as Record<string, string>,
          ...(body === undefined ? {} : { body }),
          purpose: "request",
          decide: (hopUrl, _purpose, hop, from) => decideHop(hopUrl, hop, from),
          signal,
          async roomForBody() {
            // a request that ended while it waited takes no room any more
            afterAnswer(await rooms.take(AbortSignal.any([signal, settled.signal])));
          },
        });
        switch (result.outcome) {
          case "response":
            return {
              outcome: "value",
              value: { url: result.url, status: result.status, headers: result.headers },
              body: result.body,
            };
          case "denied":
            return {
              ...{ outcome: "denied", decision: result.decision, url: result.url, purpose: "request" },
              explained: explainHop(result),
            };
          case "failed":
            return { outcome: "failed", reason: result.reason };
        }
      },
    },
  };
}
