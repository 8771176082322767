"use client";

import { type ComponentType, lazy, Suspense, useState } from "react";
import { PartBoundary, PartNotLoaded } from "./part-boundary";

/**
 * A part of a page that is loaded when it is shown, and then kept. Where it cannot be loaded its place says so and loads it anew
 * when it is asked to; the rest of the page goes on.
 */
export function loadedPart<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  // What failed once stays failed: another try is another part.
  const begin = () =>
    lazy(async () => {
      try {
        return { default: await load() };
      } catch (cause) {
        throw new PartNotLoaded(cause);
      }
    });
  let kept = begin();
  // biome-ignore lint/correctness/noComponentHookFactories: it is called while a module loads, once for each part.
  return function LoadedPart(props: P) {
    const [part, setPart] = useState(() => ({ Part: kept }));
    return (
      <PartBoundary
        onRetry={() => {
          kept = begin();
          setPart({ Part: kept });
        }}
      >
        <Suspense fallback={null}>
          <part.Part {...props} />
        </Suspense>
      </PartBoundary>
    );
  };
}
