"use server";

import { CredentialsSignin } from "next-auth";
import { acceptLink } from "@/lib/auth/accept-link";
import { nextAuth } from "@/lib/auth/next-auth";
import { isAppError } from "@/lib/platform/errors";
import { services } from "@/lib/services/context";

export type AcceptState = {
  /** By field: `code`, `password`, `name`, `email`, or `form` for the whole. */
  problems: Record<string, string>;
  name: string;
  email: string;
};

/** Uses a set-up, invitation or reset link, and signs in. What was typed as code or password is never answered. */
export async function accept(_: AcceptState, form: FormData): Promise<AcceptState> {
  const token = String(form.get("token") ?? "");
  const name = String(form.get("name") ?? "");
  const email = String(form.get("email") ?? "");
  const password = String(form.get("password") ?? "");
  const code = String(form.get("code") ?? "");
  if (password !== String(form.get("again") ?? "")) {
    return { problems: { again: "The two passwords differ." }, name, email };
  }
  let signInEmail: string;
  try {
    signInEmail = (await acceptLink(services(), { token, password, code, name, email })).email;
  } catch (error) {
    if (!isAppError(error)) throw error;
    const details = error.details.map(({ path, message }) => [path.replace(/^\//, ""), message] as const);
    return { problems: Object.fromEntries(details.length === 0 ? [["form", error.message]] : details), name, email };
  }
  await nextAuth().signIn("password", { email: signInEmail, password, redirectTo: "/" });
  return { problems: {}, name, email };
}

/** Signs in with a link of the demo. */
export async function continueWithLink(token: string): Promise<{ isGone: boolean }> {
  try {
    await nextAuth().signIn("link", { token, redirectTo: "/" });
  } catch (error) {
    if (!(error instanceof CredentialsSignin)) throw error;
    return { isGone: true };
  }
  return { isGone: false };
}
