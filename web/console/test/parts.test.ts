import { describe, expect, it } from 'vitest';
import { ceiling, stacked } from '../src/charts.js';
import { Drafts, type Kept } from '../src/drafts.js';
import { cannedFor } from '../src/parts/Composer.js';
import { initials } from '../src/parts/Face.js';
import { actionOf, SHORTCUTS } from '../src/shortcuts.js';
import { compact, percent, seconds, span, waiting } from '../src/times.js';
import { unmarked } from '../src/words.js';

class Box implements Kept {
  readonly texts = new Map<string, string>();
  getItem(key: string): string | null {
    return this.texts.get(key) ?? null;
  }
  setItem(key: string, value: string): void {
    this.texts.set(key, value);
  }
}

describe('drafts', () => {
  it('survive another conversation and a reload, reply and note apart', () => {
    const box = new Box();
    const drafts = new Drafts(box);
    drafts.keep('a', 'reply', 'Good morning');
    drafts.keep('a', 'note', 'Careful');
    drafts.keep('b', 'reply', 'x');
    drafts.keep('b', 'reply', '');
    const later = new Drafts(box);
    expect([later.text('a', 'reply'), later.text('a', 'note'), later.text('b', 'reply')]).toEqual(['Good morning', 'Careful', '']);
    expect([later.has('a'), later.has('b')]).toEqual([true, false]);
  });

  it('are at most a hundred, and need no storage', () => {
    const drafts = new Drafts(null);
    for (let at = 0; at < 150; at += 1) drafts.keep(String(at), 'reply', 'x');
    expect([drafts.has('49'), drafts.has('50'), drafts.has('149')]).toEqual([false, true, true]);
  });

  it.each(['', 'no json', '{}', '[[1,2],"x",["a",{}]]'])('are none where the storage holds %j', (stored) => {
    const box = new Box();
    box.setItem('pitcrew.staff.drafts', stored);
    expect(new Drafts(box).has('a')).toBe(false);
  });
});

describe('shortcuts', () => {
  const key = (name: string, change = {}) => ({
    key: name,
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    defaultPrevented: false,
    ...change,
  });

  it('have a key each', () => {
    const keys = Object.values(SHORTCUTS).map((one) => one.key);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('leave texts and the browser alone', () => {
    expect(actionOf(key('j'), false)).toBe('next');
    expect(actionOf(key('J'), false)).toBe('next');
    expect(actionOf(key('?'), false)).toBe('help');
    expect(actionOf(key('j'), true)).toBeNull();
    expect(actionOf(key('c', { ctrlKey: true }), false)).toBeNull();
    expect(actionOf(key('t', { metaKey: true }), false)).toBeNull();
    expect(actionOf(key('Enter'), false)).toBeNull();
  });
});

describe('canned replies', () => {
  const canned = ['hello', 'hours', 'bye'].map((shortcut) => ({
    canned_id: shortcut,
    shortcut,
    title: shortcut === 'bye' ? 'Farewell, hopefully' : shortcut,
    text: 'x',
  }));

  it('are found by what stands behind the slash, and only there', () => {
    expect(cannedFor('/', canned)).toHaveLength(3);
    expect(cannedFor('/ho', canned).map(({ shortcut }) => shortcut)).toEqual(['hours', 'bye']);
    expect(cannedFor('/HELLO', canned).map(({ shortcut }) => shortcut)).toEqual(['hello']);
    expect(cannedFor('1/2', canned)).toEqual([]);
    expect(cannedFor('/hello there', canned)).toEqual([]);
  });
});

describe('times and figures', () => {
  it('are short', () => {
    expect([span(0), span(59_999), span(4 * 60_000), span(125 * 60_000), span(49 * 3_600_000)]).toEqual([
      'now',
      'now',
      '4 min',
      '2 h 5 min',
      '2 d',
    ]);
    expect([seconds(5), seconds(65), seconds(120), seconds(7_200)]).toEqual(['5 s', '1 min 5 s', '2 min', '2 h']);
    expect([percent(1), percent(0.9999), percent(0.004), percent(0)]).toEqual(['100 %', '99 %', '< 1 %', '0 %']);
    expect([compact(950), compact(2_500), compact(12_000)]).toEqual(['950', '2.5k', '12k']);
  });

  it('say how bad waiting is', () => {
    const now = Date.UTC(2026, 10, 23, 10);
    const since = (ms: number) => waiting(new Date(now - ms).toISOString(), now);
    expect([since(-5_000), since(3 * 60_000), since(11 * 60_000)]).toEqual([
      { text: 'just now', level: 'short' },
      { text: '3 min', level: 'long' },
      { text: '11 min', level: 'late' },
    ]);
  });
});

describe('charts', () => {
  it.each([
    [[], 4],
    [[3], 4],
    [[9], 12],
    [[41], 60],
    [[100], 100],
    [[9_574], 10_000],
  ])('of %j end at %i', (values, top) => {
    expect(ceiling(values)).toBe(top);
  });

  it('stack their pieces without a gap', () => {
    const [[low, high] = []] = stacked([[2, 3]], 100, 50, 10, 0);
    expect(low).toEqual({ x: 0, y: 40, width: 100, height: 10 });
    expect(high).toEqual({ x: 0, y: 25, width: 100, height: 15 });
    expect(stacked([], 100, 50, 10)).toEqual([]);
  });
});

describe('names and texts', () => {
  it('become initials', () => {
    expect([
      initials('Ada Lovelace'),
      initials('jon'),
      initials('  '),
      initials('<script>alert(1)</script>'),
      initials('Ősz Émile'),
    ]).toEqual(['AL', 'J', '?', 'S', 'ŐÉ']);
  });

  it('lose their Markdown in a line', () => {
    expect(unmarked('## Roof\n**50 kg** [1]\n- `a` *b*')).toBe('Roof 50 kg a b');
  });
});
