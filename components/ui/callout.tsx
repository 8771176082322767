import type { ReactNode } from "react";
import { classNames } from "./class-names";

const TONES = {
  plain: "border-line bg-surface",
  danger: "border-edge-danger bg-tint-danger [&>svg]:text-danger",
  waiting: "border-line bg-tint-waiting [&>svg]:text-waiting",
} as const;

type CalloutProps = { icon: ReactNode; tone?: keyof typeof TONES; children: ReactNode; action?: ReactNode };

export function Callout({ icon, tone = "plain", children, action }: CalloutProps) {
  return (
    <div
      className={classNames(
        "flex items-start gap-3 rounded-panel border px-4 py-3 [&>svg]:mt-0.5 [&>svg]:shrink-0",
        TONES[tone],
      )}
    >
      {icon}
      <div className="min-w-0 flex-1">{children}</div>
      {action}
    </div>
  );
}
