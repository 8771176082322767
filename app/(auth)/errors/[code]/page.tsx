import type { Metadata } from "next";
import { notFound } from "next/navigation";
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
  return (
    <main className="grid w-full max-w-160 content-start gap-6 justify-self-center py-8">
      {senses.map(({ code, list, means, who, how }) => (
        <section key={`${list} ${code}`} className="grid gap-3">
          <div>
            <h1 className="text-page wrap-anywhere">{code}</h1>
            <p className="text-muted">Of {LIST_WORDS[list].name}</p>
          </div>
          <p>{means}</p>
          <dl className="grid gap-3">
            <div>
              <dt className="text-muted">Who mends it</dt>
              <dd>{MENDER_WORDS[who]}</dd>
            </div>
            <div>
              <dt className="text-muted">How</dt>
              <dd>{how}</dd>
            </div>
          </dl>
        </section>
      ))}
    </main>
  );
}
