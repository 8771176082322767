import Link from "next/link";
import { EmptyState } from "@/components/blocks/empty-state";
import { Button } from "@/components/ui/button";

export default function NotFound() {
  return (
    <main id="main" className="grid w-full flex-1 place-items-center p-6">
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
    </main>
  );
}
