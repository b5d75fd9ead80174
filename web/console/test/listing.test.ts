import { describe, expect, it } from 'vitest';
import type { Api } from '../src/api.js';
import { ALL, type Filters } from '../src/filters.js';
import { EMPTY, type ConversationList } from '../src/list.js';
import { Listing } from '../src/listing.js';
import { Store } from '../src/store.js';
import type { Counts, Page } from '../src/types.js';
import { rows } from './rows.js';

const PAGE: Page = { conversations: rows(2), next: 'more' };

/** What is asked is answered by hand. */
class Questions {
  readonly asked: { path: string; query: Record<string, string>; answer: (page: Page) => void; refuse: () => void }[] = [];
  readonly store = new Store<{ filters: Filters; list: ConversationList; counts: Counts | null }>({
    filters: ALL,
    list: EMPTY,
    counts: null,
  });
  readonly listing = new Listing(this.store, {
    get: (path: string, query: Record<string, string>) =>
      new Promise((answer, refuse) => this.asked.push({ path, query, answer: answer as never, refuse: () => refuse(new Error('no')) })),
  } as unknown as Api);
}

describe('fetching the list', () => {
  it('forgets a late answer to what is not asked any more', async () => {
    const { asked, listing, store } = new Questions();
    const [first, second] = [listing.load(), listing.load()];
    asked[1]?.answer({ conversations: rows(1), next: null });
    asked[0]?.answer(PAGE);
    await Promise.all([first, second]);
    expect(store.state.list.rows).toHaveLength(1);
  });

  it('asks for a page once, and never again and again after a failure', async () => {
    const { asked, listing, store } = new Questions();
    const loading = listing.load();
    asked[0]?.answer(PAGE);
    await loading;
    const [one, other] = [listing.more(), listing.more()];
    expect(asked.map(({ query }) => query['cursor'])).toEqual([undefined, 'more']);
    asked[1]?.refuse();
    await Promise.all([one, other]);
    expect(store.state.list).toMatchObject({ status: 'failed', next: 'more' });
    await listing.more();
    expect(asked).toHaveLength(2);
  });
});
