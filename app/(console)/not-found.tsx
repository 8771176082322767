import Link from "next/link";
import { EmptyState } from "@/components/blocks/empty-state";
import { PageMain } from "@/components/blocks/page-main";
import { Button } from "@/components/ui/button";

/** Inside the frame: whoever followed an old link is still at home. */
export default function NotFound() {
  return (
    <PageMain>
      <EmptyState
        isPage
        title="Nothing at this address"
        action={
          <Button asChild>
            <Link href="/">Go to the overview</Link>
          </Button>
        }
      >
        It is gone, or it is not for you to see.
      </EmptyState>
    </PageMain>
  );
}
