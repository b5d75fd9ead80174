import { describe, expect, it } from 'vitest';
import { ALL } from '../src/filters.js';
import { begun, changed, continued, EMPTY, visible, without } from '../src/list.js';
import { row, rows } from './rows.js';

const ids = (list: { rows: readonly { conversation_id: string }[] }) => list.rows.map(({ conversation_id: id }) => id);
const at = (time: string) => ({ updated_at: `2026-11-23T${time}:00.000Z` });

describe('the list', () => {
  const list = begun({ conversations: [row('c', at('12:00')), row('b', at('11:00')), row('a', at('10:00'))], next: null });

  it('takes what has changed to its new place', () => {
    expect(ids(changed(list, row('a', at('13:00')), ALL, 'ada'))).toEqual(['a', 'c', 'b']);
    expect(ids(changed(list, row('d', at('11:30')), ALL, 'ada'))).toEqual(['c', 'd', 'b', 'a']);
  });

  it('drops what passes no more', () => {
    expect(ids(changed(list, row('b', { state: 'closed' }), { ...ALL, states: ['bot'] }, 'ada'))).toEqual(['c', 'a']);
    expect(changed(list, row('x', { state: 'closed' }), { ...ALL, states: ['bot'] }, 'ada')).toBe(list);
    expect(ids(without(list, 'b'))).toEqual(['c', 'a']);
  });

  it('leaves what belongs behind the loaded ones to its page', () => {
    const part = { ...list, next: 'more' };
    expect(ids(changed(part, row('z', at('09:00')), ALL, 'ada'))).toEqual(['c', 'b', 'a']);
    expect(ids(changed(list, row('z', at('09:00')), ALL, 'ada'))).toEqual(['c', 'b', 'a', 'z']);
  });

  it('shows what a search has found, and nothing that it has not', () => {
    const search = { ...ALL, text: 'roof' };
    expect(ids(changed(list, row('b', at('13:00')), search, 'ada'))).toEqual(['b', 'c', 'a']);
    expect(changed(list, row('new', at('13:00')), search, 'ada')).toBe(list);
  });

  it('has nobody twice where a conversation moved between two pages', () => {
    const more = continued({ ...list, next: 'x' }, { conversations: [row('a', at('10:00')), row('0', at('09:00'))], next: null });
    expect(ids(more)).toEqual(['c', 'b', 'a', '0']);
    expect(more.next).toBeNull();
  });

  it('is empty and stale before anything was asked', () => {
    expect(EMPTY).toMatchObject({ rows: [], status: 'stale' });
  });

  it('keeps its order through a thousand changes of 5,000', () => {
    const many = rows(5_000);
    let now = begun({ conversations: many, next: null });
    const began = performance.now();
    for (let step = 0; step < 1_000; step += 1) {
      const one = many[(step * 7_919) % many.length];
      if (one) now = changed(now, { ...one, updated_at: new Date(Date.UTC(2026, 10, 24) + step * 1_000).toISOString() }, ALL, 'ada');
    }
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(now.rows).toHaveLength(5_000);
    expect(new Set(ids(now)).size).toBe(5_000);
    expect([...now.rows].sort((one, other) => (one.updated_at > other.updated_at ? -1 : 1))).toEqual(now.rows);
  });
});

describe('the window of the list', () => {
  it('has the rows that are seen, and some beyond', () => {
    expect(visible(5_000, 84, 0, 840, 6)).toEqual([0, 16]);
    expect(visible(5_000, 84, 84_000, 840, 6)).toEqual([994, 1_016]);
    expect(visible(5_000, 84, 84 * 4_995, 840, 6)).toEqual([4_989, 5_000]);
    expect(visible(3, 84, 9_999, 840)).toEqual([3, 3]);
    expect(visible(0, 84, 0, 840)).toEqual([0, 0]);
  });
});
