/** A conversation in the list. */

import { useSurroundings } from '../around.js';
import { moment, waiting } from '../times.js';
import type { Row } from '../types.js';
import { nameOf, PRIORITY_WORDS, REASON_WORDS, unmarked } from '../words.js';
import { Face } from './Face.js';
import { Icon } from './icons.js';

interface Properties {
  readonly row: Row;
  /** Its place in the list, from 0. */
  readonly at: number;
  /** How many there are; -1 where that is not known yet. */
  readonly of: number;
  /** Pixels from the top of the list. */
  readonly top: number;
  readonly selected: boolean;
}

export function RowView({ row, at, of, top, selected }: Properties) {
  const { desk, now } = useSurroundings();
  const name = nameOf(row.customer);
  const draft = desk.drafts.has(row.conversation_id);
  return (
    <div
      id={`row-${at}`}
      class="row"
      role="option"
      aria-selected={selected}
      aria-setsize={of}
      aria-posinset={at + 1}
      data-state={row.state}
      data-unread={row.unread > 0}
      data-conversation={row.conversation_id}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => desk.open(row.conversation_id)}
    >
      <Face id={row.customer.id} name={name} />
      <div class="lines">
        <p class="line">
          <span class="name" dir="auto">
            {name}
          </span>
          {(row.priority === 'urgent' || row.priority === 'high') && (
            <span class="priority" data-priority={row.priority}>
              {PRIORITY_WORDS[row.priority]}
            </span>
          )}
          <time>{moment(row.updated_at, now)}</time>
        </p>
        <p class="line">
          <span class="preview" dir="auto">
            {draft ? <b class="draft">Draft</b> : null}
            {said(row)}
          </span>
          {row.unread > 0 && (
            <span class="unread">
              <span class="unseen">unread: </span>
              {row.unread > 99 ? '99+' : row.unread}
            </span>
          )}
        </p>
        <p class="line marks">
          <Mark row={row} now={now} />
          {row.tags.slice(0, 2).map((tag) => (
            <span key={tag} class="tag" dir="auto">
              {tag}
            </span>
          ))}
          {row.tags.length > 2 && <span class="tag">+{row.tags.length - 2}</span>}
          {row.thumbs.down > 0 && (
            <span class="down" title="Thumbs down">
              <Icon name="thumbDown" />
              <span class="unseen">thumbs down: </span>
              {row.thumbs.down}
            </span>
          )}
        </p>
      </div>
    </div>
  );
}

function said({ preview, title }: Row): string {
  if (!preview) return title;
  const who = { customer: '', assistant: 'Assistant: ', staff: 'Staff: ' }[preview.role];
  return who + unmarked(preview.text);
}

/** Who answers, and how long somebody has waited. */
function Mark({ row, now }: { row: Row; now: number }) {
  const { state } = useSurroundings();
  switch (row.state) {
    case 'waiting': {
      const { text, level } = waiting(row.waiting_since ?? row.updated_at, now);
      return (
        <span class="mark" data-state="waiting" data-level={row.reason === 'danger' ? 'late' : level}>
          <Icon name={row.reason === 'danger' ? 'alert' : 'clock'} />
          {row.reason === 'danger' ? `${REASON_WORDS.danger} · ` : 'Waiting '}
          {text}
        </span>
      );
    }
    case 'staff':
      return (
        <span class="mark" data-state="staff">
          <Icon name="person" />
          {row.staff?.id === state.me?.id ? 'You' : row.staff?.name || row.staff?.id}
        </span>
      );
    case 'bot':
      return (
        <span class="mark" data-state="bot">
          <Icon name="bot" />
          Assistant
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
