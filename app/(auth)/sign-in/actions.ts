"use server";

import { CredentialsSignin } from "next-auth";
import { nextAuth } from "@/lib/auth/next-auth";
import { readReturnPath } from "@/lib/domain/return-path";

const REFUSALS = ["unauthenticated", "limit_exceeded", "unavailable"] as const;
export type SignInState = { code: (typeof REFUSALS)[number] | null; email: string };

/** Works before the page's script has loaded. What was typed as a password is never answered. */
export async function signInWithPassword(_: SignInState, form: FormData): Promise<SignInState> {
  const email = String(form.get("email") ?? "");
  const to = readReturnPath(String(form.get("to") ?? ""));
  try {
    await nextAuth().signIn("password", { email, password: String(form.get("password") ?? ""), redirectTo: to });
  } catch (error) {
    if (!(error instanceof CredentialsSignin)) throw error;
    return { code: REFUSALS.find((code) => code === error.code) ?? "unauthenticated", email };
  }
  return { code: null, email };
}

/** Sends the browser to the identity provider. */
export async function signInWithProvider(form: FormData): Promise<void> {
  await nextAuth().signIn("oidc", { redirectTo: readReturnPath(String(form.get("to") ?? "")) });
}
