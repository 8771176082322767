import { encodeLocation } from "../../core/decide/encode-location";
import { fieldsForOtherOrigin, type RequestFields, withoutBodyFields } from "./request-headers";

/** What is sent at one hop of a request. */
export type HopMessage = { method: string; fields: RequestFields; body: Uint8Array | undefined };

/** Where an answer sends the request next, its bytes above 0x7F encoded as they came; `undefined` where it does not. */
export function redirectLocation(status: number, headers: Record<string, string>): string | undefined {
  const { location } = headers;
  if (location === undefined || ![301, 302, 303, 307, 308].includes(status)) return undefined;
  // Node reads each byte of a header as one character.
  return encodeLocation(Buffer.from(location, "latin1"));
}

/** RFC 9110 §15.4 for the method; another origin gets neither body nor credentials. */
export function messageForHop(message: HopMessage, status: number, isSameOrigin: boolean): HopMessage {
  const becomesGet =
    (status === 303 && message.method !== "HEAD") || ((status === 301 || status === 302) && message.method === "POST");
  const method = becomesGet ? "GET" : message.method;
  const dropsBody = becomesGet || !isSameOrigin;
  const fields = isSameOrigin ? message.fields : fieldsForOtherOrigin(message.fields);
  return dropsBody ? { method, fields: withoutBodyFields(fields), body: undefined } : { ...message, method, fields };
}
