import type { Metadata } from "next";
import { CommandLine } from "@/components/blocks/command-line";
import { PageHead } from "@/components/blocks/page-head";
import { PageMain } from "@/components/blocks/page-main";
import { Panel } from "@/components/blocks/panel";
import { requireActor } from "@/lib/auth/actor";
import { services } from "@/lib/services/context";

export const metadata: Metadata = { title: "Submit" };

export default async function SubmitPage() {
  await requireActor();
  const { baseUrl } = services().config;
  return (
    <PageMain>
      <PageHead title="Submit" sub="A version is handed in by your own tools, signed by a key that stays with you." />
      <div className="grid max-w-180 gap-3">
        <Panel title="Hand a version in" isPadded>
          <div className="grid gap-2">
            <CommandLine text="npx bulkhead pack my-program" />
            <CommandLine text="npx bulkhead sign APP_ID-1.ma --key publisher.pem" />
            <CommandLine text={`npx bulkhead submit APP_ID-1.ma --server ${baseUrl}`} />
            <p className="text-muted">Submitting takes a token of your publisher; the platform's people make it.</p>
          </div>
        </Panel>
        <Panel title="Follow it" isPadded>
          <div className="grid gap-2">
            <CommandLine text={`npx bulkhead status SUBMISSION --server ${baseUrl}`} />
            <p className="text-muted">What became of it; what waits stands on My programs too.</p>
            <CommandLine text={`npx bulkhead withdraw SUBMISSION --server ${baseUrl}`} />
            <p className="text-muted">Takes it back while nobody decided.</p>
          </div>
        </Panel>
      </div>
    </PageMain>
  );
}
