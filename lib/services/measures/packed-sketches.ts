import { type SQL, type SQLWrapper, sql } from "drizzle-orm";
import type { DeviceCount } from "./device-count";

const LENGTH_BYTES = 4;

/**
 * SQL: the packed sketches of a group one after the other, each behind its length. One value is read many times as quickly as a
 * row for each.
 */
export const packedTogether = (sketch: SQLWrapper, condition?: SQL): SQL<Uint8Array | null> => {
  const framed = sql`string_agg(int4send(octet_length(${sketch})) || ${sketch}, ''::bytea)`;
  return condition === undefined
    ? sql<Uint8Array | null>`${framed}`
    : sql<Uint8Array | null>`${framed} filter (where ${condition})`;
};

/** Counts the devices of all of them. */
export function addPackedTogether(count: DeviceCount, together: Uint8Array | null): void {
  if (together === null) return;
  const view = new DataView(together.buffer, together.byteOffset, together.byteLength);
  for (let at = 0; at < together.byteLength; ) {
    const length = view.getInt32(at);
    count.addPacked(together.subarray(at + LENGTH_BYTES, at + LENGTH_BYTES + length));
    at += LENGTH_BYTES + length;
  }
}
