import { AppError } from "@/lib/platform/errors";

const tooLarge = (maxBytes: number) =>
  new AppError("payload_too_large", `The body is larger than ${maxBytes} bytes.`, { extra: { maxBytes } });

/** A sender that breaks off, or gzip that does not unfold, is the sender's error and not ours. */
async function nextChunk(reader: ReadableStreamDefaultReader<Uint8Array>) {
  try {
    return await reader.read();
  } catch (cause) {
    throw new AppError("invalid_input", "The body broke off or is not valid gzip.", { cause });
  }
}

async function* counted(stream: ReadableStream<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array> {
  let size = 0;
  let isOver = false;
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await nextChunk(reader);
      isOver = done;
      if (done) return;
      size += value.byteLength;
      if (size > maxBytes) throw tooLarge(maxBytes);
      yield value;
    }
  } finally {
    // The sender is cut off here; what the cancellation itself meets no longer matters.
    if (!isOver) reader.cancel().catch(() => undefined);
  }
}

async function collect(stream: ReadableStream<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const value of counted(stream, maxBytes)) {
    size += value.byteLength;
    chunks.push(value);
  }
  const only = chunks[0];
  if (chunks.length === 1 && only !== undefined) return only;
  const whole = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return whole;
}

/**
 * Reads a body whole as it is received, counting while it arrives (spec §4 endless data). Refuses `payload_too_large`, and an
 * encoding that it was not told to accept (`unsupported_media_type`).
 */
export async function readBody(
  request: Request,
  maxBytes: number,
  acceptsGzip: boolean,
): Promise<{ bytes: Uint8Array; isGzip: boolean }> {
  const isGzip = requireHeaders(request, maxBytes, acceptsGzip) === "gzip";
  return { bytes: request.body === null ? new Uint8Array() : await collect(request.body, maxBytes), isGzip };
}

/** Unfolds gzip, which again may have `maxBytes` at most; refuses broken gzip (`invalid_input`). */
export async function unfold(folded: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  const unfolded = new Blob([folded as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream("gzip"));
  return await collect(unfolded, maxBytes);
}

/** The same, handed on as it arrives: no more of it is in memory than a piece. What it refuses, it raises where it is read. */
export async function* streamBody(request: Request, maxBytes: number): AsyncGenerator<Uint8Array> {
  requireHeaders(request, maxBytes, false);
  if (request.body !== null) yield* counted(request.body, maxBytes);
}

/** Answers with the encoding, once it and the size that is said are such as are taken. */
function requireHeaders(request: Request, maxBytes: number, acceptsGzip: boolean): string {
  const encoding = request.headers.get("content-encoding")?.trim().toLowerCase() ?? "identity";
  if (encoding !== "identity" && !(encoding === "gzip" && acceptsGzip)) {
    throw new AppError("unsupported_media_type", "This content encoding is not accepted here.");
  }
  const declared = Number(request.headers.get("content-length") ?? "0");
  if (declared > maxBytes) throw tooLarge(maxBytes);
  return encoding;
}
