import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Gunzip, Gzip } from "node:zlib";

/** A stream through gzip or gunzip. What the source raises comes out as it is. */
export async function* throughZlib(zlib: Gzip | Gunzip, source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  // The pipeline's failure is the iteration's failure too, and is raised there.
  const pumping = pipeline(Readable.from(source), zlib).catch(() => undefined);
  try {
    for await (const piece of zlib) yield piece as Uint8Array;
  } finally {
    zlib.destroy();
    await pumping;
  }
}
