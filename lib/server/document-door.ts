import type { IncomingMessage, ServerResponse } from "node:http";
import { matchesTag } from "@/lib/http/conditional";
import { errorResponse } from "@/lib/http/error-response";
import type { LeanContext } from "@/lib/services/context";
import type { FoundDocument, RuntimeApi } from "@/lib/sync/runtime/runtime-api";
import { sendResponse } from "./node-fetch";
import type { RequestLine } from "./requests/request-log";

export type DocumentDoor = (
  path: string,
) => ((request: IncomingMessage, response: ServerResponse, line: RequestLine) => Promise<void>) | null;

/**
 * Writes the documents that all devices ask for at each publish straight to plain node http: the standard's own requests
 * and responses cost as much as all the rest of such an answer. What is answered is what the described routes answer.
 */
export function createDocumentDoor(
  context: Pick<LeanContext, "ids" | "logger">,
  documentAt: RuntimeApi["documentAt"],
): DocumentDoor {
  const { ids, logger } = context;

  async function send(
    { description, headers, read }: FoundDocument,
    request: IncomingMessage,
    response: ServerResponse,
    line: RequestLine,
  ): Promise<void> {
    const requestId = ids.next("request");
    line.tell({ requestId, route: description.path });
    try {
      const { authorization, "if-none-match": known } = request.headers;
      const { etag, body } = await read(authorization, (who) => line.tell({ who }));
      const all = { ...headers, etag, "x-request-id": requestId, "x-content-type-options": "nosniff" };
      if (matchesTag(known ?? null, etag)) response.writeHead(304, all).end();
      else response.writeHead(200, { ...all, "content-length": body.byteLength }).end(body);
    } catch (error) {
      await sendResponse(errorResponse(error, requestId, logger), request, response);
    }
  }

  return (path) => {
    const found = documentAt(path);
    return found === null ? null : (request, response, line) => send(found, request, response, line);
  };
}
