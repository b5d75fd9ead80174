/** Conversations for tests. */

import type { Row } from '../src/types.js';

export function row(id: string, change: Partial<Row> = {}): Row {
  return {
    conversation_id: id,
    session_id: `session-${id}`,
    customer: { id: `user-${id}`, name: '', email: '', guest: false },
    state: 'bot',
    owner_epoch: 0,
    staff: null,
    reason: null,
    waiting_since: null,
    place: null,
    priority: 'normal',
    tags: [],
    title: '',
    preview: null,
    messages: 1,
    unread: 0,
    thumbs: { up: 0, down: 0 },
    head_seq: 1,
    created_at: '2026-11-23T08:00:00.000Z',
    updated_at: '2026-11-23T09:00:00.000Z',
    ...change,
  };
}

/** As many as wanted, the latest first. */
export function rows(count: number): Row[] {
  return Array.from({ length: count }, (_, at) =>
    row(`c${String(count - at).padStart(6, '0')}`, {
      updated_at: new Date(Date.UTC(2026, 10, 23) - at * 60_000).toISOString(),
    }),
  );
}
