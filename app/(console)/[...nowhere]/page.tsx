import { notFound } from "next/navigation";
import { requireActor } from "@/lib/auth/actor";

/** An address that no page has, for people who are signed in: said inside the frame. */
export default async function NowherePage(): Promise<never> {
  await requireActor();
  notFound();
}
