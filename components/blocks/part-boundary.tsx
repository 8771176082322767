"use client";

import { Component, type ReactNode } from "react";
import { ErrorState } from "./error-state";

/** The script of a part did not come. */
export class PartNotLoaded extends Error {
  constructor(cause: unknown) {
    super("The console's server did not answer.", { cause });
  }
}

type PartBoundaryProps = {
  children: ReactNode;
  /** What another try needs beside drawing it again. */
  onRetry?(): void;
};
type PartBoundaryState = { failed: { error: unknown } | null };

/**
 * A part of a page that cannot be drawn says so in its own place, and the rest of the page goes on. What an unknown error says
 * is not for whoever looks.
 */
export class PartBoundary extends Component<PartBoundaryProps, PartBoundaryState> {
  override state: PartBoundaryState = { failed: null };

  static getDerivedStateFromError(error: unknown): PartBoundaryState {
    return { failed: { error } };
  }

  override render(): ReactNode {
    const { failed } = this.state;
    if (failed === null) return this.props.children;
    const notLoaded = failed.error instanceof PartNotLoaded ? failed.error : null;
    return (
      <ErrorState
        what={notLoaded === null ? "This part could not be drawn." : "This part could not be loaded."}
        unaffected="The rest of the page goes on."
        error={notLoaded}
        onRetry={() => {
          this.props.onRetry?.();
          this.setState({ failed: null });
        }}
      />
    );
  }
}
