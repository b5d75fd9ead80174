import { describe, expect, it } from 'vitest';
import { ALL, filtersIn, narrowing, order, passes, queryOf, type Filters } from '../src/filters.js';
import { addressOf, placeIn } from '../src/place.js';
import { row } from './rows.js';

const SOME: Filters = {
  states: ['waiting', 'staff'],
  assignee: 'me',
  tags: ['vip', 'brakes'],
  priorities: ['high', 'urgent'],
  unread: true,
  text: 'roof load',
  sort: 'priority',
};

describe('filters in the address', () => {
  it('come back as they went', () => {
    expect(filtersIn(new URLSearchParams(queryOf(SOME)))).toEqual(SOME);
    expect(filtersIn(new URLSearchParams(''))).toEqual(ALL);
    expect(queryOf(ALL)).toEqual({});
  });

  it('leave out what is not known', () => {
    const found = filtersIn(new URLSearchParams('state=waiting,nonsense&sort=sideways&priority=%00&unread=1&tag=,,VIP'));
    expect(found).toEqual({ ...ALL, states: ['waiting'], tags: ['vip'] });
  });

  it('stand beside the conversation and the view', () => {
    const place = { view: 'figures', filters: SOME, conversationId: 'a b&c' } as const;
    expect(placeIn(addressOf(place))).toEqual(place);
  });

  it('count what narrows the list', () => {
    expect(narrowing(ALL)).toBe(0);
    expect(narrowing({ ...ALL, text: 'x', sort: 'oldest' })).toBe(0);
    expect(narrowing(SOME)).toBe(5);
  });
});

describe('what passes', () => {
  const mine = row('a', { state: 'staff', staff: { id: 'ada', name: 'Ada' }, tags: ['vip', 'x'], priority: 'high', unread: 1 });

  it.each<[string, Partial<Filters>, boolean | null]>([
    ['everything', {}, true],
    ['its state', { states: ['staff'] }, true],
    ['another state', { states: ['bot'] }, false],
    ['mine', { assignee: 'me' }, true],
    ['a colleague', { assignee: 'ben' }, false],
    ['nobody', { assignee: 'none' }, false],
    ['all its tags', { tags: ['vip', 'x'] }, true],
    ['one tag too many', { tags: ['vip', 'y'] }, false],
    ['a priority', { priorities: ['high', 'urgent'] }, true],
    ['unread', { unread: true }, true],
    ['words, which only the server can look for', { text: 'roof' }, null],
    ['words and another state', { text: 'roof', states: ['bot'] }, false],
    ['the queue', { sort: 'waiting' }, false],
  ])('%s', (_, filters, expected) => {
    expect(passes(mine, { ...ALL, ...filters }, 'ada')).toBe(expected);
  });

  it('has nobody as its owner once it was given back', () => {
    expect(passes({ ...mine, state: 'bot' }, { ...ALL, assignee: 'me' }, 'ada')).toBe(false);
    expect(passes({ ...mine, state: 'bot' }, { ...ALL, assignee: 'none' }, 'ada')).toBe(true);
  });
});

describe('the order', () => {
  const early = row('a', { updated_at: '2026-11-23T09:00:00.000Z', waiting_since: '2026-11-23T08:00:00.000Z', priority: 'low' });
  const late = row('b', { updated_at: '2026-11-23T10:00:00.000Z', waiting_since: '2026-11-23T09:00:00.000Z', priority: 'urgent' });

  it('is that of the server', () => {
    expect(order('recent', late, early)).toBeLessThan(0);
    expect(order('oldest', early, late)).toBeLessThan(0);
    expect(order('waiting', early, late)).toBeLessThan(0);
    expect(order('priority', late, early)).toBeLessThan(0);
    expect(order('priority', { ...early, priority: 'urgent' }, late)).toBeGreaterThan(0);
    expect(order('recent', late, late)).toBe(0);
  });
});
