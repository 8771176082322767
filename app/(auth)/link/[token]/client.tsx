"use client";

import { useActionState } from "react";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { type AcceptState, accept, continueWithLink } from "./actions";

const START: AcceptState = { problems: {}, name: "", email: "" };

type AcceptFormProps = { token: string; isSetup: boolean; needsCode: boolean; passwordLengthMin: number };

export function AcceptForm({ token, isSetup, needsCode, passwordLengthMin }: AcceptFormProps) {
  // Nothing is bound to the action: a bound one that is posted before scripts have loaded is drawn without end.
  const [{ problems, name, email }, submit, isBusy] = useActionState(accept, START);
  return (
    <form action={submit} className="grid gap-4">
      <input type="hidden" name="token" value={token} />
      {isSetup && (
        <>
          <Field label="Name" htmlFor="name" problem={problems.name}>
            <Input id="name" name="name" required autoComplete="name" defaultValue={name} maxLength={100} />
          </Field>
          <Field label="E-mail" htmlFor="email" problem={problems.email}>
            <Input
              id="email"
              name="email"
              type="email"
              required
              autoComplete="username"
              defaultValue={email}
              maxLength={254}
            />
          </Field>
        </>
      )}
      {needsCode && (
        <Field
          label="Code"
          htmlFor="code"
          hint="Ten letters and digits, given to you apart from the link."
          problem={problems.code}
        >
          <Input
            id="code"
            name="code"
            required
            isMono
            autoComplete="off"
            autoCapitalize="characters"
            spellCheck={false}
            maxLength={40}
            aria-describedby="code-hint"
          />
        </Field>
      )}
      <Field
        label="Password"
        htmlFor="password"
        hint={`At least ${passwordLengthMin} characters; any will do.`}
        problem={problems.password}
      >
        <Input
          id="password"
          name="password"
          type="password"
          required
          minLength={passwordLengthMin}
          maxLength={256}
          autoComplete="new-password"
          aria-describedby="password-hint"
        />
      </Field>
      <Field label="The same again" htmlFor="again" problem={problems.again}>
        <Input id="again" name="again" type="password" required maxLength={256} autoComplete="new-password" />
      </Field>
      {problems.form && <p role="alert">{problems.form}</p>}
      <Button type="submit" tone="primary" isWide disabled={isBusy}>
        {isSetup ? "Begin set-up" : "Set password and sign in"}
      </Button>
    </form>
  );
}

export function ContinueForm({ token }: { token: string }) {
  const [state, submit, isBusy] = useActionState(() => continueWithLink(token), { isGone: false });
  return (
    <form action={submit} className="grid gap-4">
      <Button type="submit" tone="primary" isWide disabled={isBusy}>
        Continue
      </Button>
      {state.isGone && <p role="alert">This link was used, or has expired.</p>}
    </form>
  );
}
