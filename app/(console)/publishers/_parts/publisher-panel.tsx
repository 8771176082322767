"use client";

import Link from "next/link";
import { RelativeTime } from "@/components/blocks/relative-time";
import { SidePanel, SideSection } from "@/components/blocks/side-panel";
import { TextLink } from "@/components/ui/text-link";
import { Tile } from "@/components/ui/tile";
import type { PublisherView } from "@/lib/contracts/publishers";
import { formatCount } from "@/lib/format/count";
import { useMay } from "@/lib/queries/use-may";
import { KeyList } from "./key-list";
import { ProposeKeyForm } from "./propose-key-form";
import { TokenList } from "./token-list";

/** One publisher: its programs, the keys that it signs with, the tokens of its tools. */
export function PublisherPanel({ publisher, onClose }: { publisher: PublisherView; onClose(): void }) {
  const mayPropose = useMay().call("proposePublisherKey");
  const { id, name, programs, programCount, createdAt } = publisher;
  return (
    <SidePanel
      label={name}
      title={name}
      sub={
        <>
          since <RelativeTime at={createdAt} />
        </>
      }
      lead={<Tile name={name} isLarge />}
      onClose={onClose}
    >
      <SideSection title="Programs" about={formatCount(programCount)}>
        {programs.length === 0 ? (
          <p className="text-muted">None. An operator registers an app id to it on the Programs page.</p>
        ) : (
          <ul className="grid gap-1">
            {programs.map(({ appId, name: programName }) => (
              <li key={appId}>
                <Link href={`/programs/${appId}`} className="hover:underline">
                  {programName} <code className="text-muted">{appId}</code>
                </Link>
              </li>
            ))}
            {programCount > programs.length && (
              <li>
                <TextLink href={`/programs?q=${encodeURIComponent(name)}&sort=name`}>
                  All {formatCount(programCount)}
                </TextLink>
              </li>
            )}
          </ul>
        )}
      </SideSection>
      <SideSection title="Keys" about={String(publisher.keys.length)}>
        <KeyList publisher={publisher} />
      </SideSection>
      {mayPropose && (
        <SideSection title="Propose a key" about="takes two people">
          <ProposeKeyForm publisherId={id} />
        </SideSection>
      )}
      <SideSection title="Tokens" about="for the publisher's tools">
        <TokenList publisher={publisher} />
      </SideSection>
    </SidePanel>
  );
}
