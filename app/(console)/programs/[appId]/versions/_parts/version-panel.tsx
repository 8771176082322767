"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId } from "react";
import { EmptyState } from "@/components/blocks/empty-state";
import { Identifier } from "@/components/blocks/identifier";
import { KeyValues } from "@/components/blocks/key-values";
import { Refusal } from "@/components/blocks/refusal";
import { RelativeTime } from "@/components/blocks/relative-time";
import { SidePanel, SideSection } from "@/components/blocks/side-panel";
import { useKept } from "@/components/blocks/use-kept";
import { formatLimit } from "@/components/features/programs/limit-words";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Textarea } from "@/components/ui/input";
import { SensitivityTag } from "@/components/ui/tag";
import { TextLink } from "@/components/ui/text-link";
import { useToast } from "@/components/ui/toast";
import type { VersionView } from "@/lib/contracts/programs";
import { isEstimate } from "@/lib/domain/measures/device-sketch";
import { formatBytes } from "@/lib/format/bytes";
import { about, formatCount, plural } from "@/lib/format/count";
import { decideSubmission } from "@/lib/queries/programs";
import { useMay } from "@/lib/queries/use-may";
import { LIMIT_NAMES } from "@/native/core/codes";
import { SignatureState, VersionState } from "./attestation";

/** One version: what attests it, what it declares and what it wishes for. */
export function VersionPanel({ version, onClose }: { version: VersionView; onClose(): void }) {
  const may = useMay();
  const isDecided = may.call("approveSubmission") || may.call("refuseSubmission");
  const { name, code, declares, wishes } = version;
  return (
    <SidePanel
      label={`Version ${name}`}
      title={`Version ${name}`}
      sub={`code ${code}`}
      actions={<VersionState state={version.state} />}
      onClose={onClose}
    >
      <SideSection title="Attestation">
        <KeyValues
          items={[
            ["Signature", <SignatureState key="signature" version={version} />],
            ["SHA-256", <Identifier key="digest" text={version.sha256} label="digest" head={16} tail={8} />],
            ["Key", <SigningKey key="key" version={version} />],
            [
              "Verified",
              version.verifiedAt === null ? (
                "nobody knows when"
              ) : (
                <RelativeTime key="verified" at={version.verifiedAt} />
              ),
            ],
            [
              "File read again",
              version.checkedAt === null ? "not yet" : <RelativeTime key="checked" at={version.checkedAt} />,
            ],
            ["Size", sizeOf(version)],
            ["Submitted", <RelativeTime key="submitted" at={version.submittedAt} />],
            ["Listed", version.listedAt === null ? "not listed" : <RelativeTime key="listed" at={version.listedAt} />],
            ["Devices, 24 h", about(formatCount(version.devices24h), isEstimate(version.devices24h))],
            ...(version.comment === null ? [] : [["Told the publisher", version.comment] as const]),
          ]}
        />
      </SideSection>
      {version.state === "submitted" && isDecided && <Decide version={version} />}
      <SideSection title="Declares" about={`${declares.length} capabilities`}>
        {declares.length === 0 ? (
          <EmptyState title="Nothing">This version asks for no capability.</EmptyState>
        ) : (
          <ul className="grid gap-2">
            {declares.map(({ capability, sensitivity, reason }) => (
              <li key={capability}>
                <span className="flex items-center gap-2">
                  <code>{capability}</code>
                  <SensitivityTag sensitivity={sensitivity} />
                </span>
                <span className="text-muted">“{reason}”</span>
              </li>
            ))}
          </ul>
        )}
      </SideSection>
      {wishes.hosts.length > 0 && (
        <SideSection title="Wishes for hosts" about={`${wishes.hosts.length}`}>
          <ul className="grid gap-2">
            {wishes.hosts.map(({ host, ports, purposes, reason }) => (
              <li key={`${host} ${ports.join()} ${purposes.join()}`}>
                <code>
                  {host}:{ports.join(",")}
                </code>{" "}
                {purposes.join(", ")}
                <span className="block text-muted">“{reason}”</span>
              </li>
            ))}
          </ul>
        </SideSection>
      )}
      {Object.keys(wishes.limits).length > 0 && (
        <SideSection title="Wishes for limits">
          <KeyValues
            items={Object.entries(wishes.limits).map(([limit, value]) => {
              const known = LIMIT_NAMES.find((name) => name === limit);
              return [limit, known === undefined ? String(value) : formatLimit(known, value)] as const;
            })}
          />
        </SideSection>
      )}
    </SidePanel>
  );
}

