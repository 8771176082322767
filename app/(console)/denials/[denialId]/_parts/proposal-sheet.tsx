"use client";

import { GrantSheet } from "@/components/features/programs/grant-sheet";
import { HostSheet } from "@/components/features/programs/host-sheet";
import type { DenialDetail } from "@/lib/contracts/programs";
import type { Grant, HostRule } from "@/native/core/shapes/claims";

type ProposalSheetProps = {
  denial: DenialDetail;
  proposal: NonNullable<DenialDetail["proposal"]>;
  onClose(): void;
};

/** The change that would allow what was refused, as the start of a proposal. */
export function ProposalSheet({ denial, proposal, onClose }: ProposalSheetProps) {
  const { appId, programName, programPosition, code, target } = denial;
  const about = { programName, position: programPosition, onClose, value: null };
  const reason = `Asked for ${target}: ${code}`;
  const capability = /\/grant:(.+)$/.exec(proposal.member)?.[1];
  // Safe: the read answers with a value of the member that it names.
  return capability === undefined ? (
    <HostSheet {...about} member={proposal.member} wish={proposal.after as Partial<HostRule>} reason={reason} />
  ) : (
    <GrantSheet {...about} appId={appId} capability={capability} wish={proposal.after as Grant} reason={reason} />
  );
}
