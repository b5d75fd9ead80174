/** Which conversations are listed, in which order; as a value, as a part of the page's address, and as what the server is
 * asked. */

import type { Priority, Row, State } from './types.js';

export const STATES: readonly State[] = ['bot', 'waiting', 'staff', 'closed'];
export const PRIORITIES: readonly Priority[] = ['low', 'normal', 'high', 'urgent'];
export const SORTS = ['recent', 'oldest', 'waiting', 'priority'] as const;
export type Sort = (typeof SORTS)[number];

export interface Filters {
  readonly states: readonly State[];
  /** A staff id, `me`, `none`, or '' for all. */
  readonly assignee: string;
  readonly tags: readonly string[];
  readonly priorities: readonly Priority[];
  readonly unread: boolean;
  readonly text: string;
  readonly sort: Sort;
}

export const ALL: Filters = { states: [], assignee: '', tags: [], priorities: [], unread: false, text: '', sort: 'recent' };

/** The filters in a query string; what it does not know of is left out. */
export function filtersIn(query: URLSearchParams): Filters {
  const several = (name: string) =>
    (query.get(name) ?? '')
      .split(',')
      .map((one) => one.trim())
      .filter(Boolean);
  const sort = query.get('sort');
  return {
    states: STATES.filter((state) => several('state').includes(state)),
    assignee: query.get('assignee') ?? '',
    tags: several('tag').map((tag) => tag.toLowerCase()),
    priorities: PRIORITIES.filter((priority) => several('priority').includes(priority)),
    unread: query.get('unread') === 'true',
    text: query.get('text') ?? '',
    sort: SORTS.find((one) => one === sort) ?? 'recent',
  };
}

/** What differs from `ALL`, by the names that the server has for it too. */
export function queryOf({ states, assignee, tags, priorities, unread, text, sort }: Filters): Record<string, string> {
  const all = {
    state: states.join(','),
    assignee,
    tag: tags.join(','),
    priority: priorities.join(','),
    unread: unread ? 'true' : '',
    text: text.trim(),
    sort: sort === 'recent' ? '' : sort,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''));
}

/** How many filters are set, but for the search and the order. */
export function narrowing({ states, assignee, tags, priorities, unread }: Filters): number {
  return [states.length, assignee, tags.length, priorities.length, unread].filter(Boolean).length;
}

/** Whether a conversation is listed; null where only the server can tell, because words are searched for. */
export function passes(row: Row, filters: Filters, me: string): boolean | null {
  const { states, assignee, tags, priorities, unread, text, sort } = filters;
  const owner = row.state === 'staff' ? (row.staff?.id ?? '') : '';
  const wanted = assignee === 'me' ? me : assignee;
  const plain =
    (states.length === 0 || states.includes(row.state)) &&
    (assignee === '' || (assignee === 'none' ? owner === '' : owner === wanted)) &&
    tags.every((tag) => row.tags.includes(tag)) &&
    (priorities.length === 0 || priorities.includes(row.priority)) &&
    (!unread || row.unread > 0) &&
    (sort !== 'waiting' || row.state === 'waiting');
  return plain && text.trim() ? null : plain;
}

/** Less than 0 where the first conversation stands before the second. */
export function order(sort: Sort, one: Row, other: Row): number {
  const later = compared(other.updated_at, one.updated_at) || compared(other.conversation_id, one.conversation_id);
  switch (sort) {
    case 'recent':
      return later;
    case 'oldest':
      return -later;
    case 'waiting':
      return compared(one.waiting_since ?? '9', other.waiting_since ?? '9') || compared(one.conversation_id, other.conversation_id);
    case 'priority':
      return PRIORITIES.indexOf(other.priority) - PRIORITIES.indexOf(one.priority) || later;
  }
}

function compared(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
