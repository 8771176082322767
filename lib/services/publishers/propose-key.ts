import type { ChangeSetView } from "@/lib/contracts/change-sets";
import { formatMember } from "@/lib/domain/member-keys";
import type { Actor } from "@/lib/domain/roles";
import { readKeyText } from "@/lib/domain/texts/key-text";
import { sayTextIssue } from "@/lib/domain/texts/text-issues";
import { AppError } from "@/lib/platform/errors";
import { thumbprint } from "@/native/core/crypto/jwk";
import { nodeCrypto } from "@/native/node/crypto";
import { writeDraft } from "../change-sets/edit-draft";
import type { ServiceContext } from "../context";
import { requirePermission } from "../require-permission";

/**
 * Puts a publisher's new signing key into the actor's draft: a widening that another approves. Its `kid` is the RFC 7638
 * thumbprint, made here. Raises `invalid_input` for what is not a P-256 public key or belongs to another publisher.
 */
export async function proposeKey(
  ctx: ServiceContext,
  actor: Actor,
  input: { publisherId: string; publicKeyPem: string },
): Promise<{ draft: ChangeSetView | null }> {
  requirePermission(actor, "changes.propose");
  const { values, issues } = readKeyText({ "/jwk": input.publicKeyPem });
  const [value] = values;
  if (value === undefined) {
    throw new AppError("invalid_input", "This is not a P-256 public key.", {
      details: issues.map((issue) => ({ path: "/publicKeyPem", code: "FORMAT", message: sayTextIssue(issue) })),
    });
  }
  const { jwk } = value;
  const kid = thumbprint(jwk, nodeCrypto);
  const member = { kind: "publisher-key", publisherId: input.publisherId, kid } as const;
  const entry = { kind: "publisher-key", member, value: { jwk, status: "active" } } as const;
  return writeDraft(ctx, actor, { edits: [{ member, entry }], newKeys: new Set([formatMember(member)]) });
}
