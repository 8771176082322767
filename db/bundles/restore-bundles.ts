import { createHash, verify } from "node:crypto";
import type { PGlite } from "@electric-sql/pglite";
import type { PublicJwk } from "@/native/core/shapes/claims";
import { type BundleBytes, type BundleFiles, keepBundle, type SpareBundles } from "./bundle-files";

/** What became of bundles that lacked row or file; `missing` names versions in words, with the reason. */
export type RestoredBundles = { restored: number; missing: string[] };

type Wanted = {
  sha256: string;
  kid: string | null;
  jwk: PublicJwk | null;
  versions: string;
  submitted_at: Date;
  has_row: boolean;
  is_changed: boolean;
  /** Whether a version with it may still be run: of one that was refused the bytes may be gone. */
  is_needed: boolean;
};

/**
 * Puts back the bundles that versions name and that have no row, from their files: after a rebuild, and after power loss;
 * and from `spare` what has no file, or a changed one. Only bytes with that digest and a signature of the key that the
 * version names come back. Reads no bundle that has a row and a file of which nothing bad is known. Safe to repeat.
 */
export async function restoreBundles(
  client: PGlite,
  files: BundleFiles,
  { spare = null, at }: { spare?: SpareBundles | null; at: Date },
): Promise<RestoredBundles> {
  const { rows } = await client.query<Wanted>(
    `select v.sha256, min(v.kid) as kid, min(k.jwk::text)::jsonb as jwk, min(v.submitted_at) as submitted_at,
       string_agg(v.app_id || ' ' || v.code, ', ' order by v.app_id, v.code) as versions,
       bool_or(b.sha256 is not null) as has_row, bool_or(coalesce(b.state = 'changed', false)) as is_changed,
       bool_or(v.state in ('submitted', 'listed') or v.listed_at is not null) as is_needed
     from versions v left join publisher_keys k on k.kid = v.kid and k.publisher_id = v.publisher_id
     left join bundles b on b.sha256 = v.sha256
     where b.sha256 is null or (b.content is null and b.state <> 'removed') group by v.sha256 order by 5`,
  );
  const there = await files.list();
  const missing = new Map<string, { wanted: Wanted; why: string }>();
  let restored = 0;
  const putRow = async ({ sha256, kid, submitted_at }: Wanted, { content, signature }: BundleBytes) => {
    await client.query(
      `insert into bundles (sha256, size_bytes, signature, created_at, kid, verified_at) values ($1, $2, $3, $4, $5, $6)
       on conflict (sha256) do update set state = 'kept', checked_at = null`,
      [sha256, content.length, signature, submitted_at, kid, at],
    );
    restored += 1;
  };
  for (const wanted of rows) {
    if (wanted.has_row && !wanted.is_changed && there.has(wanted.sha256)) continue;
    const bundle = there.has(wanted.sha256) ? await readSigned(files, wanted) : GONE;
    if (typeof bundle !== "string") await putRow(wanted, bundle);
    else if (wanted.is_needed) missing.set(wanted.sha256, { wanted, why: bundle });
  }
  const asked = new Set(missing.keys());
  for await (const { sha256, ...bundle } of spare === null || asked.size === 0 ? [] : spare(asked)) {
    const wanted = missing.get(sha256)?.wanted;
    const isSame = createHash("sha256").update(bundle.content).digest("hex") === sha256;
    if (wanted === undefined || !isSame || !isSigned(bundle, wanted.jwk)) continue;
    await keepBundle(files, sha256, bundle);
    await putRow(wanted, bundle);
    missing.delete(sha256);
  }
  const words = [...missing.values()].map(({ wanted, why }) => `${wanted.versions} (${wanted.sha256}: ${why})`);
  return { restored, missing: words };
}

const GONE = "its file is not there, or was changed";

/** The bundle, or what is wrong with it: one that cannot be read keeps no store from opening. */
async function readSigned(files: BundleFiles, { sha256, jwk }: Wanted): Promise<BundleBytes | string> {
  let bundle: BundleBytes | null;
  try {
    bundle = await files.read(sha256);
  } catch (error) {
    return `its file cannot be read, ${error instanceof Error ? error.message : String(error)}`;
  }
  if (bundle === null) return GONE;
  return isSigned(bundle, jwk) ? bundle : "its signature was changed";
}

function isSigned({ content, signature }: BundleBytes, jwk: PublicJwk | null): boolean {
  if (jwk === null) return false;
  try {
    return verify("sha256", content, { key: jwk, format: "jwk" }, signature);
  } catch {
    // A key that cannot be read verifies nothing; the bundle is then told as missing.
    return false;
  }
}
