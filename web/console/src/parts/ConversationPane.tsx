/** The conversation that is open: who has it, what is said, what is to be said. */

import { useState } from 'preact/hooks';
import { useSurroundings } from '../around.js';
import { PRIORITIES } from '../filters.js';
import type { Opened } from '../opened.js';
import { waiting } from '../times.js';
import type { Priority, Row } from '../types.js';
import { nameOf, PRIORITY_WORDS, REASON_WORDS } from '../words.js';
import { Composer } from './Composer.js';
import { Face } from './Face.js';
import { Icon } from './icons.js';
import { Log } from './Log.js';

export function ConversationPane() {
  const { state } = useSurroundings();
  const { opened, missing, conversationId } = state;
  if (!opened) {
    return (
      <main class="conversation-pane vacant" tabIndex={-1}>
        {conversationId && !missing ? (
          <p class="hint" aria-live="polite">
            Loading …
          </p>
        ) : (
          <Nothing text={missing} />
        )}
      </main>
    );
  }
  return (
    <main class="conversation-pane" tabIndex={-1} aria-label={`Conversation with ${nameOf(opened.row.customer)}`}>
      <Head opened={opened} />
      <Log opened={opened} key={opened.row.conversation_id} />
      <Composer opened={opened} key={`composer ${opened.row.conversation_id}`} />
    </main>
  );
}

function Nothing({ text }: { text: string | null }) {
  const { desk, state } = useSurroundings();
  return (
    <div class="nothing">
      <Icon name="inbox" />
      <p>{text ?? 'Choose a conversation.'}</p>
      {text ? (
        <button type="button" class="secondary" onClick={() => desk.open(null)}>
          Back to the list
        </button>
      ) : (
        <p class="hint">
          {state.counts?.waiting ? `${state.counts.waiting} waiting for a person. ` : ''}
          <kbd>J</kbd> opens the first, <kbd>?</kbd> shows all keys.
        </p>
      )}
    </div>
  );
}

function Head({ opened }: { opened: Opened }) {
  const { desk, state } = useSurroundings();
  const { row } = opened;
  const name = nameOf(row.customer);
  const watching = state.present.filter(({ id, viewing }) => id !== state.me?.id && viewing.includes(row.conversation_id));
  return (
    <header class="head">
      <div class="line">
        <button type="button" class="tool only-phone" aria-label="Back to the list" onClick={() => desk.open(null)}>
          <Icon name="back" />
        </button>
        <Face id={row.customer.id} name={name} />
        <div class="who">
          <h2 dir="auto">{name}</h2>
          <p>
            <Whose row={row} />
          </p>
        </div>
        {watching.length > 0 && (
          <span class="watching" role="status" title={`Also looking: ${watching.map((one) => one.name || one.id).join(', ')}`}>
            {watching.slice(0, 3).map((one) => (
              <Face key={one.id} id={one.id} name={one.name || one.id} small />
            ))}
            <span class="unseen">Also looking: {watching.map((one) => one.name || one.id).join(', ')}</span>
          </span>
        )}
        <Buttons row={row} />
        <button type="button" class="tool only-narrow" aria-label="About the customer" onClick={() => desk.pane('details')}>
          <Icon name="info" />
        </button>
      </div>
      <Properties row={row} />
    </header>
  );
}

function Whose({ row }: { row: Row }) {
  const { state, now } = useSurroundings();
  switch (row.state) {
    case 'waiting': {
      const { text, level } = waiting(row.waiting_since ?? row.updated_at, now);
      return (
        <span class="mark" data-state="waiting" data-level={level}>
          <Icon name="clock" />
          Waiting {text}
          {row.place ? ` · number ${row.place}` : ''}
          {row.reason ? ` · ${REASON_WORDS[row.reason]}` : ''}
          {row.reason_text ? `: “${row.reason_text}”` : ''}
        </span>
      );
    }
    case 'staff':
      return (
        <span class="mark" data-state="staff">
          <Icon name="person" />
          {row.staff?.id === state.me?.id ? 'You are answering' : `${row.staff?.name || row.staff?.id} is answering`}
        </span>
      );
    case 'bot':
      return (
        <span class="mark" data-state="bot">
          <Icon name="bot" />
          The assistant is answering
        </span>
      );
    case 'closed':
      return (
        <span class="mark" data-state="closed">
          <Icon name="check" />
          Closed
        </span>
      );
  }
}

