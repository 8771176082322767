import type { IncomingMessage } from "node:http";
import { AppError } from "@/lib/platform/errors";
import type { Timers } from "@/lib/platform/timers";

/** No body that the console takes is larger: Next's forms end at it, and its calls far below (`lib/http/routes`). */
export const BODY_BYTES_MAX = 1024 * 1024;

export const hasBody = ({ method }: IncomingMessage): boolean => method !== "GET" && method !== "HEAD";

/** How many bytes a body may come to, as far as its sender says; raises `payload_too_large` above what is taken. */
export function bytesToCome({ headers }: IncomingMessage): number {
  const declared = headers["content-length"];
  const bytes = declared === undefined ? BODY_BYTES_MAX : Number(declared);
  if (bytes > BODY_BYTES_MAX) throw tooLarge();
  return bytes;
}

/**
 * Reads a body whole, counting while it arrives. Raises `payload_too_large`, and `invalid_input` where it breaks off or is
 * not there after `msMax`: whoever sends for longer holds a place that others need.
 */
export function readWholeBody(request: IncomingMessage, msMax: number, timers: Timers): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const inTime = timers.after(msMax, () => refuse(`The body was not there after ${msMax / 1000} s.`));
    const refuse = (message: string, cause?: unknown) => {
      inTime();
      reject(new AppError("invalid_input", message, { cause }));
    };
    request.on("data", (chunk: Buffer) => {
      size += chunk.byteLength;
      if (size <= BODY_BYTES_MAX) chunks.push(chunk);
      else {
        inTime();
        chunks.length = 0;
        reject(tooLarge());
      }
    });
    request.on("end", () => {
      inTime();
      resolve(Buffer.concat(chunks));
    });
    request.on("error", (cause) => refuse("The body broke off.", cause));
    request.on("close", () => refuse("The body broke off."));
  });
}

const tooLarge = () => new AppError("payload_too_large", `The body is larger than ${BODY_BYTES_MAX} bytes.`);
