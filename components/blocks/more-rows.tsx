import { Button } from "@/components/ui/button";
import { formatCount } from "@/lib/format/count";
import type { MoreRows as Rows } from "./use-more-rows";

type MoreRowsProps = {
  more: Rows<unknown>;
  /** How many there are in all, where that is known. */
  total?: number;
  /** "Show older", where the list is one of time. */
  verb?: string;
};

/** The foot of a list that does not stand whole on the page: how much of it does, and a way to the rest. */
export function MoreRows({ more, total, verb = "Show more" }: MoreRowsProps) {
  return (
    <>
      {total !== undefined && (
        <span>
          {formatCount(more.rows.length)} of {formatCount(total)} shown.
        </span>
      )}
      <Button tone="quiet" size="small" busy={more.isReading && "Reading…"} onClick={more.readMore}>
        {verb}
      </Button>
      {more.problem !== null && <span role="alert">{more.problem}</span>}
    </>
  );
}
