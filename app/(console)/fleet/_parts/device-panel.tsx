"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Confirm } from "@/components/blocks/confirm";
import { Identifier } from "@/components/blocks/identifier";
import { KeyValues } from "@/components/blocks/key-values";
import { QueryView } from "@/components/blocks/query-view";
import { Refusal } from "@/components/blocks/refusal";
import { RelativeTime } from "@/components/blocks/relative-time";
import { SidePanel, SideSection } from "@/components/blocks/side-panel";
import { ReportingLine } from "@/components/features/reporting/reporting-line";
import { Button } from "@/components/ui/button";
import { State } from "@/components/ui/state";
import { TextLink } from "@/components/ui/text-link";
import { useToast } from "@/components/ui/toast";
import type { DeviceView } from "@/lib/contracts/devices";
import { formatCount, plural } from "@/lib/format/count";
import { formatRevision } from "@/lib/format/revision";
import { deviceQuery, revokeDevice } from "@/lib/queries/devices";
import { useMay } from "@/lib/queries/use-may";
import { sayLayer } from "@/native/core/confinement/layers";
import { sayDiscard } from "@/native/core/telemetry/discard-reasons";
import { DeviceState, describeLabels, lostOf, nameLayers } from "./columns";

/** One device, wherever in the list it stands. */
export function DevicePanel({ id, onClose }: { id: string; onClose(): void }) {
  const query = useQuery(deviceQuery(id));
  if (query.data !== undefined) return <DeviceFacts device={query.data} onClose={onClose} />;
  return (
    <SidePanel label={id} title="Device" sub={<Identifier text={id} label="device id" head={16} />} onClose={onClose}>
      <SideSection>
        <QueryView query={query} name="The device" unaffected="It goes on enforcing what it holds.">
          {() => null}
        </QueryView>
      </SideSection>
    </SidePanel>
  );
}

/** What a device says that it enforces, and what of the confinement it lacks. */
function DeviceFacts({ device, onClose }: { device: DeviceView; onClose(): void }) {
  const mayRevoke = useMay().call("revokeDevice");
  const [isRevoking, setRevoking] = useState(false);
  const programs = Object.entries(device.appliedPrograms);
  const labels = describeLabels(device.labels);
  const { runtime } = device;
  return (
    <>
      <SidePanel
        label={device.name}
        title={device.name}
        sub={<Identifier text={device.id} label="device id" head={16} />}
        actions={<DeviceState state={device.state} />}
        footer={
          mayRevoke &&
          device.state !== "revoked" && (
            <Button tone="danger" onClick={() => setRevoking(true)}>
              Revoke device…
            </Button>
          )
        }
        onClose={onClose}
      >
        <SideSection>
          <KeyValues
            items={[
              ["Labels", labels === "" ? "none" : <code key="labels">{labels}</code>],
              ["Runtime", `${runtime.kind} ${runtime.version}`],
              [
                "Confinement",
                runtime.missingLayers.length === 0 ? (
                  <State key="layers" mark="yes">
                    Whole
                  </State>
                ) : (
                  <div key="layers">
                    <State mark="differs">Without {nameLayers(runtime)}</State>
                    <ul className="text-muted">
                      {runtime.missingLayers.map(({ name, reason }) => (
                        <li key={name}>
                          <code>{name}</code>: {sayLayer(name)?.without ?? "a layer of this runtime's own"}
                          {reason !== null && (
                            <>
                              {" "}
                              The machine says: <bdi>{reason}</bdi>
                            </>
                          )}
                        </li>
                      ))}
                    </ul>
                  </div>
                ),
              ],
              ["Enrolled", <RelativeTime key="enrolled" at={device.enrolledAt} />],
              ["Last seen", device.lastSeenAt === null ? "never" : <RelativeTime key="seen" at={device.lastSeenAt} />],
              [
                "Telemetry",
                <ReportingLine key="reports" watched={{ deviceId: device.id }} newestAt={device.lastSeenAt} />,
              ],
              [
                "Platform",
                `revision ${formatRevision(device.appliedPlatform)}, newest ${formatRevision(device.newestPlatform)}`,
              ],
              ["Applied", device.appliedAt === null ? "nothing" : <RelativeTime key="applied" at={device.appliedAt} />],
            ]}
          />
        </SideSection>
        <NumbersSection device={device} />
        <LeftOutSection device={device} />
        <SideSection title="Programs" about={String(programs.length)}>
          {programs.length === 0 ? (
            <p className="text-muted">It runs none.</p>
          ) : (
            <KeyValues
              items={programs.map(
                ([appId, revision]) =>
                  [
                    `revision ${formatRevision({ epoch: device.appliedPlatform?.epoch ?? 1, revision })}`,
                    <TextLink key={appId} href={`/programs/${appId}`}>
                      <code>{appId}</code>
                    </TextLink>,
                  ] as const,
              )}
            />
          )}
        </SideSection>
      </SidePanel>
      {isRevoking && <RevokeDialog device={device} onClose={() => setRevoking(false)} />}
    </>
  );
}

/** What of its numbers was not taken as it was told; nothing where all of it was. */
function NumbersSection({ device: { clamped, rejected } }: { device: DeviceView }) {
  if (clamped === 0 && rejected === 0) return null;
  return (
    <SideSection title="Numbers">
      <div className="grid gap-2">
        {clamped > 0 && (
          <p>
            {plural(clamped, "counter")} told beyond what a device can count in a minute, held at the bound. Its charts
            show the bound, not what it told.
          </p>
        )}
        {rejected > 0 && (
          <p>
            {plural(rejected, "entry or part", "entries or parts")} malformed, too old, ahead of the clock, or of a
            program that is not registered: not taken in.
          </p>
        )}
        <p className="text-muted">
          Since enrolment. Revoking the device sets aside its events and its newest minutes; older figures keep what it
          told.
        </p>
      </div>
    </SideSection>
  );
}

/** What never came, by the device's own word; nothing where it told all. */
function LeftOutSection({ device }: { device: DeviceView }) {
  const { leftOut } = device;
  if (leftOut.length === 0) return null;
  const lost = lostOf(device);
  return (
    <SideSection title="Left out" about={lost === 0 ? "nothing lost" : `${formatCount(lost)} lost`}>
      <ul className="grid gap-1">
        {leftOut.map(({ reason, count }) => (
          <li key={reason} className="wrap-anywhere">
            {formatCount(count)} <code>{reason}</code>: {sayDiscard(reason) ?? "a reason of this runtime's own"}
          </li>
        ))}
      </ul>
      <p className="text-muted">Of the events and minutes that it was to tell, since enrolment.</p>
    </SideSection>
  );
}

function RevokeDialog({ device, onClose }: { device: DeviceView; onClose(): void }) {
  const client = useQueryClient();
  const toast = useToast();
  const revoke = useMutation({
    mutationFn: (reason: string) => revokeDevice(client, device.id, reason),
    onSuccess: () => {
      toast({ text: `${device.name} is revoked; its stream is closed.`, mark: "suspended" });
      onClose();
    },
  });
  return (
    <Confirm
      isOpen
      isDanger
      needsReason
      title={`Revoke ${device.name}?`}
      verb="Revoke device"
      doing="Revoking…"
      typedName={device.name}
      isBusy={revoke.isPending}
      problem={revoke.error && <Refusal error={revoke.error} />}
      onConfirm={(reason) => revoke.mutate(reason)}
      onClose={onClose}
    >
      Its stream closes, it gets no document any more and runs nothing after its grace. Takes one person and cannot be
      undone; the device would have to enrol anew.
    </Confirm>
  );
}
