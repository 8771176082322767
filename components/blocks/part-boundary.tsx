"use client";

import { Component, type ReactNode } from "react";
import { ErrorState } from "./error-state";

type PartBoundaryProps = {
  children: ReactNode;
  what?: string;
  /** What another try needs beside drawing it again. */
  onRetry?(): void;
};
type PartBoundaryState = { error: Error | null };

/** A part of a page that cannot be drawn says so in its own place, and the rest of the page goes on. */
export class PartBoundary extends Component<PartBoundaryProps, PartBoundaryState> {
  override state: PartBoundaryState = { error: null };

  static getDerivedStateFromError(error: unknown): PartBoundaryState {
    return { error: error instanceof Error ? error : new Error("It could not be drawn.") };
  }

  override render(): ReactNode {
    if (this.state.error === null) return this.props.children;
    return (
      <ErrorState
        what={this.props.what ?? "This part could not be drawn."}
        unaffected="The rest of the page goes on."
        error={this.props.what === undefined ? null : this.state.error}
        onRetry={() => {
          this.props.onRetry?.();
          this.setState({ error: null });
        }}
      />
    );
  }
}
