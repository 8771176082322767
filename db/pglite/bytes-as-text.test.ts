import { types } from "@electric-sql/pglite";
import fc from "fast-check";
import { expect, test } from "vitest";
import { BYTES_AS_TEXT } from "./bytes-as-text";

test("bytes are written and read as PGlite itself writes and reads them, whatever lies around them in their buffer", () => {
  const bytes = fc.tuple(fc.uint8Array({ maxLength: 300 }), fc.nat(40)).map(([all, from]) => all.subarray(from));
  fc.assert(
    fc.property(bytes, (value) => {
      const text = BYTES_AS_TEXT.serialize(value);
      expect(text).toBe(types.serializers[types.BYTEA]?.(value));
      expect(BYTES_AS_TEXT.parse(text)).toEqual(new Uint8Array(value));
      expect(BYTES_AS_TEXT.parse(text).buffer.byteLength).toBe(value.byteLength);
    }),
  );
});
