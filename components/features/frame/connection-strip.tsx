"use client";

import { CloudOff, LogIn, RefreshCw } from "lucide-react";
import { usePathname, useSearchParams } from "next/navigation";
import { useState } from "react";
import { useNow } from "@/components/blocks/now";
import { Button } from "@/components/ui/button";
import { buttonLook } from "@/components/ui/button-look";
import { signInPath } from "@/lib/domain/return-path";
import { formatDuration } from "@/lib/format/duration";
import { formatTimeWithSeconds } from "@/lib/format/instant";
import { useHeldNavigation } from "./use-held-navigation";
import type { Stream } from "./use-stream";

/** A line that is opened again at once is no news. */
const PATIENCE_MS = 1500;

/** Says since when the page hears nothing from its server, and what can be done about it. Draws nothing while it is live. */
export function ConnectionStrip({ stream }: { stream: Stream }) {
  const nowMs = useNow();
  const path = usePathname();
  const search = useSearchParams().toString();
  const held = useHeldNavigation(stream);
  const [isAsking, setAsking] = useState(false);
  const { connection } = stream;
  const isShown = connection.is === "ended" || (connection.is === "away" && nowMs - connection.sinceMs >= PATIENCE_MS);
  const tryNow = async () => {
    setAsking(true);
    await stream.retry();
    setAsking(false);
  };
  return (
    <div role="status" aria-live="polite">
      {isShown && (
        <div className="flex flex-wrap items-center gap-x-3 gap-y-2 border-line border-b bg-tint-waiting px-6 py-2 max-phone:px-4">
          {connection.is === "ended" ? (
            <>
              <LogIn size={16} aria-hidden className="shrink-0 text-waiting" />
              <p className="min-w-0 flex-1 basis-60">
                <strong>Your session has ended.</strong> What you typed is kept. What you see is of{" "}
                {formatTimeWithSeconds(connection.sinceMs)}.
              </p>
              <a
                href={signInPath(search === "" ? path : `${path}?${search}`)}
                className={buttonLook({ size: "small" })}
              >
                Sign in again
              </a>
            </>
          ) : (
            <>
              <CloudOff size={16} aria-hidden className="shrink-0 text-waiting" />
              <p className="min-w-0 flex-1 basis-60">
                <strong>The server does not answer.</strong> What you see is of{" "}
                {formatTimeWithSeconds(connection.sinceMs)}, {formatDuration(nowMs - connection.sinceMs)} ago. Devices
                go on enforcing what they hold.
                {held !== null && (
                  <>
                    {" "}
                    <code>{held}</code> opens as soon as it answers.
                  </>
                )}
              </p>
              <Button size="small" busy={isAsking && "Asking…"} onClick={() => void tryNow()}>
                <RefreshCw size={14} aria-hidden />
                Try now
              </Button>
            </>
          )}
        </div>
      )}
    </div>
  );
}
