"use client";

import { useState } from "react";
import { whenOpened } from "@/components/ui/when-opened";
import type { ConfirmProps } from "./confirm-frame";

const Frame = whenOpened(() => import("./confirm-frame").then((part) => part.ConfirmFrame));

/** The one question before what is destructive or widens. */
export function Confirm(props: ConfirmProps) {
  const [wasOpened, setWasOpened] = useState(props.isOpen);
  if (props.isOpen && !wasOpened) setWasOpened(true);
  // It stays once it was there: what closes it gives the focus back, and what was typed is kept.
  return wasOpened ? <Frame {...props} /> : null;
}
