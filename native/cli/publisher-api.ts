import { isJsonObject, type JsonObject, parseJson } from "../core/json/parse-json";
import {
  type CommandContext,
  type CommandFailure,
  type CommandOption,
  type CommandValues,
  failure,
  textOption,
  UsageError,
} from "./command";

export type ApiAnswer = { ok: true; body: JsonObject } | CommandFailure;

export const API_OPTIONS = {
  server: {
    value: "URL",
    help: "where the platform is, for example https://console.example",
    isRequired: true,
    env: "BULKHEAD_SERVER",
  },
  token: {
    value: "TOKEN",
    help: "the publisher's token; better in the variable, which no list of processes shows",
    isRequired: true,
    env: "BULKHEAD_TOKEN",
  },
} as const satisfies Record<string, CommandOption>;

/** How a token begins and how long it is, as the platform makes them. */
const TOKEN_FORM = /^bhpub_[A-Za-z0-9_-]{43}$/;

/** One request to the publisher API; the server's own error code and message come through (spec §7). */
export async function askPublisherApi(
  context: CommandContext,
  values: CommandValues,
  path: string,
  init: { method: "GET" | "POST" | "DELETE"; headers?: Record<string, string>; body?: Uint8Array },
): Promise<ApiAnswer> {
  const given = textOption(values, "token");
  const token = given ?? context.env.BULKHEAD_TOKEN ?? "";
  if (!/^[\x21-\x7e]+$/.test(token)) throw new UsageError("the token holds a space or a character that no token has");
  const url = serverUrl(textOption(values, "server") ?? context.env.BULKHEAD_SERVER ?? "", path);
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
  if (typeof error.code !== "string" || typeof error.message !== "string") {
    return failure("NOT_UNDERSTOOD", `${url.origin} answered ${response.status}, in a way that is not understood`);
  }
  if (error.code === "unauthenticated") return badToken(url, token, given === undefined ? "BULKHEAD_TOKEN" : "--token");
  return failure(error.code, error.message, error.details);
}

/** Named by where it came from, never by what it is. */
function badToken(url: URL, token: string, from: string): CommandFailure {
  const form = TOKEN_FORM.test(token) ? "" : "; it has not even the form of one: bhpub_ and 43 characters";
  return failure(
    "unauthenticated",
    `the token of ${from} is none that ${url.origin} takes: it was withdrawn, is over after 90 days, or is another platform's${form}`,
    undefined,
    "ask an admin of the platform for a new one (Publishers, the publisher, Make a token), and put it into BULKHEAD_TOKEN",
  );
}

/** A token must not travel in the clear: https, or http to this very machine. */
function serverUrl(server: string, path: string): URL {
  if (!URL.canParse(server)) {
    throw new UsageError(`${JSON.stringify(server)} is no URL: the platform's is https://console.example, for example`);
  }
  const url = new URL(path, server);
  const isLoopback = ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isLoopback)) {
    throw new UsageError(`${url.origin} would carry the token in the clear: https, or http to this machine`);
  }
  return url;
}
