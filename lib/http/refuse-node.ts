import type { ServerResponse } from "node:http";
import { type Ids, randomIds } from "@/lib/platform/ids";
import { type Logger, stderrLogger } from "@/lib/platform/logger";
import { errorResponse } from "./error-response";

/** Refuses a request of plain node http as every door does: code, message and help (spec 7.4), whoever asked. */
export async function refuseNode(
  outgoing: ServerResponse,
  error: unknown,
  {
    ids = randomIds,
    logger = stderrLogger,
    headers = {},
  }: { ids?: Ids; logger?: Logger; headers?: Readonly<Record<string, string>> } = {},
): Promise<void> {
  const refusal = errorResponse(error, ids.next("request"), logger);
  const text = await refusal.text();
  outgoing.writeHead(refusal.status, { ...Object.fromEntries(refusal.headers), ...headers }).end(text);
}
