import { NothingHere } from "./_parts/nothing-here";

export default function NotFound() {
  return (
    <main id="main" className="grid w-full flex-1 place-items-center p-6">
      <NothingHere home="the overview" to="/" />
    </main>
  );
}
