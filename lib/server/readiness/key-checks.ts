import type { Store } from "@/db/store";
import { formatDay } from "@/lib/format/instant";
import { nowSeconds, type SigningContext } from "@/lib/sync/context";
import { type JudgedKeys, judgeKeys } from "@/lib/sync/keys/judge-keys";
import { KEY_FAULTS } from "@/lib/sync/keys/key-faults";
import type { KeyFolder } from "@/lib/sync/keys/key-folder";
import type { Check, Finding } from "./create-readiness";

/** As long before its end a new keyset is asked for. */
const EXPIRY_WARNING_SECONDS = 30 * 86_400;
const ROOTS_REMEDY = "Put keys/roots.json back, and start again; devices keep what they have.";
const RENEW = "Renew the keyset (docs/guides/root-ceremony.md).";

/** Signs a trial text, and holds the key files and the end of the trusted keyset against the clock. */
export function keyChecks(
  store: Store,
  ctx: SigningContext,
  folder: KeyFolder,
  rootsFault: string | null = null,
): Check[] {
  return [
    {
      name: "signature",
      run: async () => judgeTrial(await judgeKeys(store.db, ctx.signer, folder), nowSeconds(ctx.clock)),
    },
    {
      name: "keyset",
      async run() {
        if (rootsFault !== null) return { state: "failed", says: rootsFault, remedy: ROOTS_REMEDY };
        const { fault } = await ctx.keysets.observe(store.db);
        if (fault !== null) return { state: "failed", says: fault.says, remedy: fault.remedy };
        return judgeKeyset(await judgeKeys(store.db, ctx.signer, folder), nowSeconds(ctx.clock));
      },
    },
  ];
}

/** The last second of a keyset is its end: devices take nothing that it signs from then on. */
function expiry({ keyset }: JudgedKeys, now: number): Finding | null {
  if (keyset === null || now < keyset.exp) return null;
  const says = `The keyset expired on ${formatDay(keyset.exp * 1000, now * 1000)}: no new document gets out.`;
  return { state: "failed", says, remedy: RENEW };
}

function judgeTrial(judged: JudgedKeys, now: number): Finding {
  const { trial } = judged;
  const expired = expiry(judged, now);
  if (expired !== null) return expired;
  if (trial.result === "signs")
    return { state: "ok", says: "A text was signed, and it verifies by the trusted keyset." };
  return { state: "failed", says: trial.says, remedy: trial.remedy };
}

function judgeKeyset(judged: JudgedKeys, now: number): Finding {
  const { keyset, files, usable, faulty } = judged;
  if (keyset === null) return { state: "failed", ...KEY_FAULTS.NO_KEYSET };
  const [first] = faulty;
  if (usable === 0) return { state: "failed", ...(first ?? KEY_FAULTS[files === 0 ? "KEY_MISSING" : "KEY_FOREIGN"]) };
  const expired = expiry(judged, now);
  if (expired !== null) return expired;
  if (first !== undefined) return { state: "warn", ...first };
  const says = `${usable} of ${keyset.keys.length} keys of keyset ${keyset.revision} can sign; it ends on ${formatDay(keyset.exp * 1000, now * 1000)}.`;
  return now > keyset.exp - EXPIRY_WARNING_SECONDS ? { state: "warn", says, remedy: RENEW } : { state: "ok", says };
}
