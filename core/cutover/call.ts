/**
 * The platform's AbortSignal where there is one. This folder compiles with the language's own types alone, and the
 * ports' implementations, which know the platform, see the real thing.
 */
type Signal = typeof globalThis extends { AbortSignal: { prototype: infer S } }
  ? S
  : { readonly aborted: boolean };

/** What goes with every call: when to give up. An implementation aborts what it has in flight, and then rejects. */
export interface Call {
  readonly signal: Signal;
}
