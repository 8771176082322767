"use client";

import { DropdownMenu as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { Mark } from "./mark";

type MenuProps = { trigger: ReactNode; children: ReactNode; side?: "top" | "bottom"; align?: "start" | "end" };

export function Menu({ trigger, children, side = "bottom", align = "start" }: MenuProps) {
  return (
    // Not modal: what is behind it would be hidden from readers, and still be reached by them.
    <Radix.Root modal={false}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          side={side}
          align={align}
          sideOffset={4}
          collisionPadding={8}
          className="z-50 max-h-[70vh] min-w-48 overflow-y-auto rounded-panel border border-line bg-surface p-1 shadow-overlay"
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

const ITEM =
  "flex min-h-8 cursor-pointer select-none items-center gap-2 rounded-control px-2 outline-none data-[disabled]:pointer-events-none data-[highlighted]:bg-pressed data-[disabled]:text-muted max-phone:min-h-11";

type ItemProps = { children: ReactNode; onSelect(): void; aside?: ReactNode; isDanger?: boolean };

export function MenuItem({ children, onSelect, aside, isDanger }: ItemProps) {
  return (
    <Radix.Item onSelect={onSelect} className={`${ITEM} ${isDanger ? "text-danger" : ""}`}>
      <span className="flex min-w-0 flex-1 items-center gap-2">{children}</span>
      {aside !== undefined && <span className="pl-4 text-hint text-muted">{aside}</span>}
    </Radix.Item>
  );
}

type ChoiceProps<T extends string> = {
  label: string;
  value: T;
  options: readonly { value: T; label: ReactNode }[];
  onChange(value: T): void;
};

export function MenuChoice<T extends string>({ label, value, options, onChange }: ChoiceProps<T>) {
  return (
    <Radix.RadioGroup value={value} onValueChange={(next) => onChange(next as T)}>
      <Radix.Label className="px-2 py-1.5 text-label text-muted">{label}</Radix.Label>
      {options.map((option) => (
        <Radix.RadioItem key={option.value} value={option.value} className={ITEM}>
          <span className="w-4">
            <Radix.ItemIndicator>
              <Mark name="yes" />
            </Radix.ItemIndicator>
          </span>
          {option.label}
        </Radix.RadioItem>
      ))}
    </Radix.RadioGroup>
  );
}

export function MenuCheck(props: { children: ReactNode; isChecked: boolean; onChange(isChecked: boolean): void }) {
  return (
    <Radix.CheckboxItem
      checked={props.isChecked}
      onCheckedChange={(checked) => props.onChange(checked === true)}
      onSelect={(event) => event.preventDefault()}
      className={ITEM}
    >
      <span className="w-4">
        <Radix.ItemIndicator>
          <Mark name="yes" />
        </Radix.ItemIndicator>
      </span>
      {props.children}
    </Radix.CheckboxItem>
  );
}

export function MenuSeparator() {
  return <Radix.Separator className="my-1 h-px bg-line" />;
}

export function MenuLabel({ children }: { children: ReactNode }) {
  return <Radix.Label className="px-2 py-1.5 text-label text-muted">{children}</Radix.Label>;
}
