"use client";

import { Dialog as Radix } from "radix-ui";
import { type ReactNode, useRef } from "react";
import { classNames } from "./class-names";

export type DialogProps = {
  isOpen: boolean;
  onClose(): void;
  title: ReactNode;
  description?: ReactNode;
  children: ReactNode;
  /** Hides the title's line from view where the content shows it itself. */
  isBare?: boolean;
  isWide?: boolean;
  /** It is gone, and the focus is back where it was. */
  onClosed?(): void;
};

/** What a dialog is drawn by. `Dialog` loads it. */
export function DialogFrame({ isOpen, onClose, title, description, children, isBare, isWide, onClosed }: DialogProps) {
  const opener = useRef<Element | null>(null);
  return (
    <Radix.Root open={isOpen} onOpenChange={(open) => !open && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-scrim" />
        <Radix.Content
          {...(description === undefined ? { "aria-describedby": undefined } : {})}
          onOpenAutoFocus={() => {
            opener.current = document.activeElement;
          }}
          onCloseAutoFocus={(event) => {
            // Most dialogs are opened by state and have no trigger that Radix would know.
            event.preventDefault();
            if (opener.current instanceof HTMLElement) opener.current.focus();
            onClosed?.();
          }}
          className={classNames(
            "fixed z-50 flex max-h-[calc(100dvh-48px)] flex-col overflow-y-auto border border-line bg-surface shadow-overlay focus:outline-none",
            "max-phone:inset-x-0 max-phone:bottom-0 max-phone:rounded-t-panel max-phone:border-x-0 max-phone:border-b-0",
            "phone:top-[15vh] phone:left-1/2 phone:max-h-[75vh] phone:-translate-x-1/2 phone:rounded-panel",
            isWide ? "phone:w-[620px]" : "phone:w-[480px]",
            isBare ? "" : "gap-4 p-4 max-phone:pb-6",
          )}
        >
          <div className={isBare ? "sr-only" : "grid gap-2"}>
            {!isBare && <span aria-hidden className="mx-auto h-1 w-9 rounded-full bg-control phone:hidden" />}
            <Radix.Title className="text-section max-phone:text-page">{title}</Radix.Title>
            {description !== undefined && (
              <Radix.Description asChild>
                <div className="text-muted">{description}</div>
              </Radix.Description>
            )}
          </div>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
