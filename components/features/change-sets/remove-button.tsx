"use client";

import { Button } from "@/components/ui/button";
import type { MemberForm } from "./use-member-form";

/** Takes the whole member away, and back again. */
export function RemoveButton({
  form,
  what,
  verb = `Remove the ${what}`,
}: {
  form: MemberForm;
  what: string;
  verb?: string;
}) {
  return (
    <Button
      tone={form.isRemoved ? "plain" : "danger"}
      size="small"
      onClick={() => form.remove(!form.isRemoved)}
      aria-pressed={form.isRemoved}
    >
      {form.isRemoved ? `Keep the ${what}` : verb}
    </Button>
  );
}
