"use server";

import { headers } from "next/headers";
import { redirect } from "next/navigation";
import { CredentialsSignin } from "next-auth";
import { acceptLink } from "@/lib/auth/accept-link";
import { authContext } from "@/lib/auth/context";
import { nextAuth, signOutEverywhere } from "@/lib/auth/next-auth";
import { isAppError } from "@/lib/platform/errors";

/** What a form shows after a refused post; the password is never returned. */
export type AuthFormState = {
  /** A code of the closed list, or null before the first post. */
  code: string | null;
  message: string | null;
  /** Field name → what is wrong with it. */
  fields: Record<string, string>;
};

const text = (form: FormData, name: string): string => {
  const value = form.get(name);
  return typeof value === "string" ? value : "";
};

function refusal(code: string): AuthFormState {
  const message =
    code === "limit_exceeded"
      ? "Too many failed sign-ins. Wait 15 minutes, then sign in again."
      : "This e-mail and password do not match an account.";
  return { code, message, fields: {} };
}

async function signInOr(provider: "password" | "link", input: Record<string, string>): Promise<AuthFormState> {
  try {
    await nextAuth().signIn(provider, { ...input, redirect: false });
  } catch (error) {
    if (error instanceof CredentialsSignin) return refusal(error.code);
    throw error;
  }
  redirect("/");
}

export async function signInAction(_state: AuthFormState, form: FormData): Promise<AuthFormState> {
  return signInOr("password", { email: text(form, "email"), password: text(form, "password") });
}

/** Signs in by one of the demo's links. */
export async function signInWithLinkAction(_state: AuthFormState, form: FormData): Promise<AuthFormState> {
  const state = await signInOr("link", { token: text(form, "token") });
  return { ...state, message: "This link was used, or has expired." };
}

/** Sets a password by a set-up, invitation or reset link, then signs in. */
export async function acceptLinkAction(_state: AuthFormState, form: FormData): Promise<AuthFormState> {
  const password = text(form, "password");
  let email: string;
  try {
    ({ email } = await acceptLink(authContext(), {
      token: text(form, "token"),
      password,
      name: text(form, "name"),
      email: text(form, "email"),
    }));
  } catch (error) {
    if (!isAppError(error) || error.code === "internal") throw error;
    const fields = Object.fromEntries(error.details.map((detail) => [detail.path.slice(1), detail.message]));
    return { code: error.code, message: error.message, fields };
  }
  return signInOr("password", { email, password });
}

/** Where the identity provider's sign-in begins; the page goes there itself (the CSP allows no form to leave). */
export async function providerSignInUrl(): Promise<string> {
  const url: unknown = await nextAuth().signIn("oidc", { redirect: false, redirectTo: "/" });
  return typeof url === "string" ? url : "/sign-in";
}

export async function signOutAction(): Promise<void> {
  await signOutEverywhere((await headers()).get("cookie"));
  await nextAuth().signOut({ redirect: false });
  redirect("/sign-in");
}
