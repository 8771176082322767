import type { Metadata, Viewport } from "next";
import localFont from "next/font/local";
import { cookies, headers } from "next/headers";
import type { ReactNode } from "react";
import { StyleNonce } from "@/components/ui/style-nonce";
import { readPreferences } from "@/lib/format/preferences";
import "./globals.css";

// What the console's own words are of is fetched with the page; what else a name may be of, when one is.
const sans = localFont({
  src: "../node_modules/@fontsource-variable/geist/files/geist-latin-wght-normal.woff2",
  weight: "100 900",
  variable: "--font-geist-sans",
});
const mono = localFont({
  src: "../node_modules/@fontsource-variable/geist-mono/files/geist-mono-latin-wght-normal.woff2",
  weight: "100 900",
  variable: "--font-geist-mono",
});
const sansOfNames = localFont({
  src: "../node_modules/@fontsource-variable/geist/files/geist-latin-ext-wght-normal.woff2",
  weight: "100 900",
  variable: "--font-geist-sans-names",
  preload: false,
  adjustFontFallback: false,
  declarations: [{ prop: "unicode-range", value: "U+0100-02AF,U+1E00-1EFF" }],
});
const monoOfNames = localFont({
  src: "../node_modules/@fontsource-variable/geist-mono/files/geist-mono-latin-ext-wght-normal.woff2",
  weight: "100 900",
  variable: "--font-geist-mono-names",
  preload: false,
  adjustFontFallback: false,
  declarations: [{ prop: "unicode-range", value: "U+0100-02AF,U+1E00-1EFF" }],
});
const FONTS = [sans, mono, sansOfNames, monoOfNames].map(({ variable }) => variable).join(" ");

export const metadata: Metadata = {
  title: { default: "Bulkhead", template: "%s · Bulkhead" },
  description: "Decide, watch and act on what mini-programs may do.",
  manifest: "/manifest.webmanifest",
};

export const viewport: Viewport = { width: "device-width", initialScale: 1, colorScheme: "light dark" };

export default async function RootLayout({ children }: { children: ReactNode }) {
  const { theme } = readPreferences((await cookies()).get("bulkhead.preferences")?.value);
  const nonce = (await headers()).get("x-nonce") ?? "";
  return (
    <html lang="en" className={FONTS} data-theme={theme === "system" ? undefined : theme} suppressHydrationWarning>
      <body>
        <StyleNonce nonce={nonce} />
        {children}
      </body>
    </html>
  );
}
