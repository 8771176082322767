import type { Metadata } from "next";
import { notFound } from "next/navigation";
import type { ReactNode } from "react";
import { buttonLook } from "@/components/ui/button-look";
import { Sentence } from "@/components/ui/sentence";
import { errorPages, pagesOf } from "@/native/core/errors/error-pages";
import { LIST_WORDS, MENDER_WORDS } from "@/native/core/errors/error-words";

type ErrorPageProps = { params: Promise<{ code: string }> };

/** As it was answered, else without regard to letter case: two lists have codes that differ in that alone. */
function sensesOf(code: string) {
  const exact = pagesOf(code);
  return exact.length > 0 ? exact : errorPages().filter((page) => page.code.toLowerCase() === code.toLowerCase());
}

export async function generateMetadata({ params }: ErrorPageProps): Promise<Metadata> {
  return { title: sensesOf((await params).code)[0]?.code ?? "No such code" };
}

/** Where `help` of every refusal leads (spec 5.55). It knows nothing of anybody, so that anybody may read it. */
export default async function ErrorCodePage({ params }: ErrorPageProps) {
  const senses = sensesOf((await params).code);
  if (senses.length === 0) notFound();
  const codes = [...new Set(senses.map(({ code }) => code))];
  return (
    <main className="grid w-full max-w-160 content-start gap-8 justify-self-center py-8">
      <h1 className="text-page wrap-anywhere">{codes.join(", ")}</h1>
      {senses.map(({ code, list, means, who, how }) => (
        <section key={`${list} ${code}`} className="grid gap-3">
          <h2 className="text-section">
            {codes.length > 1 && <code>{code}: </code>}
            <span className="inline-block first-letter:uppercase">{LIST_WORDS[list].name}</span>
          </h2>
          <p>
            <Sentence text={means} />
          </p>
          <dl className="grid gap-3">
            <Told name="Who mends it">{MENDER_WORDS[who]}</Told>
            <Told name="How">
              <Sentence text={how} />
            </Told>
            <Told name="Met">
              <Sentence text={LIST_WORDS[list].met} />
            </Told>
          </dl>
        </section>
      ))}
      <p>
        <a href="/" className={buttonLook()}>
          Go to the console
        </a>
      </p>
    </main>
  );
}

function Told({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt className="text-muted">{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
