"use client";

import { useState } from "react";
import type { DialogProps } from "./dialog-frame";
import { whenOpened } from "./when-opened";

const Frame = whenOpened(() => import("./dialog-frame").then((part) => part.DialogFrame));

/** A question that stands before everything else. On a phone it rises from the bottom. */
export function Dialog(props: DialogProps) {
  const [wasOpened, setWasOpened] = useState(props.isOpen);
  if (props.isOpen && !wasOpened) setWasOpened(true);
  // It stays once it was there: what closes it gives the focus back.
  return wasOpened ? <Frame {...props} /> : null;
}
