import type { Reporting } from "@/lib/contracts/reporting";

/** Devices that are asked answer within seconds; one that took longer than this is not there. */
const ANSWERS_MS = 15_000;

type Words = { mark: "live" | "waiting" | "none"; text: string; title: string | null };

const LIVE_TITLE = "Up to 20 devices report every few seconds while this page is open.";

/**
 * How fresh a page's numbers are: "Reports live" while its devices answer, else how often they report, and whether load is the
 * reason. `newestAt` is when one reported last; without it whoever is asked counts as answering.
 */
export function describeReporting(
  { documentSeconds, presentSeconds, isLive }: Reporting,
  newestAt: string | null | undefined,
  nowMs: number,
): Words {
  if (presentSeconds > documentSeconds) {
    return {
      mark: "waiting",
      text: `Devices report every ${presentSeconds} s at present (load)`,
      title: `By the platform's document every ${documentSeconds} s. The policy service has more to take in than it can at once, and asks for less; nothing is lost.`,
    };
  }
  const isAnswered = newestAt === undefined || (newestAt !== null && nowMs - Date.parse(newestAt) <= ANSWERS_MS);
  if (isLive && isAnswered) return { mark: "live", text: "Reports live", title: LIVE_TITLE };
  const text = `Devices report every ${documentSeconds} s`;
  return { mark: "none", text: isLive ? `${text}; asked to report now` : text, title: isLive ? LIVE_TITLE : null };
}
