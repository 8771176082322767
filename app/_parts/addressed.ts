import { notFound } from "next/navigation";
import type { z } from "zod";
import { isStorable } from "@/lib/http/storable-text";

/** What an address names, read as the route under that name reads it; what no route takes names nothing. */
export async function addressed<Named>(
  shape: z.ZodType<Named>,
  params: Promise<Record<string, string>>,
): Promise<Named> {
  const given = Object.entries(await params).map(([name, text]) => [name, decodeURIComponent(text)]);
  const { data } = shape.safeParse(Object.fromEntries(given));
  if (data === undefined || !isStorable(data)) notFound();
  return data;
}
