/** What was said, from the top; at its end it follows what comes. */

import type { Entry, Question } from 'pitcrew-client';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { filled } from '../messages.js';
import { useSurroundings } from '../surroundings.js';
import { AnswerView, Progress } from './AnswerView.js';
import { Icon } from './icons.js';
import { QuestionView } from './QuestionView.js';
import { RichText } from './RichText.js';

/** So near to the end counts as there. */
const NEAR_PX = 48;

export function Log({ sent }: { sent: number }) {
  const { client, snapshot, settings, language: { messages } } = useSurroundings();
  const place = useRef<HTMLDivElement>(null);
  const following = useRef(true);
  const [below, setBelow] = useState(false);
  const { entries } = snapshot;
  const toEnd = () => {
    following.current = true;
    setBelow(false);
    place.current?.scrollTo({ top: place.current.scrollHeight });
  };
  // What somebody reads stays where it is: only who is at the end is taken along.
  useLayoutEffect(() => (following.current ? toEnd() : setBelow(entries.length > 0)), [entries, snapshot.staffTyping]);
  useLayoutEffect(toEnd, [sent]);
  const scrolled = () => {
    const box = place.current;
    if (!box) return;
    following.current = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_PX;
    if (following.current) setBelow(false);
  };
  return (
    <div class="history">
      <div class="log" role="log" aria-label={messages.log} tabIndex={0} ref={place} onScroll={scrolled}>
        <p class="greeting" dir="auto">{settings.greeting ?? messages.greeting}</p>
        {entries.length === 0 && settings.suggestions.length > 0 && (
          <div class="choices">
            {settings.suggestions.map((text) => (
              <button type="button" class="secondary" key={text} onClick={() => client.send(text)}>{text}</button>
            ))}
          </div>
        )}
        {entries.map((entry, at) => <EntryView key={entry.id} entry={entry} entries={entries} at={at} />)}
        {unheard(entries, snapshot.connection.name === 'ready') && <Progress name="sending" said="" />}
        {snapshot.staffTyping && (
          <p class="progress">
            <span class="dots" aria-hidden="true"><i /><i /><i /></span>
            <span>{filled(messages.isTyping, { name: snapshot.staffTyping })}</span>
          </p>
        )}
      </div>
      {below && (
        <button type="button" class="below" onClick={toEnd}><Icon name="down" />{messages.newText}</button>
      )}
    </div>
  );
}

/** Whether the server has yet to say a word to the last message. */
function unheard(entries: readonly Entry[], ready: boolean): boolean {
  const last = entries.at(-1);
  return ready && last?.kind === 'question' && (last.status === 'sending' || last.status === 'queued');
}

function EntryView({ entry, entries, at }: { entry: Entry; entries: readonly Entry[]; at: number }) {
  const { snapshot, language: { messages } } = useSurroundings();
  switch (entry.kind) {
    case 'question':
      // A person has read it as it is.
      return <QuestionView question={entry} editable={at === lastQuestion(entries) && snapshot.owner.state !== 'staff'} />;
    case 'answer': {
      const question = entries.slice(0, at).findLast((one): one is Question => one.kind === 'question') ?? null;
      return <AnswerView answer={entry} question={question} last={at === entries.length - 1} />;
    }
    case 'staff':
      return (
        <article class="staff">
          <h3 class="name" dir="auto"><span class="face" aria-hidden="true">{initial(entry.name)}</span>{entry.name}</h3>
          <RichText text={entry.text} />
        </article>
      );
    case 'owner': {
      const { state, name, notice } = entry.owner;
      const own = { bot: messages.bot, waiting: messages.waiting, closed: messages.closed,
        staff: filled(messages.joined, { name: name ?? '' }) }[state];
      return <p class="notice" dir="auto">{notice ?? own}</p>;
    }
  }
}

function lastQuestion(entries: readonly Entry[]): number {
  return entries.findLastIndex((one) => one.kind === 'question');
}

export function initial(name: string): string {
  return (Array.from(name.trim())[0] ?? '?').toUpperCase();
}
