"use client";

import { useEffect, useRef } from "react";

type TypeAhead = { begin(): void; take(): string };

/**
 * Keeps what is typed into a field that is still loading: from `begin` on, until the field takes it. The keys do nothing
 * else meanwhile.
 */
export function useTypeAhead(): TypeAhead {
  const kept = useRef<(TypeAhead & { end(): void }) | null>(null);
  kept.current ??= createTypeAhead();
  const current = kept.current;
  useEffect(() => () => current.end(), [current]);
  return current;
}

function createTypeAhead(): TypeAhead & { end(): void } {
  let text = "";
  const onKey = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "Backspace") text = text.slice(0, -1);
    else if (event.key.length === 1) text += event.key;
    else if (event.key !== "Enter") return;
    event.preventDefault();
    event.stopPropagation();
  };
  const end = () => window.removeEventListener("keydown", onKey, true);
  return {
    begin() {
      text = "";
      window.addEventListener("keydown", onKey, true);
    },
    take() {
      end();
      return text;
    },
    end,
  };
}
