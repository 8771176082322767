import type { ReactNode } from "react";
import { Logo } from "@/components/ui/logo";
import { authContext } from "@/lib/auth/context";

export default function AuthLayout({ children }: { children: ReactNode }) {
  const { environment } = authContext().config;
  return (
    <div className="relative grid min-h-dvh grid-rows-[auto_1fr_auto] px-6 max-phone:px-4">
      {environment !== "production" && <span aria-hidden className="absolute inset-x-0 top-0 h-[3px] striped" />}
      <div className="flex h-bar items-center gap-2 font-semibold">
        <Logo />
        Bulkhead
      </div>
      {children}
    </div>
  );
}
