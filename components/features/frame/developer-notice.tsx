import { EmptyState } from "@/components/blocks/empty-state";
import { PageMain } from "@/components/blocks/page-main";
import { Panel } from "@/components/blocks/panel";

/** Developers reach their programs by the publisher's tools; the console's rooms are for those who decide. */
export function DeveloperNotice() {
  return (
    <PageMain dock={null}>
      <h1 className="mb-4 text-page">Your programs</h1>
      <Panel>
        <EmptyState title="By the publisher's tools">
          Submit a version with <code>npx bulkhead submit</code>; <code>npx bulkhead status</code> tells what became of
          it, <code>npx bulkhead withdraw</code> takes it back while nobody decided. The token comes from an operator.
        </EmptyState>
      </Panel>
    </PageMain>
  );
}
