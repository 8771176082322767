import { isJsonObject, type JsonObject, parseJson } from "../core/json/parse-json";
import {
  type CommandContext,
  type CommandFailure,
  type CommandValues,
  failure,
  requiredOption,
  textOption,
  UsageError,
} from "./command";

export type ApiAnswer = { ok: true; body: JsonObject } | CommandFailure;

export const API_OPTIONS = { server: { type: "string" }, token: { type: "string" } } as const;
export const API_HELP = {
  server: "where the platform is, for example https://console.example; BULKHEAD_SERVER says it too",
  token: "the publisher's token; better in BULKHEAD_TOKEN, which no list of processes shows",
};

/** One request to the publisher API; the server's own error code and message come through (spec §7). */
export async function askPublisherApi(
  context: CommandContext,
  values: CommandValues,
  path: string,
  init: { method: "GET" | "POST" | "DELETE"; headers?: Record<string, string>; body?: Uint8Array },
): Promise<ApiAnswer> {
  const server = textOption(values, "server") ?? context.env.BULKHEAD_SERVER;
  const token = textOption(values, "token") ?? context.env.BULKHEAD_TOKEN;
  if (token === undefined || token === "") requiredOption(values, "token");
  const url = serverUrl(server, path);
  let response: Response;
  try {
    response = await context.fetch(url, {
      method: init.method,
      headers: { ...init.headers, authorization: `Bearer ${token}`, accept: "application/json" },
      ...(init.body === undefined ? {} : { body: new Blob([Uint8Array.from(init.body)]) }),
      redirect: "error",
    });
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    return failure("UNREACHABLE", `${url.origin} did not answer: ${cause}`);
  }
  const parsed = parseJson(new Uint8Array(await response.arrayBuffer()));
  const body = parsed.ok && isJsonObject(parsed.value) ? parsed.value : undefined;
  if (response.ok && body !== undefined) return { ok: true, body };
  const error = body !== undefined && isJsonObject(body.error) ? body.error : {};
  const code = typeof error.code === "string" ? error.code : `HTTP_${response.status}`;
  const message =
    typeof error.message === "string" ? error.message : "the server answered in a way that is not understood";
  return failure(code, message, error.details);
}

/** A token must not travel in the clear: https, or http to this very machine. */
function serverUrl(server: string | undefined, path: string): URL {
  if (server === undefined || !URL.canParse(server)) throw new UsageError("--server takes the platform's URL");
  const url = new URL(path, server);
  const isLoopback = ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isLoopback)) {
    throw new UsageError("--server must be https, or http to this machine");
  }
  return url;
}
