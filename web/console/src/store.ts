/** A value that changes, and those who want to know. */

import { useEffect, useState } from 'preact/hooks';

export class Store<State extends object> {
  readonly #listeners = new Set<(state: State, before: State) => void>();

  constructor(public state: State) {}

  set(change: Partial<State>): void {
    const before = this.state;
    this.state = { ...before, ...change };
    for (const listener of [...this.#listeners]) listener(this.state, before);
  }

  /** Tells of every change; what it returns ends that. */
  subscribe(listener: (state: State, before: State) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** The state, rendered at most once a frame: an answer may come in many pieces. */
export function useStore<State extends object>(store: Store<State>): State {
  const [state, setState] = useState(store.state);
  useEffect(() => {
    let frame = 0;
    const stop = store.subscribe(() => {
      frame ||= requestAnimationFrame(() => {
        frame = 0;
        setState(store.state);
      });
    });
    setState(store.state);
    return () => {
      stop();
      cancelAnimationFrame(frame);
    };
  }, [store]);
  return state;
}
