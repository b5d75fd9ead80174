/** What was said and noted. It stays at its end while it grows, unless somebody reads further up. */

import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useSurroundings } from '../around.js';
import type { Opened } from '../opened.js';
import { timeline, type Item } from '../timeline.js';
import { clock, day, full } from '../times.js';
import { nameOf } from '../words.js';
import { AnswerView } from './AnswerView.js';
import { Icon } from './icons.js';
import { RichText } from './RichText.js';

const NEAR_PX = 80;

export function Log({ opened }: { opened: Opened }) {
  const { desk } = useSurroundings();
  const log = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const [below, setBelow] = useState(false);
  const items = timeline(opened);
  const down = () => {
    const element = log.current;
    if (element) element.scrollTop = element.scrollHeight;
  };
  useLayoutEffect(() => {
    if (atEnd.current) down();
    else setBelow(true);
  }, [opened.conversation, opened.notes, opened.outgoing, opened.typing]);
  useEffect(() => {
    const element = log.current;
    if (!element) return;
    const observer = new ResizeObserver(() => atEnd.current && down());
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useEffect(() => desk.markRead(), [opened.conversation.seq, opened.live]);
  const scrolled = (event: Event) => {
    const element = event.currentTarget as HTMLElement;
    atEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_PX;
    if (atEnd.current) setBelow(false);
  };
  return (
    <div class="history">
      <div class="log" role="log" aria-label="Messages" aria-busy={!opened.live} tabIndex={0} ref={log} onScroll={scrolled}>
        {items.map((item) => (
          <ItemView key={item.id} item={item} opened={opened} />
        ))}
        {opened.typing && <Typing opened={opened} />}
      </div>
      {below && (
        <button
          type="button"
          class="below"
          onClick={() => {
            atEnd.current = true;
            down();
            setBelow(false);
          }}
        >
          <Icon name="down" />
          Latest
        </button>
      )}
    </div>
  );
}

function ItemView({ item, opened }: { item: Item; opened: Opened }) {
  const { acts, now } = useSurroundings();
  switch (item.kind) {
    case 'day':
      return (
        <p class="day">
          <span>{day(item.at, now)}</span>
        </p>
      );
    case 'question':
      return (
        <article class="said customer" data-message={item.entry.messageId ?? ''}>
          <h3 class="unseen">{nameOf(opened.row.customer)}</h3>
          <div class="bubble" dir="auto" data-deleted={item.entry.deleted}>
            {item.entry.deleted ? 'Taken back by the customer' : item.entry.text}
          </div>
          <Time at={item.at} />
        </article>
      );
    case 'answer':
      return <AnswerView entry={item.entry} message={item.message} at={item.at} />;
    case 'staff':
      return (
        <article class="said staff" data-message={item.id}>
          <h3 class="by">{item.entry.name}</h3>
          <div class="bubble">
            <RichText text={item.entry.text} />
          </div>
          <Time at={item.at}>
            {item.read && (
              <span class="read">
                <Icon name="check" />
                Read
              </span>
            )}
          </Time>
        </article>
      );
    case 'note':
      return (
        <article class="said note">
          <h3 class="by">
            <Icon name="lock" />
            {item.note.author.name || item.note.author.id} · private note
          </h3>
          <div class="bubble" dir="auto">
            {item.note.text}
          </div>
          <Time at={item.at} />
        </article>
      );
    case 'owner':
      return (
        <p class="change" data-state={item.entry.owner.state}>
          <b>{changeWords(item.entry.owner)}</b>
          {item.entry.owner.notice && <span dir="auto">“{item.entry.owner.notice}”</span>}
        </p>
      );
    case 'outgoing':
      return (
        <article class="said staff" data-outgoing={item.outgoing.status}>
          <div class="bubble">
            <RichText text={item.outgoing.text} />
          </div>
          {item.outgoing.status === 'sending' ? (
            <p class="under">Sending …</p>
          ) : (
            <p class="under problem" role="alert">
              Not sent: {item.outgoing.problem}{' '}
              <button type="button" class="link" onClick={() => acts.resend(item.id)}>
                Try again
              </button>{' '}
              <button type="button" class="link" onClick={() => acts.discard(item.id)}>
                Discard
              </button>
            </p>
          )}
        </article>
      );
  }
}

function changeWords({ state, name }: { state: string; name: string | null }): string {
  switch (state) {
    case 'waiting':
      return 'In the queue';
    case 'staff':
      return `${name ?? 'Somebody'} took over`;
    case 'closed':
      return 'Closed';
    default:
      return 'The assistant answers again';
  }
}

export function Time({ at, children }: { at: string | null; children?: unknown }) {
  return (
    <p class="under">
      {at && (
        <time dateTime={at} title={full(at)}>
          {clock(at)}
        </time>
      )}
      {children as never}
    </p>
  );
}

function Typing({ opened }: { opened: Opened }) {
  const name = nameOf(opened.row.customer);
  return (
    <div class="said customer preview" data-part="typing">
      <p class="by">
        <span class="dots" aria-hidden="true">
          <i />
          <i />
          <i />
        </span>
        <span>{name} is typing</span>
      </p>
      {opened.typing?.text && (
        <div class="bubble" dir="auto">
          {opened.typing.text}
        </div>
      )}
    </div>
  );
}
