"use client";

import { X } from "lucide-react";
import type { ReactNode } from "react";
import { useEffect, useRef } from "react";
import { Button } from "@/components/ui/button";
import { classNames } from "@/components/ui/class-names";
import { PartBoundary } from "./part-boundary";

type SidePanelProps = {
  label: string;
  title: ReactNode;
  sub?: ReactNode;
  lead?: ReactNode;
  actions?: ReactNode;
  footer?: ReactNode;
  children: ReactNode;
  onClose(): void;
  /** An edit sheet: narrower, and the first field gets the focus. */
  isEdit?: boolean;
};

/** Beside the page where there is room, over it where there is not. It has its own address, which the page keeps. */
export function SidePanel(props: SidePanelProps) {
  const { label, title, sub, lead, actions, footer, children, onClose, isEdit } = props;
  const root = useRef<HTMLElement>(null);
  const close = useRef(onClose);
  useEffect(() => {
    close.current = onClose;
  });
  useEffect(() => {
    const before = document.activeElement;
    if (isEdit) root.current?.querySelector<HTMLElement>("[data-content] :is(input,select,textarea,button)")?.focus();
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || event.defaultPrevented) return;
      if (document.querySelector('[role="dialog"][data-state="open"]') !== null) return;
      close.current();
    };
    window.addEventListener("keydown", onKey);
    return () => {
      window.removeEventListener("keydown", onKey);
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, [isEdit]);
  return (
    <aside
      ref={root}
      aria-label={label}
      className={classNames(
        "flex min-w-0 flex-col border-line border-l bg-surface",
        "max-side:fixed max-side:top-bar max-side:right-0 max-side:bottom-0 max-side:z-20 max-side:max-w-full max-side:shadow-overlay max-phone:top-0 max-phone:z-30 max-phone:w-full",
        // As high as the page or the window, whichever is less; what it holds never makes the page longer.
        "side:sticky side:top-bar side:max-h-[calc(100dvh-var(--spacing-bar))] side:contain-size",
        isEdit ? "phone:w-edit" : "phone:w-side",
        "shrink-0",
      )}
    >
      <header className="flex items-center gap-2 border-line border-b px-4 py-3">
        {lead}
        <div className="min-w-0 flex-1">
          <h2 className="text-section wrap-anywhere">{title}</h2>
          {sub !== undefined && <div className="truncate text-muted">{sub}</div>}
        </div>
        {actions}
        <Button tone="quiet" size="icon-small" aria-label="Close" onClick={onClose}>
          <X size={16} aria-hidden />
        </Button>
      </header>
      <div data-content className="min-h-0 flex-1 overflow-y-auto">
        <PartBoundary>{children}</PartBoundary>
      </div>
      {footer !== undefined && (
        <footer className="flex flex-wrap items-center gap-2 border-line border-t px-4 py-3">{footer}</footer>
      )}
    </aside>
  );
}

export function SideSection({ title, about, children }: { title?: ReactNode; about?: ReactNode; children: ReactNode }) {
  return (
    <section className="border-line border-b p-4 last:border-b-0">
      {title !== undefined && (
        <h3 className="mb-2 flex items-baseline gap-2 font-semibold">
          {title}
          {about !== undefined && <span className="font-normal text-muted">{about}</span>}
        </h3>
      )}
      {children}
    </section>
  );
}
