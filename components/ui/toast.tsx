"use client";

import { X } from "lucide-react";
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from "react";
import { Button } from "./button";
import { Mark, type MarkName } from "./mark";

export type ToastInput = {
  text: ReactNode;
  mark?: MarkName;
  action?: { label: string; run(): void };
  lifeMs?: number;
};
type Toast = ToastInput & { id: number };

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
          <ToastLine key={toast.id} toast={toast} onClose={() => close(toast.id)} />
        ))}
      </div>
    </ToastContext>
  );
}

function ToastLine({ toast, onClose }: { toast: Toast; onClose(): void }) {
  const lifeMs = toast.lifeMs ?? 10_000;
  useEffect(() => {
    const timer = setTimeout(onClose, lifeMs);
    return () => clearTimeout(timer);
  }, [lifeMs, onClose]);
  return (
    <div className="pointer-events-auto flex min-h-11 items-center gap-3 rounded-panel border border-control bg-surface py-1 pr-2 pl-4 shadow-overlay">
      <Mark name={toast.mark ?? "yes"} />
      <span>{toast.text}</span>
      {toast.action && (
        <Button
          size="small"
          onClick={() => {
            toast.action?.run();
            onClose();
          }}
        >
          {toast.action.label}
        </Button>
      )}
      <Button tone="quiet" size="icon-tiny" aria-label="Close" onClick={onClose}>
        <X size={14} aria-hidden />
      </Button>
    </div>
  );
}
