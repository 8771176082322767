/** The version of this runtime, compared with `minRuntime` of platform documents and reported in telemetry (spec §4, §7). */
export const RUNTIME_VERSION = "0.1.0";
