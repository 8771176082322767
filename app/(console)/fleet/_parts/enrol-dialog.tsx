"use client";

import { useMutation } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useState } from "react";
import { RelativeTime } from "@/components/blocks/relative-time";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field, FieldGroup } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { LABEL_NAMES, LABEL_VALUE, type LabelName } from "@/lib/domain/labels";
import { formProblems } from "@/lib/http/console-client";
import { createEnrolment } from "@/lib/queries/devices";

/** The file pins the platform's root keys and holds a one-time token; it is handed over out of band. */
export function EnrolDialog({ onClose }: { onClose(): void }) {
  const [name, setName] = useState("");
  const [labels, setLabels] = useState<Record<LabelName, string>>({ app: "", region: "", channel: "" });
  const set = LABEL_NAMES.filter((label) => labels[label] !== "");
  const misspelt = set.filter((label) => !LABEL_VALUE.test(labels[label]));
  const whyNot =
    name.trim() === "" ? "The device needs a name." : misspelt.length > 0 ? `Mend ${misspelt.join(", ")} first.` : null;
  const create = useMutation({
    mutationFn: () =>
      createEnrolment({
        deviceName: name.trim(),
        labels: Object.fromEntries(set.map((label) => [label, labels[label]])),
      }),
  });
  const problems = formProblems(create.error, ["deviceName", ...LABEL_NAMES]);
  const save = () => {
    if (create.data === undefined) return;
    const url = URL.createObjectURL(
      new Blob([`${JSON.stringify(create.data.file, null, 2)}\n`], { type: "application/json" }),
    );
    const anchor = document.createElement("a");
    anchor.href = url;
    anchor.download = "enrolment.json";
    anchor.click();
    URL.revokeObjectURL(url);
  };
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title="Make enrolment file"
      description="It pins the root keys and holds a one-time token. Hand it over by a way that you trust."
    >
      {create.data === undefined ? (
        <form
          className="grid gap-4"
          onSubmit={(event) => {
            event.preventDefault();
            if (whyNot === null && !create.isPending) create.mutate();
          }}
        >
          <Field label="Device name" htmlFor="device-name" problem={problems.at.deviceName}>
            <Input
              id="device-name"
              maxLength={100}
              autoComplete="off"
              value={name}
              onChange={({ target }) => setName(target.value)}
            />
          </Field>
          <FieldGroup label="Labels" hint="Optional, and fixed for good: figures can be told apart by them.">
            <div className="grid grid-cols-3 gap-2 max-phone:grid-cols-1">
              {LABEL_NAMES.map((label) => (
                <Field
                  key={label}
                  label={label}
                  htmlFor={`device-label-${label}`}
                  problem={misspelt.includes(label) ? "Small letters, digits, . _ -" : problems.at[label]}
                >
                  <Input
                    isMono
                    id={`device-label-${label}`}
                    aria-describedby={`device-label-${label}-hint`}
                    aria-invalid={misspelt.includes(label)}
                    autoComplete="off"
                    autoCapitalize="none"
                    maxLength={32}
                    value={labels[label]}
                    onChange={({ target }) => setLabels({ ...labels, [label]: target.value })}
                  />
                </Field>
              ))}
            </div>
          </FieldGroup>
          {problems.rest !== null && <p role="alert">{problems.rest}</p>}
          <div className="flex justify-end gap-2">
            <Button onClick={onClose}>Cancel</Button>
            <Button type="submit" tone="primary" why={whyNot} busy={create.isPending && "Making…"}>
              Make file
            </Button>
          </div>
        </form>
      ) : (
        <div className="grid gap-3">
          <p>
            The file is shown this one time; its token ends <RelativeTime at={create.data.expiresAt} />, or when it is
            used.
          </p>
          <p className="text-muted">
            On the device: <code>npx bulkhead enroll enrolment.json</code>
          </p>
          <div className="flex justify-end gap-2">
            <Button onClick={onClose}>Close</Button>
            <Button tone="primary" onClick={save}>
              <Download size={14} aria-hidden />
              Save enrolment.json
            </Button>
          </div>
        </div>
      )}
    </Dialog>
  );
}
