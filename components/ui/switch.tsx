"use client";

import { Switch as Radix } from "radix-ui";
import type { ComponentProps } from "react";

export function Switch(props: Omit<ComponentProps<typeof Radix.Root>, "className">) {
  return (
    <Radix.Root
      {...props}
      className="relative h-5 w-9 shrink-0 rounded-full border border-control bg-sunken transition-colors data-[state=checked]:border-accent data-[state=checked]:bg-accent"
    >
      <Radix.Thumb className="block size-3.5 translate-x-0.5 rounded-full bg-control transition-transform data-[state=checked]:translate-x-[18px] data-[state=checked]:bg-accent-ink" />
    </Radix.Root>
  );
}
