import Link from "next/link";
import { EmptyState } from "@/components/blocks/empty-state";
import { Button } from "@/components/ui/button";

/** An address that nothing has, or nothing that this person may see: the same words, and a way on. */
export function NothingHere({ home, to }: { home: string; to: string }) {
  return (
    <EmptyState
      isPage
      title="Nothing at this address"
      action={
        <Button asChild>
          <Link href={to}>Go to {home}</Link>
        </Button>
      }
    >
      It is gone, or it is not for you to see.
    </EmptyState>
  );
}
