"use client";

import { X } from "lucide-react";
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from "react";
import { Button } from "./button";
import { Mark, type MarkName } from "./mark";

export type ToastInput = {
  text: ReactNode;
  mark?: MarkName;
  /** One that can be acted on stays until it is, or is closed: whoever comes to it by the keyboard needs longer than to read it. */
  action?: { label: string; run(): void };
};
type Toast = ToastInput & { id: number };

/** How long one stays that nobody can act on, from when neither pointer nor focus is within. */
const LIFE_MS = 10_000;

const ToastContext = createContext<(toast: ToastInput) => void>(() => undefined);

/** Says what happened where it cannot be seen on the page itself. */
export function useToast(): (toast: ToastInput) => void {
  return useContext(ToastContext);
}

export function ToastProvider({ children }: { children: ReactNode }) {
  const [toasts, setToasts] = useState<Toast[]>([]);
  const show = useCallback((toast: ToastInput) => {
    setToasts((shown) => [...shown.slice(-2), { ...toast, id: (shown.at(-1)?.id ?? 0) + 1 }]);
  }, []);
  const close = useCallback((id: number) => setToasts((shown) => shown.filter((toast) => toast.id !== id)), []);
  return (
    <ToastContext value={useMemo(() => show, [show])}>
      {children}
      <div
        role="status"
        aria-live="polite"
        className="pointer-events-none fixed right-6 bottom-16 z-50 grid justify-items-end gap-2 max-phone:inset-x-4 max-phone:bottom-20"
      >
        {toasts.map((toast) => (
          <ToastLine key={toast.id} toast={toast} close={close} />
        ))}
      </div>
    </ToastContext>
  );
}

function ToastLine({ toast, close }: { toast: Toast; close(id: number): void }) {
  const { id, action } = toast;
  const [hasPointer, setPointer] = useState(false);
  const [hasFocus, setFocus] = useState(false);
  const isKept = action !== undefined || hasPointer || hasFocus;
  const onClose = () => close(id);
  useEffect(() => {
    if (isKept) return undefined;
    const timer = setTimeout(() => close(id), LIFE_MS);
    return () => clearTimeout(timer);
  }, [isKept, close, id]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: nothing is done here; it is only noticed that somebody is within
    <div
      className="pointer-events-auto flex min-h-11 items-center gap-3 rounded-panel border border-control bg-surface py-1 pr-2 pl-4 shadow-overlay"
      onPointerEnter={() => setPointer(true)}
      onPointerLeave={() => setPointer(false)}
      onFocus={() => setFocus(true)}
      onBlur={() => setFocus(false)}
    >
      <Mark name={toast.mark ?? "yes"} />
      <span>{toast.text}</span>
      {action && (
        <Button
          size="small"
          onClick={() => {
            action.run();
            onClose();
          }}
        >
          {action.label}
        </Button>
      )}
      <Button tone="quiet" size="icon-tiny" aria-label="Close" onClick={onClose}>
        <X size={14} aria-hidden />
      </Button>
    </div>
  );
}
