"use client";

import { useEffect, useRef, useState } from "react";
import type { Stream } from "./use-stream";

/** What of the browser's navigation events is looked at; browsers that have none show their own page. */
type NavigateEvent = Event & {
  navigationType: "push" | "replace" | "reload" | "traverse";
  destination: { url: string; sameDocument: boolean };
  downloadRequest: string | null;
  formData: FormData | null;
};

/**
 * Keeps whoever goes to another page inside the console while its server is away: a page that could not be read is loaded
 * whole, which would end on the browser's own error page and lose what stands here. It is asked first whether anybody
 * answers; until then the way is held, and taken as soon as the server is back. Answers with the way that is held.
 */
export function useHeldNavigation({ connection, retry }: Stream): string | null {
  const [held, setHeld] = useState<string | null>(null);
  const isAllowed = useRef(false);
  const isAway = connection.is === "away";

  useEffect(() => {
    const leave = (url: string) => {
      isAllowed.current = true;
      window.location.assign(url);
    };
    const hold = async (url: string) => {
      if (await retry()) leave(url);
      else setHeld(url);
    };
    const onNavigate = (event: Event) => {
      const { navigationType, destination, downloadRequest, formData } = event as NavigateEvent;
      const isOther = navigationType === "reload" || navigationType === "traverse" || destination.sameDocument;
      if (isAllowed.current || isOther || downloadRequest !== null || formData !== null || !event.cancelable) return;
      const { origin, pathname, search } = new URL(destination.url);
      if (origin !== window.location.origin) return;
      event.preventDefault();
      void hold(`${pathname}${search}`);
    };
    const navigation = "navigation" in window ? (window.navigation as EventTarget) : null;
    navigation?.addEventListener("navigate", onNavigate);
    return () => navigation?.removeEventListener("navigate", onNavigate);
  }, [retry]);

  // While it is known that nobody answers, a link is held before the page is read in vain.
  useEffect(() => {
    if (!isAway) return undefined;
    const onClick = (event: MouseEvent) => {
      const link = event.target instanceof Element ? event.target.closest("a[href^='/']") : null;
      const isPlain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
      if (!(link instanceof HTMLAnchorElement) || link.target !== "" || link.download !== "" || !isPlain) return;
      event.preventDefault();
      event.stopPropagation();
      setHeld(`${link.pathname}${link.search}`);
      void retry();
    };
    document.addEventListener("click", onClick, { capture: true });
    return () => document.removeEventListener("click", onClick, { capture: true });
  }, [isAway, retry]);

  useEffect(() => {
    if (held === null || connection.is !== "live") return;
    isAllowed.current = true;
    window.location.assign(held);
  }, [held, connection.is]);
  return isAway ? held : null;
}
