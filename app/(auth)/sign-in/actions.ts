"use server";

import { CredentialsSignin } from "next-auth";
import { nextAuth } from "@/lib/auth/next-auth";

export type SignInState = { code: "unauthenticated" | "limit_exceeded" | null; email: string };

/** Works before the page's script has loaded. What was typed as a password is never answered. */
export async function signInWithPassword(_: SignInState, form: FormData): Promise<SignInState> {
  const email = String(form.get("email") ?? "");
  try {
    await nextAuth().signIn("password", { email, password: String(form.get("password") ?? ""), redirectTo: "/" });
  } catch (error) {
    if (!(error instanceof CredentialsSignin)) throw error;
    return { code: error.code === "limit_exceeded" ? "limit_exceeded" : "unauthenticated", email };
  }
  return { code: null, email };
}

/** Sends the browser to the identity provider. */
export async function signInWithProvider(): Promise<void> {
  await nextAuth().signIn("oidc", { redirectTo: "/" });
}
