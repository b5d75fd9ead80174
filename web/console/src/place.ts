/** Where one is in the console, as the page's address says it, so that it can be sent to a colleague. */

import { filtersIn, queryOf, type Filters } from './filters.js';

export type View = 'desk' | 'figures';

export interface Place {
  readonly view: View;
  readonly filters: Filters;
  readonly conversationId: string | null;
}

export function placeIn(search: string): Place {
  const query = new URLSearchParams(search);
  return {
    view: query.get('view') === 'figures' ? 'figures' : 'desk',
    filters: filtersIn(query),
    conversationId: query.get('conversation') || null,
  };
}

export function addressOf({ view, filters, conversationId }: Place): string {
  const query = new URLSearchParams({
    ...(view === 'desk' ? {} : { view }),
    ...queryOf(filters),
    ...(conversationId ? { conversation: conversationId } : {}),
  }).toString();
  return query ? `?${query}` : location.pathname;
}
