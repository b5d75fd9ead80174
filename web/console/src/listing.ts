/** The list as it is fetched: its pages, and how many conversations there are of each kind. */

import type { Api } from './api.js';
import { queryOf, type Filters } from './filters.js';
import { begun, continued, type ConversationList } from './list.js';
import type { Store } from './store.js';
import type { Counts, Page } from './types.js';

const PAGE = 100;
const COUNT_MS = 1_000;

interface Listed {
  readonly filters: Filters;
  readonly list: ConversationList;
  readonly counts: Counts | null;
}

export class Listing {
  /** Grows with what is asked for, so that a late answer to an earlier question is known. */
  #asked = 0;
  #counting: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly store: Pick<Store<Listed>, 'state' | 'set'>,
    private readonly api: Api,
  ) {}

  /** Loads the first page, unless something else is asked for before so many milliseconds are over. */
  loadIn(ms: number): void {
    const asked = ++this.#asked;
    setTimeout(() => {
      if (asked === this.#asked) void this.load();
    }, ms);
  }

  async load(): Promise<void> {
    const asked = ++this.#asked;
    const { filters, list } = this.store.state;
    this.store.set({ list: { ...list, status: 'loading' } });
    try {
      const page = await this.api.get<Page>('/conversations', { ...queryOf(filters), limit: String(PAGE) });
      if (asked === this.#asked) this.store.set({ list: begun(page) });
    } catch {
      if (asked === this.#asked) this.store.set({ list: { ...this.store.state.list, status: 'failed' } });
    }
  }

  /** Loads what follows, unless that is under way. */
  async more(): Promise<void> {
    const { filters, list } = this.store.state;
    if (list.status !== 'ready' || list.next === null) return;
    const asked = this.#asked;
    this.store.set({ list: { ...list, status: 'loading' } });
    try {
      const query = { ...queryOf(filters), limit: String(PAGE), cursor: list.next };
      const page = await this.api.get<Page>('/conversations', query);
      if (asked === this.#asked) this.store.set({ list: continued(this.store.state.list, page) });
    } catch {
      if (asked === this.#asked) this.store.set({ list: { ...this.store.state.list, status: 'failed' } });
    }
  }

  countSoon(): void {
    this.#counting ??= setTimeout(
      async () => {
        const counts = await this.api.get<Counts>('/counts').catch(() => null);
        this.#counting = undefined;
        if (counts) this.store.set({ counts });
      },
      this.store.state.counts ? COUNT_MS : 0,
    );
  }
}
