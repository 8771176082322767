import { inArray, sql } from "drizzle-orm";
import type { PublicJwk } from "@/native/core/shapes/claims";
import { holdsCode } from "../held-codes";
import { rowsOf } from "../rows";
import { bundles, publisherKeys, versions } from "../schema";
import type { Database } from "../store";

/** A key of a version's publisher; null where it is not there any more. */
export type Signer = { kid: string; jwk: PublicJwk | null; submittedAt: string };

/** A bundle that versions name, and what its row says of it. */
export type NamedBundle = {
  sha256: string;
  /** Its versions, in words. */
  words: string;
  /** Whether one of them may be run: of those that were refused or taken back the bytes may be gone. */
  isNeeded: boolean;
  /** Keys of the versions that need it, newest first; of all where none does. */
  signers: Signer[];
  /** `isInRow`: its bytes are of before, and no file yet. */
  row: {
    state: (typeof bundles.$inferSelect)["state"];
    signature: Uint8Array;
    sizeBytes: number;
    isInRow: boolean;
  } | null;
};

type Naming = Signer & { words: string; needs: boolean };
type Told = { sha256: string; versions: Naming[]; row: (Omit<Row, "signature"> & { signature: string }) | null };
type Row = NonNullable<NamedBundle["row"]>;

/** Bundles that versions name, all or those of some digests, in the order of their words. Reads no bytes of theirs. */
export async function readNamedBundles(db: Database, only: readonly string[] | null = null): Promise<NamedBundle[]> {
  if (only?.length === 0) return [];
  const isAsked = only === null ? sql`true` : inArray(versions.sha256, [...only]);
  // As text, which both drivers hand over alike.
  const rows = await rowsOf<{ told: string }>(
    db,
    sql`select json_build_object('sha256', v.sha256, 'versions', v.versions, 'row', case when b.sha256 is null then null else
          json_build_object('state', b.state, 'signature', encode(b.signature, 'hex'), 'sizeBytes', b.size_bytes,
            'isInRow', b.content is not null) end)::text as told
        from (
          select ${versions.sha256} as sha256, json_agg(json_build_object(
              'words', ${versions.appId} || ' ' || ${versions.code}, 'kid', ${versions.kid}, 'jwk', ${publisherKeys.jwk},
              'needs', coalesce(${holdsCode()}, false), 'submittedAt', ${versions.submittedAt})
              order by ${versions.appId}, ${versions.code}, ${versions.submittedAt} desc) as versions
          from ${versions} left join ${publisherKeys}
            on ${publisherKeys.kid} = ${versions.kid} and ${publisherKeys.publisherId} = ${versions.publisherId}
          where ${isAsked} group by ${versions.sha256}) v
        left join ${bundles} b on b.sha256 = v.sha256`,
  );
  return rows
    .map(({ told }) => {
      // Safe: the statement above makes this shape.
      const { sha256, versions, row } = JSON.parse(told) as Told;
      const needing = versions.filter(({ needs }) => needs);
      const naming = needing.length > 0 ? needing : versions;
      return {
        sha256,
        words: [...new Set(naming.map(({ words }) => words))].join(", "),
        isNeeded: needing.length > 0,
        signers: naming.map(({ kid, jwk, submittedAt }) => ({ kid, jwk, submittedAt })),
        row: row === null ? null : { ...row, signature: new Uint8Array(Buffer.from(row.signature, "hex")) },
      };
    })
    .sort((a, b) => (a.words < b.words ? -1 : 1));
}