function sizeOf({ sizeBytes, engine, entries, unpackedBytes }: VersionView): string {
  const inside =
    entries === null || unpackedBytes === null
      ? ""
      : `; ${plural(entries, "file")}, ${formatBytes(unpackedBytes)} unpacked`;
  return `${formatBytes(sizeBytes)}, engine ${engine}${inside}`;
}

/** One approval lists the version and grants its public capabilities; every other wish is a proposal of its own. */
function Decide({ version }: { version: VersionView }) {
  const id = useId();
  const client = useQueryClient();
  const toast = useToast();
  const [reason, setReason, forgetReason] = useKept(`reason ${version.code}`);
  const decide = useMutation({
    mutationFn: (verb: "approve" | "refuse") =>
      decideSubmission(client, version.submissionId, verb, reason.trim()).then(() => verb),
    onSuccess: (verb) => {
      forgetReason();
      toast({ text: verb === "approve" ? `${version.name} is listed.` : `${version.name} refused.` });
    },
  });
  const may = useMay();
  const isAttested = version.signature === "valid" && version.keyStatus === "active";
  const whyNotListed = version.blockedBy ?? (isAttested ? null : "It waits for a signature that verifies.");
  const whyNotRefused = version.refusalBlockedBy ?? (reason.trim().length < 3 ? "A reason is needed to refuse." : null);
  const doing = (verb: "approve" | "refuse", words: string) => decide.isPending && decide.variables === verb && words;
  return (
    <SideSection title="Decide">
      <div className="grid gap-3">
        <p className="text-muted">
          One approval lists it and grants its public capabilities. Other wishes are granted on the Access tab.
        </p>
        {(version.blockedBy ?? version.refusalBlockedBy) !== null && (
          <p>{version.blockedBy ?? version.refusalBlockedBy}</p>
        )}
        <Field label="Reason, the publisher reads it" htmlFor={`${id}-reason`} hint="Needed to refuse.">
          <Textarea
            id={`${id}-reason`}
            value={reason}
            maxLength={1000}
            onChange={({ target }) => setReason(target.value)}
          />
        </Field>
        {decide.error && (
          <p role="alert">
            <Refusal error={decide.error} />
          </p>
        )}
        <div className="flex gap-2">
          {may.call("approveSubmission") && (
            <Button
              tone="primary"
              why={whyNotListed}
              busy={doing("approve", "Listing…")}
              onClick={() => decide.mutate("approve")}
            >
              Approve and list <bdi>{version.name}</bdi>
            </Button>
          )}
          {may.call("refuseSubmission") && (
            <Button why={whyNotRefused} busy={doing("refuse", "Refusing…")} onClick={() => decide.mutate("refuse")}>
              Refuse
            </Button>
          )}
        </div>
      </div>
    </SideSection>
  );
}

/** Whose key it is and since when, beside its id. */
function SigningKey({ version: { kid, keyOf } }: { version: VersionView }) {
  return (
    <span className="grid gap-0.5">
      <Identifier text={kid} label="key id" head={16} tail={8} />
      {keyOf === null ? (
        <span className="text-muted">of no publisher that is known</span>
      ) : (
        <span className="text-muted">
          of{" "}
          <TextLink href={`/publishers?panel=${keyOf.publisherId}`}>
            <bdi>{keyOf.publisherName}</bdi>
          </TextLink>
          , made <RelativeTime at={keyOf.madeAt} />
        </span>
      )}
    </span>
  );
}
