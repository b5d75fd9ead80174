/** The list of conversations as a value: pages come in behind, changes of single conversations anywhere. Pure. */

import { order, passes, type Filters } from './filters.js';
import type { Page, Row } from './types.js';

export interface ConversationList {
  readonly rows: readonly Row[];
  /** Leads to what follows; null where all are here. */
  readonly next: string | null;
  /** `stale`: other filters were set, or the connection was lost, since these were asked for. */
  readonly status: 'stale' | 'loading' | 'ready' | 'failed';
}

export const EMPTY: ConversationList = { rows: [], next: null, status: 'stale' };

/** The list with its first page. */
export function begun({ conversations, next }: Page): ConversationList {
  return { rows: conversations, next, status: 'ready' };
}

/** The list with one more page. Where a conversation moved in between, the later word counts. */
export function continued(list: ConversationList, { conversations, next }: Page): ConversationList {
  const fresh = new Set(conversations.map(({ conversation_id }) => conversation_id));
  const before = list.rows.filter(({ conversation_id }) => !fresh.has(conversation_id));
  return { rows: [...before, ...conversations], next, status: 'ready' };
}

/** The list after a conversation has changed. One that belongs behind the loaded ones comes with its page. */
export function changed(list: ConversationList, row: Row, filters: Filters, me: string): ConversationList {
  const at = list.rows.findIndex(({ conversation_id }) => conversation_id === row.conversation_id);
  const rows = at < 0 ? list.rows : list.rows.toSpliced(at, 1);
  const listed = passes(row, filters, me) ?? at >= 0;
  if (!listed) return at < 0 ? list : { ...list, rows };
  const place = placeOf(rows, row, filters);
  if (place === rows.length && list.next !== null) return at < 0 ? list : { ...list, rows };
  return { ...list, rows: rows.toSpliced(place, 0, row) };
}

export function without(list: ConversationList, conversationId: string): ConversationList {
  return { ...list, rows: list.rows.filter(({ conversation_id }) => conversation_id !== conversationId) };
}

/** Where the order wants a conversation: the first place whose row stands behind it. */
function placeOf(rows: readonly Row[], row: Row, { sort }: Filters): number {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const there = rows[middle];
    if (there && order(sort, there, row) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The rows that a window of the list shows, with some beyond both edges.
 * @param top,height of the window, in pixels, as `rowHeight` */
export function visible(count: number, rowHeight: number, top: number, height: number, beyond = 6): [number, number] {
  const first = Math.max(0, Math.floor(top / rowHeight) - beyond);
  const last = Math.min(count, Math.ceil((top + height) / rowHeight) + beyond);
  return [Math.min(first, last), last];
}