function Buttons({ row }: { row: Row }) {
  const { desk, acts } = useSurroundings();
  const returnable = row.state === 'waiting' || (row.state === 'staff' && (acts.mine || desk.may('audit')));
  return (
    <div class="acts">
      {!acts.mine && desk.may('take') && (
        <button type="button" class="primary" data-act="take" title="Take over (T)" onClick={() => void acts.take()}>
          Take over
        </button>
      )}
      {returnable && desk.may('return') && (
        <button type="button" class="secondary" data-act="return" title="Return to the assistant (R)" onClick={() => void acts.giveBack()}>
          {acts.mine ? 'Return' : 'To assistant'}
        </button>
      )}
      {row.state === 'closed' ? (
        <button type="button" class="secondary" data-act="reopen" title="Reopen (C)" onClick={() => void acts.reopen()}>
          Reopen
        </button>
      ) : (
        <button type="button" class="secondary" data-act="close" title="Close (C)" onClick={() => void acts.close()}>
          Close
        </button>
      )}
    </div>
  );
}

function Properties({ row }: { row: Row }) {
  const { acts, state } = useSurroundings();
  const owner = row.state === 'staff' ? (row.staff?.id ?? '') : '';
  const members =
    state.members.some(({ id }) => id === owner) || !owner ? state.members : [...state.members, { id: owner, name: row.staff?.name ?? '' }];
  return (
    <div class="properties">
      <label data-changed={owner !== ''}>
        <span class="unseen">Owner</span>
        <Icon name="person" />
        <select
          value={owner}
          disabled={row.state === 'closed'}
          onChange={(event) => {
            const { value } = event.currentTarget;
            event.currentTarget.value = owner;
            if (value) void acts.assign(value);
          }}
        >
          {!owner && <option value="">Nobody</option>}
          {members.map(({ id, name }) => (
            <option key={id} value={id}>
              {id === state.me?.id ? `${name || id} (you)` : name || id}
            </option>
          ))}
        </select>
      </label>
      <label data-priority={row.priority}>
        <span class="unseen">Priority</span>
        <Icon name="flag" />
        <select value={row.priority} onChange={(event) => void acts.prioritise(event.currentTarget.value as Priority)}>
          {PRIORITIES.toReversed().map((priority) => (
            <option key={priority} value={priority}>
              {PRIORITY_WORDS[priority]}
            </option>
          ))}
        </select>
      </label>
      <Tags row={row} />
    </div>
  );
}

function Tags({ row }: { row: Row }) {
  const { acts } = useSurroundings();
  const [adding, setAdding] = useState(false);
  const add = (text: string) => {
    setAdding(false);
    const tag = text.trim().toLowerCase();
    if (tag && !row.tags.includes(tag)) void acts.tag([...row.tags, tag]);
  };
  return (
    <ul class="tags" aria-label="Tags">
      {row.tags.map((tag) => (
        <li key={tag} class="tag" dir="auto">
          {tag}
          <button type="button" aria-label={`Remove the tag ${tag}`} onClick={() => void acts.tag(row.tags.filter((one) => one !== tag))}>
            <Icon name="close" />
          </button>
        </li>
      ))}
      <li>
        {adding ? (
          <input
            class="tag-input"
            aria-label="New tag"
            maxLength={40}
            autofocus
            ref={(input) => input?.focus()}
            onBlur={(event) => add(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key === 'Enter') add(event.currentTarget.value);
              if (event.key === 'Escape') setAdding(false);
            }}
          />
        ) : (
          <button type="button" class="add" onClick={() => setAdding(true)}>
            <Icon name="plus" />
            Tag
          </button>
        )}
      </li>
    </ul>
  );
}
