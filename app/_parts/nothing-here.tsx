import { EmptyState } from "@/components/blocks/empty-state";
import { buttonLook } from "@/components/ui/button-look";

/** An address that nothing has, or nothing that this person may see: the same words, and a way on. */
export function NothingHere({ home, to }: { home: string; to: string }) {
  return (
    <EmptyState
      isPage
      title="Nothing at this address"
      action={
        // Every page brings this one along, so it has no scripts.
        <a href={to} className={buttonLook()}>
          Go to {home}
        </a>
      }
    >
      It is gone, or it is not for you to see.
    </EmptyState>
  );
}
