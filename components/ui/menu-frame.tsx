"use client";

import { DropdownMenu as Radix } from "radix-ui";
import type { ComponentProps, ReactElement, ReactNode } from "react";
import { Mark } from "./mark";

export type MenuEntry =
  | { kind: "item"; id: string; label: ReactNode; aside?: ReactNode; onSelect(): void }
  | { kind: "check"; id: string; label: ReactNode; isChecked: boolean; onChange(isChecked: boolean): void }
  | {
      kind: "choice";
      id: string;
      label: string;
      value: string;
      options: readonly { value: string; label: ReactNode }[];
      onChange(value: string): void;
    }
  | { kind: "label"; id: string; label: ReactNode }
  | { kind: "separator" };

export type MenuProps = {
  trigger: ReactElement<ComponentProps<"button">>;
  entries: readonly MenuEntry[];
  side?: "top" | "bottom";
  align?: "start" | "end";
};

const ITEM =
  "flex min-h-8 cursor-pointer select-none items-center gap-2 rounded-control px-2 outline-none data-[disabled]:pointer-events-none data-[highlighted]:bg-pressed data-[disabled]:text-muted max-phone:min-h-11";

/** What a menu is drawn by. `Menu` loads it. */
export function MenuFrame({
  trigger,
  entries,
  side = "bottom",
  align = "start",
  isOpened,
}: MenuProps & { isOpened: boolean }) {
  return (
    // Not modal: what is behind it would be hidden from readers, and still be reached by them.
    <Radix.Root modal={false} defaultOpen={isOpened}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          side={side}
          align={align}
          sideOffset={4}
          collisionPadding={8}
          className="z-50 max-h-[70vh] min-w-48 overflow-y-auto rounded-panel border border-line bg-surface p-1 shadow-overlay"
        >
          {entries.map((entry, index) => (
            <Entry key={entry.kind === "separator" ? `separator-${index}` : entry.id} entry={entry} />
          ))}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

function Entry({ entry }: { entry: MenuEntry }): ReactNode {
  switch (entry.kind) {
    case "item":
      return (
        <Radix.Item onSelect={entry.onSelect} className={ITEM}>
          <span className="flex min-w-0 flex-1 items-center gap-2">{entry.label}</span>
          {entry.aside !== undefined && <span className="pl-4 text-hint text-muted">{entry.aside}</span>}
        </Radix.Item>
      );
    case "choice":
      return (
        <Radix.RadioGroup value={entry.value} onValueChange={entry.onChange}>
          <Radix.Label className="px-2 py-1.5 text-label text-muted">{entry.label}</Radix.Label>
          {entry.options.map(({ value, label }) => (
            <Radix.RadioItem key={value} value={value} className={ITEM}>
              <Chosen />
              {label}
            </Radix.RadioItem>
          ))}
        </Radix.RadioGroup>
      );
    case "check":
      return (
        <Radix.CheckboxItem
          checked={entry.isChecked}
          onCheckedChange={(checked) => entry.onChange(checked === true)}
          onSelect={(event) => event.preventDefault()}
          className={ITEM}
        >
          <Chosen />
          {entry.label}
        </Radix.CheckboxItem>
      );
    case "label":
      return <Radix.Label className="px-2 py-1.5 text-label text-muted">{entry.label}</Radix.Label>;
    case "separator":
      return <Radix.Separator className="my-1 h-px bg-line" />;
  }
}

function Chosen() {
  return (
    <span className="w-4">
      <Radix.ItemIndicator>
        <Mark name="yes" />
      </Radix.ItemIndicator>
    </span>
  );
}
