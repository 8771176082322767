"use client";

import { KeyRound } from "lucide-react";
import { useActionState } from "react";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { State } from "@/components/ui/state";
import { type SignInState, signInWithPassword, signInWithProvider } from "./actions";

const PROBLEMS = {
  unauthenticated: "E-mail or password not accepted. After 5 tries there is a wait.",
  limit_exceeded: "Too many tries. Wait some minutes, then try again.",
  unavailable: "Signing in has to wait at this moment. Try again in some seconds.",
} as const;
const START: SignInState = { code: null, email: "" };

type SignInFormProps = { provider: string | null; notice: string | null; refusal: string | null; to: string };

export function SignInForm({ provider, notice, refusal, to }: SignInFormProps) {
  const [state, signIn, isBusy] = useActionState(signInWithPassword, START);
  return (
    <>
      {notice !== null && <State mark="yes">{notice}</State>}
      {refusal !== null && (
        <p role="alert">
          <State mark="differs">{refusal}</State>
        </p>
      )}
      {provider !== null && (
        <>
          <form action={signInWithProvider}>
            <input type="hidden" name="to" value={to} />
            <Button type="submit" tone="primary" isWide>
              <KeyRound size={14} aria-hidden />
              Sign in with {provider}
            </Button>
          </form>
          <div className="flex items-center gap-3 text-label text-muted before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">
            or
          </div>
        </>
      )}
      <form action={signIn} className="grid gap-4">
        <input type="hidden" name="to" value={to} />
        <Field label="E-mail" htmlFor="email">
          <Input
            id="email"
            name="email"
            type="email"
            required
            autoComplete="username"
            defaultValue={state.email}
            maxLength={254}
          />
        </Field>
        <Field label="Password" htmlFor="password" problem={state.code === null ? null : PROBLEMS[state.code]}>
          <Input
            id="password"
            name="password"
            type="password"
            required
            autoComplete="current-password"
            maxLength={256}
            aria-describedby="password-hint"
          />
        </Field>
        <Button type="submit" isWide tone={provider === null ? "primary" : "plain"} busy={isBusy && "Signing in…"}>
          Sign in
        </Button>
      </form>
    </>
  );
}
