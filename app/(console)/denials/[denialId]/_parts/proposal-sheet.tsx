"use client";

import { loadedPart } from "@/components/blocks/loaded-part";
import type { DenialDetail } from "@/lib/contracts/programs";
import { parseMember } from "@/lib/domain/member-keys";
import type { Grant, HostRule } from "@/native/core/shapes/claims";

const GrantSheet = loadedPart(() =>
  import("@/components/features/programs/grant-sheet").then((part) => part.GrantSheet),
);
const HostSheet = loadedPart(() => import("@/components/features/programs/host-sheet").then((part) => part.HostSheet));

type ProposalSheetProps = {
  denial: DenialDetail;
  proposal: NonNullable<DenialDetail["proposal"]>;
  onClose(): void;
};

/** The change that would allow what was refused, as the start of a proposal. */
export function ProposalSheet({ denial, proposal, onClose }: ProposalSheetProps) {
  const { appId, programName, programPosition, code, target, denialId } = denial;
  const about = `${target} was refused: ${code}.`;
  const of = { appId, programName, position: programPosition, onClose, value: null, about, denialId };
  const member = parseMember(proposal.member);
  // Safe: the read answers with a value of the member that it names.
  return member?.kind === "grant" ? (
    <GrantSheet {...of} capability={member.capability} wish={proposal.after as Grant} />
  ) : (
    <HostSheet {...of} ruleId={null} wish={proposal.after as Partial<HostRule>} />
  );
}
