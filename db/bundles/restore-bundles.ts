import { createHash, verify } from "node:crypto";
import type { PGlite } from "@electric-sql/pglite";
import type { PublicJwk } from "@/native/core/shapes/claims";
import type { BundleBytes, BundleFiles, SpareBundles } from "../store";

/** What became of bundles whose rows were not there; `missing` names versions in words, with the reason. */
export type RestoredBundles = { restored: number; missing: string[] };

type Wanted = { sha256: string; jwk: PublicJwk | null; versions: string; submitted_at: Date };

/**
 * Puts back, from their files, the bundles that versions name and that have no row: after a rebuild, and after power
 * loss; and from `spare` what has no file. Only bytes with that digest and a signature of the key that the version names
 * come back. Safe to repeat.
 */
export async function restoreBundles(
  client: PGlite,
  files: BundleFiles,
  spare: SpareBundles | null = null,
): Promise<RestoredBundles> {
  const { rows } = await client.query<Wanted>(
    `select v.sha256, min(k.jwk::text)::jsonb as jwk, min(v.submitted_at) as submitted_at,
       string_agg(v.app_id || ' ' || v.code, ', ' order by v.app_id, v.code) as versions
     from versions v left join publisher_keys k on k.kid = v.kid and k.publisher_id = v.publisher_id
     where not exists (select 1 from bundles b where b.sha256 = v.sha256) group by v.sha256 order by 4`,
  );
  const missing = new Map<string, { wanted: Wanted; why: string }>();
  let restored = 0;
  const put = async (wanted: Wanted, { content, signature }: BundleBytes) => {
    await client.query(
      "insert into bundles (sha256, size_bytes, content, signature, created_at) values ($1, $2, $3, $4, $5)",
      [wanted.sha256, content.length, content, signature, wanted.submitted_at],
    );
    restored += 1;
  };
  for (const wanted of rows) {
    const bundle = await readSigned(files, wanted);
    if (typeof bundle === "string") missing.set(wanted.sha256, { wanted, why: bundle });
    else await put(wanted, bundle);
  }
  for await (const { sha256, ...bundle } of spare === null ? [] : spare(new Set(missing.keys()))) {
    const wanted = missing.get(sha256)?.wanted;
    const isSame = createHash("sha256").update(bundle.content).digest("hex") === sha256;
    if (wanted === undefined || !isSame || !isSigned(bundle, wanted.jwk)) continue;
    await put(wanted, bundle);
    missing.delete(sha256);
  }
  const words = [...missing.values()].map(({ wanted, why }) => `${wanted.versions} (${wanted.sha256}: ${why})`);
  return { restored, missing: words };
}

/** The bundle, or what is wrong with it: one that cannot be read keeps no store from opening. */
async function readSigned(files: BundleFiles, { sha256, jwk }: Wanted): Promise<BundleBytes | string> {
  let bundle: BundleBytes | null;
  try {
    bundle = await files.read(sha256);
  } catch (error) {
    return `its file cannot be read, ${error instanceof Error ? error.message : String(error)}`;
  }
  if (bundle === null) return "its file is not there, or was changed";
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
