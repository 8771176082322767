import type { AuditAction } from "@/lib/audit/actions";
import type { AuditInput } from "@/lib/audit/append-audit";
import { formatMember } from "@/lib/domain/member-keys";
import { appIdOf } from "@/lib/domain/members";
import { type Edit, memberValue, type PolicyState } from "@/lib/domain/policy-state";
import type { Actor } from "@/lib/domain/roles";
import type { ServiceContext } from "../context";

export type AuditedStep = {
  action: AuditAction;
  changeSetId: string;
  edits: readonly Edit[];
  state: PolicyState;
  reason: string | null;
};

/** The audit entry of a step of a change set: each member with its published value and its wished one. */
export function auditSet(ctx: ServiceContext, actor: Actor, step: AuditedStep): AuditInput {
  const appIds = new Set(step.edits.map(({ member }) => appIdOf(member)));
  const [appId] = appIds;
  return {
    actor,
    action: step.action,
    subject: `change-set:${step.changeSetId}`,
    // Found under a program only where the whole step is that program's.
    appId: appIds.size === 1 ? (appId ?? null) : null,
    changeSetId: step.changeSetId,
    reason: step.reason,
    before: step.edits.map(({ member }) => ({ member: formatMember(member), value: memberValue(step.state, member) })),
    after: step.edits.map(({ member, entry }) => ({ member: formatMember(member), value: entry?.value ?? null })),
    requestId: ctx.requestId ?? null,
  };
}
