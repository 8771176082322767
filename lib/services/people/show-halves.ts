import type { Transaction } from "@/db/store";
import { appendAudit } from "@/lib/audit/append-audit";
import { beginHandover, findHandover, type Handover, makeCodeHalf, makeLinkHalf } from "@/lib/auth/handovers";
import { formatMember } from "@/lib/domain/member-keys";
import type { Actor } from "@/lib/domain/roles";
import { AppError, invariant } from "@/lib/platform/errors";
import { type PersonActor, requirePerson } from "../change-sets/require-verb";
import type { ServiceContext } from "../context";

/** `code` where one person has both halves. */
export type ShownLink = { link: string; code: string | null; expiresAt: string };
export type ShownCode = { code: string; expiresAt: string };

export function approvalNeeded(personId: string): AppError {
  return new AppError("precondition_failed", "A sign-in is given by two people: propose it first.", {
    details: [
      {
        path: formatMember({ kind: "sign-in", personId }),
        code: "APPROVAL_NEEDED",
        message: "Propose a change of this member.",
      },
    ],
  });
}

/** In set-up, where nobody else can approve: a sign-in of which one person is shown both halves. Every earlier one ends. */
export async function giveAlone(
  tx: Transaction,
  ctx: ServiceContext,
  actor: Actor,
  given: { personId: string; purpose: Handover["purpose"] },
): Promise<ShownLink> {
  const { personId: ownId } = requirePerson(actor);
  const handover = await beginHandover(tx, ctx, actor, { ...given, linkTo: ownId, codeTo: ownId, changeSetId: null });
  return showBoth(tx, ctx, actor, handover);
}

/** Both halves of what `giveAlone` gave, or publishing did in set-up. */
export async function showBoth(
  tx: Transaction,
  ctx: ServiceContext,
  actor: Actor,
  handover: Handover,
): Promise<ShownLink> {
  const shown = await makeLink(tx, ctx, actor, handover);
  return { ...shown, code: (await makeCode(tx, ctx, actor, handover)).code };
}

/** The half that is a link, once, to whoever proposed. Raises as `createPersonLink` says. */
export async function showLink(
  tx: Transaction,
  ctx: ServiceContext,
  actor: Actor,
  personId: string,
): Promise<ShownLink> {
  const handover = await requireHandover(tx, ctx, personId);
  requireMine(handover, requirePerson(actor), "link");
  return { ...(await makeLink(tx, ctx, actor, handover)), code: null };
}

/** The half that is a code, once, to whoever approved. */
export async function showCode(
  tx: Transaction,
  ctx: ServiceContext,
  actor: Actor,
  personId: string,
): Promise<ShownCode> {
  const handover = await requireHandover(tx, ctx, personId);
  requireMine(handover, requirePerson(actor), "code");
  return makeCode(tx, ctx, actor, handover);
}

/** What two people give. What one person gave in set-up is shown as it is given, and never afterwards. */
async function requireHandover(tx: Transaction, ctx: ServiceContext, personId: string): Promise<Handover> {
  const handover = await findHandover(tx.db, personId, ctx.clock.nowMs());
  if (handover === undefined || handover.linkTo === handover.codeTo) throw approvalNeeded(personId);
  return handover;
}

const HALVES = {
  link: { to: "linkTo", made: "tokenSha256", whose: "The link is for whoever proposed this sign-in." },
  code: { to: "codeTo", made: "codeHmac", whose: "The code is for whoever approved this sign-in." },
} as const;

function requireMine(handover: Handover, { personId }: PersonActor, half: keyof typeof HALVES): void {
  const { to, made, whose } = HALVES[half];
  const refuse = (code: "forbidden" | "conflict", detail: string, message: string) =>
    new AppError(code, message, { details: [{ path: "", code: detail, message }] });
  if (handover[to] !== personId) throw refuse("forbidden", "OTHER_HALF", whose);
  if (handover[made] === null) return;
  throw refuse("conflict", "HALF_SHOWN", `The ${half} was shown once. Where it is lost, propose the sign-in anew.`);
}

async function makeLink(tx: Transaction, ctx: ServiceContext, actor: Actor, handover: Handover) {
  invariant(handover.tokenSha256 === null, "a half is made once");
  const { token, expiresAt } = await makeLinkHalf(tx.db, handover, ctx.clock.nowMs());
  await auditHalf(tx, ctx, actor, handover, "link.create");
  return { link: `${ctx.config.baseUrl}/link/${token}`, expiresAt: expiresAt.toISOString() };
}

async function makeCode(tx: Transaction, ctx: ServiceContext, actor: Actor, handover: Handover): Promise<ShownCode> {
  invariant(handover.codeHmac === null, "a half is made once");
  const code = await makeCodeHalf(tx.db, ctx, handover);
  await auditHalf(tx, ctx, actor, handover, "code.create");
  return { code, expiresAt: handover.expiresAt.toISOString() };
}

async function auditHalf(
  tx: Transaction,
  ctx: ServiceContext,
  actor: Actor,
  { personId, purpose, changeSetId, expiresAt }: Handover,
  action: "link.create" | "code.create",
): Promise<void> {
  await appendAudit(tx, ctx, {
    actor,
    action,
    subject: `person:${personId}`,
    changeSetId,
    after: { purpose, expiresAt, half: true },
    requestId: ctx.requestId ?? null,
  });
  tx.announce({ topic: "people" });
}
