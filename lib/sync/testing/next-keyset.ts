import { signKeyset } from "@/native/core/documents/sign-document";
import type { KeysetClaims } from "@/native/core/shapes/claims";
import { currentKeyset } from "../current-keyset";
import { planNextKeyset } from "../keyset/keyset-claims";
import { publishKeyset } from "../keyset/publish-keyset";
import { signWithRootKey } from "../keyset/sign-with-root-key";
import type { SyncFixture } from "./sync-fixture";

/** Publishes the keyset that follows, changed as told and signed by every root key of the fixture. */
export async function publishNextKeyset(
  { store, ctx, folder, clock }: SyncFixture,
  change: Parameters<typeof planNextKeyset>[1],
): Promise<KeysetClaims> {
  const current = await currentKeyset(store.db);
  if (current === null) throw new Error("the fixture has a keyset");
  const plan = planNextKeyset(current.claims, change, Math.floor(clock.nowMs() / 1000));
  if (!plan.ok) throw new Error(plan.problem);
  const signers = (await folder.list("root")).map(({ kid }) => ({ kid, sign: signWithRootKey(folder, kid) }));
  return await publishKeyset(store, ctx, await signKeyset({ claims: plan.claims, signers }));
}
