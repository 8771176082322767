import { PageMain } from "@/components/blocks/page-main";
import { NothingHere } from "../_parts/nothing-here";

/** Inside the frame: whoever followed an old link is still at home. */
export default function NotFound() {
  return (
    <PageMain>
      <NothingHere home="the overview" to="/" />
    </PageMain>
  );
}
