import type { Logger } from "@/lib/platform/logger";
import type { Announcement } from "./store";

/** Postgres takes notifications of less than 8,000 bytes; what is larger is told in several. */
export const ANNOUNCEMENT_BYTES_MAX = 7_000;

/** Said when announcements may have been missed: everything may have changed. */
export const LOOK_AGAIN: readonly Announcement[] = [
  { topic: "documents", documents: [] },
  { topic: "telemetry", appIds: [] },
  { topic: "denials", appIds: [] },
  { topic: "devices", deviceId: null, revoked: false },
  { topic: "change-sets" },
  { topic: "programs" },
  { topic: "publishers" },
  { topic: "people" },
  { topic: "audit" },
  { topic: "sessions" },
];

const fits = (announcement: Announcement) => Buffer.byteLength(JSON.stringify(announcement)) <= ANNOUNCEMENT_BYTES_MAX;

/** The same news in pieces of at most 7,000 bytes of JSON each. Only lists are split; an empty list stays one piece. */
export function splitAnnouncement(announcement: Announcement): Announcement[] {
  if (fits(announcement)) return [announcement];
  if (announcement.topic === "documents") {
    return halves(announcement.documents).flatMap((documents) => splitAnnouncement({ ...announcement, documents }));
  }
  if (announcement.topic === "telemetry" || announcement.topic === "denials") {
    const { topic } = announcement;
    return halves(announcement.appIds).flatMap((appIds) => splitAnnouncement({ topic, appIds }));
  }
  return [announcement];
}

function halves<T>(list: readonly T[]): T[][] {
  const middle = Math.ceil(list.length / 2);
  return [list.slice(0, middle), list.slice(middle)];
}

export type Announcer = {
  subscribe(listener: (announcement: Announcement) => void): () => void;
  /** Tells every listener in order; one that throws is logged and keeps nobody else from hearing. */
  tell(announcements: readonly Announcement[]): void;
};

export function createAnnouncer(logger: Logger): Announcer {
  const listeners = new Set<(announcement: Announcement) => void>();
  return {
    subscribe(listener) {
      // A wrapper, so that one function subscribed twice is two subscriptions.
      const own = (announcement: Announcement) => listener(announcement);
      listeners.add(own);
      return () => {
        listeners.delete(own);
      };
    },
    tell(announcements) {
      for (const announcement of announcements) {
        for (const listener of listeners) {
          try {
            listener(announcement);
          } catch (error) {
            logger("error", "announcement_listener_failed", { topic: announcement.topic, error });
          }
        }
      }
    },
  };
}
