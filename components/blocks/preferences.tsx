"use client";

import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from "react";
import { PREFERENCES_COOKIE, type Preferences, writePreferences } from "@/lib/format/preferences";

type PreferencesValue = { preferences: Preferences; change(next: Partial<Preferences>): void };

const PreferencesContext = createContext<PreferencesValue | null>(null);

/** What the person chose about the console's looks, remembered in a cookie that the server reads before it draws. */
export function PreferencesProvider({ initial, children }: { initial: Preferences; children: ReactNode }) {
  const [preferences, setPreferences] = useState(initial);
  const change = useCallback(
    (next: Partial<Preferences>) => {
      const changed = { ...preferences, ...next };
      setPreferences(changed);
      const secure = window.location.protocol === "https:" ? "; secure" : "";
      // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every browser we support
      document.cookie = `${PREFERENCES_COOKIE}=${writePreferences(changed)}; path=/; max-age=31536000; samesite=lax${secure}`;
      if (changed.theme === "system") delete document.documentElement.dataset.theme;
      else document.documentElement.dataset.theme = changed.theme;
    },
    [preferences],
  );
  return (
    <PreferencesContext value={useMemo(() => ({ preferences, change }), [preferences, change])}>
      {children}
    </PreferencesContext>
  );
}

export function usePreferences(): PreferencesValue {
  const value = useContext(PreferencesContext);
  if (value === null) throw new Error("usePreferences outside PreferencesProvider");
  return value;
}
