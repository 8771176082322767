"use client";

import { type ComponentType, cloneElement, type KeyboardEvent, useState } from "react";
import type { MenuProps } from "./menu-frame";
import { useToast } from "./toast";

type Frame = ComponentType<MenuProps & { isOpened: boolean }>;
let kept: Frame | null = null;

/** A button and its menu, which is loaded when it is first asked for. */
export function Menu(props: MenuProps) {
  const [{ Frame, isOpened }, setFrame] = useState(() => ({ Frame: kept, isOpened: false }));
  const toast = useToast();
  if (Frame !== null) return <Frame {...props} isOpened={isOpened} />;
  async function open(): Promise<void> {
    try {
      const { MenuFrame } = await import("./menu-frame");
      kept = MenuFrame;
      setFrame({ Frame: MenuFrame, isOpened: true });
    } catch {
      toast({ text: "This could not be loaded: the console's server did not answer.", mark: "differs" });
    }
  }
  return cloneElement(props.trigger, {
    "aria-haspopup": "menu",
    "aria-expanded": false,
    onClick: open,
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key === "ArrowDown") void open();
    },
  });
}
