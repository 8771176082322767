import { X } from "lucide-react";
import Link from "next/link";
import { DiffLines } from "@/components/blocks/diff-lines";
import { Button } from "@/components/ui/button";
import { DirectionTag } from "@/components/ui/tag";
import { TextLink } from "@/components/ui/text-link";
import type { ChangeView } from "@/lib/contracts/change-sets";
import { isPresence } from "@/lib/format/member-lines";

type ChangeCardProps = { change: ChangeView; index: number; onRemove?: (() => void) | undefined };

/** One member of a change set: old, new, and how many people it takes. */
export function ChangeCard({ change, index, onRemove }: ChangeCardProps) {
  const { direction, appId, programName, title, before, after, denialId } = change;
  return (
    <article className="min-w-0 rounded-panel border border-line bg-surface">
      <header className="flex min-h-11 flex-wrap items-center gap-x-2 border-line border-b px-4 py-1">
        <span className="w-5 text-muted text-section">{index + 1}</span>
        <DirectionTag direction={direction} />
        {appId !== null && (
          <Link href={`/programs/${appId}/access`} className="font-semibold hover:underline">
            {programName ?? appId}
          </Link>
        )}
        <h3 className="min-w-0 wrap-anywhere max-phone:order-last max-phone:w-full">
          <bdi>{title}</bdi>
        </h3>
        {onRemove && (
          <Button
            tone="quiet"
            size="icon-small"
            className="ml-auto"
            aria-label={`Remove change ${index + 1} from the draft`}
            onClick={onRemove}
          >
            <X size={14} aria-hidden />
          </Button>
        )}
      </header>
      {!isPresence(before, after) && (
        <div className="border-line border-b p-4">
          <DiffLines before={before} after={after} />
        </div>
      )}
      <footer className="px-4 py-2 text-muted">
        {denialId !== null && (
          <p className="pb-1">
            Proposed from denial{" "}
            <TextLink href={`/denials/${encodeURIComponent(denialId)}`}>
              <code>{denialId.slice(0, 8)}</code>
            </TextLink>
            .
          </p>
        )}
        {direction === "widens" ? (
          <>
            <strong className="text-ink">Takes two people.</strong> Another person approves after the proposer.
          </>
        ) : (
          "Takes one person. Lifting it takes two."
        )}
      </footer>
    </article>
  );
}
