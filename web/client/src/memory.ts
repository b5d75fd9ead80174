/** What a client remembers over a reload of its page. */

import type { Rating } from './entries.js';
import type { Waiting } from './outbox.js';

/** As `localStorage` is. */
export interface Storage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export interface Remembered {
  readonly sessionId: string | null;
  /** Whose conversation it is: what one user has not sent is never sent as another. */
  readonly userId: string | null;
  /** Whether the server knows of the session. */
  readonly begun: boolean;
  readonly waiting: readonly Waiting[];
  readonly ratings: Readonly<Record<string, Rating>>;
  /** Up to which `seq` it was read. */
  readonly read: number;
}

export const NOTHING: Remembered = { sessionId: null, userId: null, begun: false, waiting: [], ratings: {}, read: 0 };

export class Memory {
  #now: Remembered;

  constructor(
    private readonly storage: Storage | null,
    private readonly key: string,
  ) {
    this.#now = { ...NOTHING, ...this.#stored() };
  }

  get now(): Remembered {
    return this.#now;
  }

  keep(change: Partial<Remembered>): void {
    this.#now = { ...this.#now, ...change };
    try {
      this.storage?.setItem(this.key, JSON.stringify(this.#now));
    } catch {
      // Full or forbidden: then it lasts as long as the page.
    }
  }

  #stored(): Partial<Remembered> {
    try {
      const found: unknown = JSON.parse(this.storage?.getItem(this.key) ?? 'null');
      return found !== null && typeof found === 'object' ? found : {};
    } catch {
      return {};
    }
  }
}
