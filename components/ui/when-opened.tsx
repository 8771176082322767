"use client";

import { type ComponentType, useEffect, useEffectEvent, useState } from "react";
import { useToast } from "./toast";

/**
 * A part that is loaded when it is first opened, and then kept. Nothing is shown until it is there. Where it cannot be loaded
 * that is said and it is closed: what opens it stands where it stood and asks for it again, and the page goes on.
 */
export function whenOpened<P extends { onClose(): void; isOpen?: boolean }>(
  load: () => Promise<ComponentType<P>>,
): ComponentType<P> {
  let kept: ComponentType<P> | null = null;
  // biome-ignore lint/correctness/noComponentHookFactories: it is called while a module loads, once for each part.
  return function WhenOpened(props: P) {
    const [part, setPart] = useState(() => ({ Part: kept }));
    const toast = useToast();
    const fail = useEffectEvent(() => {
      toast({ text: "This could not be loaded: the console's server did not answer.", mark: "differs" });
      props.onClose();
    });
    // One that was closed again stays in the page, and is asked for by opening it.
    const isMissing = part.Part === null && props.isOpen !== false;
    useEffect(() => {
      if (!isMissing) return undefined;
      let isGone = false;
      const show = (Part: ComponentType<P>) => {
        kept = Part;
        if (!isGone) setPart({ Part });
      };
      load().then(show, () => {
        if (!isGone) fail();
      });
      return () => {
        isGone = true;
      };
    }, [isMissing]);
    return part.Part === null ? null : <part.Part {...props} />;
  };
}
