/** The conversations: what is looked for, and what was found. */

import { useEffect, useRef, useState } from 'preact/hooks';
import { useSurroundings } from '../around.js';
import { ALL, narrowing, PRIORITIES, SORTS, STATES, type Filters, type Sort } from '../filters.js';
import type { Counts } from '../types.js';
import { PRIORITY_WORDS, SORT_WORDS, STATE_WORDS } from '../words.js';
import { Icon } from './icons.js';
import { VirtualList } from './VirtualList.js';

const SEARCH_MS = 250;

interface ViewOfList {
  readonly name: string;
  readonly count: (counts: Counts) => number | null;
  readonly filters: Partial<Filters>;
}

const VIEWS: readonly ViewOfList[] = [
  { name: 'All', count: () => null, filters: {} },
  { name: 'Waiting', count: ({ waiting }) => waiting, filters: { states: ['waiting'], sort: 'waiting' } },
  { name: 'Mine', count: ({ mine }) => mine, filters: { assignee: 'me' } },
  { name: 'Unread', count: ({ unread }) => unread, filters: { unread: true } },
  { name: 'Closed', count: () => null, filters: { states: ['closed'] } },
];

export function ListPane() {
  const { desk, state } = useSurroundings();
  const { filters, counts, list } = state;
  const [open, setOpen] = useState(narrowing(filters) > 1 || filters.tags.length + filters.priorities.length > 0);
  return (
    <section class="list-pane" aria-label="Conversations">
      <header>
        <h1>Conversations</h1>
        <Search />
        <button
          type="button"
          class="tool"
          aria-expanded={open}
          aria-controls="filters"
          aria-label="Filters"
          title="Filters"
          data-active={narrowing(filters) > 0}
          onClick={() => setOpen(!open)}
        >
          <Icon name="filter" />
        </button>
      </header>
      <div class="views" role="group" aria-label="Which conversations">
        {VIEWS.map(({ name, count, filters: own }) => {
          const number = counts && count(counts);
          return (
            <button
              key={name}
              type="button"
              aria-pressed={shows(filters, own)}
              data-view={name.toLowerCase()}
              onClick={() => desk.filter({ ...ALL, text: filters.text, ...own })}
            >
              {name}
              {number !== null && <span class="count">{number > 999 ? '999+' : number}</span>}
            </button>
          );
        })}
      </div>
      {open && <FilterBox />}
      <VirtualList />
      {list.status === 'failed' && (
        <p class="problem" role="alert">
          The list could not be loaded.{' '}
          <button type="button" class="link" onClick={() => desk.again()}>
            Try again
          </button>
        </p>
      )}
    </section>
  );
}

function shows(filters: Filters, own: Partial<Filters>): boolean {
  const { text: _, ...wanted } = { ...ALL, ...own };
  const { text: __, ...now } = filters;
  const ignored = own.sort ? {} : { sort: ALL.sort };
  return JSON.stringify({ ...now, ...ignored }) === JSON.stringify({ ...wanted, ...ignored });
}

function Search() {
  const { desk, state } = useSurroundings();
  const [text, setText] = useState(state.filters.text);
  const box = useRef<HTMLInputElement>(null);
  // While somebody writes here, what they write counts: the filters come after it.
  useEffect(() => {
    if (document.activeElement !== box.current) setText(state.filters.text);
  }, [state.filters.text]);
  const change = (value: string) => {
    setText(value);
    desk.filter({ text: value }, SEARCH_MS);
  };
  const press = (event: KeyboardEvent & { currentTarget: HTMLInputElement }) => {
    if (event.key === 'Escape' && text) {
      event.preventDefault();
      change('');
    } else if (event.key === 'Escape' || event.key === 'ArrowDown') {
      event.preventDefault();
      document.getElementById('list')?.focus();
    }
  };
  return (
    <label class="search">
      <Icon name="search" />
      <span class="unseen">Search in all messages</span>
      <input
        id="search"
        ref={box}
        type="search"
        placeholder="Search messages"
        maxLength={200}
        value={text}
        onInput={(event) => change(event.currentTarget.value)}
        onKeyDown={press}
      />
    </label>
  );
}

function FilterBox() {
  const { desk, state } = useSurroundings();
  const { filters, members, me } = state;
  const [tags, setTags] = useState(filters.tags.join(', '));
  const known = [...new Set(state.list.rows.flatMap((row) => row.tags))].sort();
  const others = members.filter(({ id }) => id !== me?.id);
  const tagged = (text: string) => {
    setTags(text);
    desk.filter(
      {
        tags: text
          .split(',')
          .map((tag) => tag.trim().toLowerCase())
          .filter(Boolean),
      },
      SEARCH_MS,
    );
  };
  return (
    <div id="filters" class="filters">
      <label>
        Owner
        <select value={filters.assignee} onChange={(event) => desk.filter({ assignee: event.currentTarget.value })}>
          <option value="">Everybody</option>
          <option value="me">Me</option>
          <option value="none">Nobody</option>
          {others.map(({ id, name }) => (
            <option key={id} value={id}>
              {name || id}
            </option>
          ))}
        </select>
      </label>
      <label>
        Order
        <select value={filters.sort} onChange={(event) => desk.filter({ sort: event.currentTarget.value as Sort })}>
          {SORTS.map((sort) => (
            <option key={sort} value={sort}>
              {SORT_WORDS[sort]}
            </option>
          ))}
        </select>
      </label>
      <label class="wide">
        Tags
        <input
          list="known-tags"
          value={tags}
          maxLength={200}
          placeholder="vip, brakes"
          onInput={(event) => tagged(event.currentTarget.value)}
        />
        <datalist id="known-tags">
          {known.map((tag) => (
            <option key={tag} value={tag} />
          ))}
        </datalist>
      </label>
      <Several name="State" all={STATES} words={STATE_WORDS} chosen={filters.states} onChange={(states) => desk.filter({ states })} />
      <Several
        name="Priority"
        all={PRIORITIES.toReversed()}
        words={PRIORITY_WORDS}
        chosen={filters.priorities}
        onChange={(priorities) => desk.filter({ priorities })}
      />
      <label class="check">
        <input type="checkbox" checked={filters.unread} onChange={(event) => desk.filter({ unread: event.currentTarget.checked })} />
        Unread only
      </label>
      {narrowing(filters) > 0 && (
        <button
          type="button"
          class="link"
          onClick={() => {
            setTags('');
            desk.filter(ALL);
          }}
        >
          Clear filters
        </button>
      )}
    </div>
  );
}

interface SeveralProperties<Value extends string> {
  readonly name: string;
  readonly all: readonly Value[];
  readonly words: Readonly<Record<Value, string>>;
  readonly chosen: readonly Value[];
  readonly onChange: (chosen: readonly Value[]) => void;
}

/** Boxes to tick; none of them ticked means all. */
function Several<Value extends string>({ name, all, words, chosen, onChange }: SeveralProperties<Value>) {
  const toggle = (value: Value) => onChange(all.filter((one) => (one === value) !== chosen.includes(one)));
  return (
    <fieldset class="wide">
      <legend>{name}</legend>
      {all.map((value) => (
        <label key={value} class="check">
          <input type="checkbox" checked={chosen.includes(value)} onChange={() => toggle(value)} />
          {words[value]}
        </label>
      ))}
    </fieldset>
  );
}
