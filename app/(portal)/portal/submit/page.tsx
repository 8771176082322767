import type { Metadata } from "next";
import { EmptyState } from "@/components/blocks/empty-state";
import { PageHead } from "@/components/blocks/page-head";
import { PageMain } from "@/components/blocks/page-main";
import { Panel } from "@/components/blocks/panel";
import { requireActor } from "@/lib/auth/actor";

export const metadata: Metadata = { title: "Submit" };

export default async function SubmitPage() {
  await requireActor();
  return (
    <PageMain>
      <PageHead title="Submit" />
      <Panel>
        <EmptyState title="By the publisher's tools">
          Submit a version with <code>npx bulkhead submit</code>; <code>npx bulkhead status</code> tells what became of
          it, <code>npx bulkhead withdraw</code> takes it back while nobody decided. The token comes from an operator.
        </EmptyState>
      </Panel>
    </PageMain>
  );
}
