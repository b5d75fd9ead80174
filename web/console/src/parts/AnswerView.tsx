/** An answer of the assistant's: as it is written, and whole, with what it rests on and what the customer thought of it. */

import { useState } from 'preact/hooks';
import { useSurroundings } from '../around.js';
import type { Answer, CitedSpan, SourcePassage } from '../protocol.js';
import { percent } from '../times.js';
import type { Message } from '../types.js';
import { plain } from '../words.js';
import { Icon } from './icons.js';
import { Time } from './Log.js';
import { RichText } from './RichText.js';
import { Sources, type Source } from './Sources.js';

export function AnswerView({ entry, message, at }: { entry: Answer; message: Message | null; at: string | null }) {
  const { desk, state } = useSurroundings();
  const [shown, setShown] = useState<number | null>(null);
  const underWay = entry.status === 'waiting' || entry.status === 'writing';
  const sources = cited(entry);
  const agent = entry.agents[0];
  const titles = entry.passages.length ? entry.passages.map(({ title }) => title) : sources.map(({ title }) => title);
  return (
    <article class="said bot" data-status={entry.status} data-message={entry.messageId ?? ''} data-run={entry.runId} aria-busy={underWay}>
      <h3 class="by">
        <Icon name="bot" />
        Assistant
        {agent && (
          <span class="agent">
            {plain(agent.name)} · {percent(agent.confidence)}
          </span>
        )}
      </h3>
      {(entry.text || entry.request) && (
        <div class="bubble">
          {entry.text && <RichText text={entry.text} titles={titles} onSource={setShown} />}
          {entry.request && (
            <p class="asks">
              <Icon name="question" />
              <span dir="auto">{entry.request.prompt}</span>
            </p>
          )}
        </div>
      )}
      {underWay && (
        <p class="progress">
          <span class="dots" aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          {entry.steps.at(-1)?.message ?? 'Beginning …'}
        </p>
      )}
      {entry.status === 'cancelled' && <p class="under">{entry.request ? 'Not decided by the customer' : 'Stopped'}</p>}
      {entry.status === 'failed' && (
        <p class="under problem">
          {entry.problem?.text}
          {entry.problem?.reason ? ` (${entry.problem.reason})` : ''}
        </p>
      )}
      <Sources sources={sources} shown={shown} onShow={setShown} />
      {message?.feedback && (
        <p class="thumb" data-rating={message.feedback.rating}>
          <Icon name={message.feedback.rating === 'up' ? 'up' : 'thumbDown'} />
          <span>
            {message.feedback.rating === 'up' ? 'Helpful' : 'Not helpful'}
            {message.feedback.reason && (
              <>
                : <q dir="auto">{message.feedback.reason}</q>
              </>
            )}
          </span>
        </p>
      )}
      {!underWay && (
        <Time at={at}>
          {(message?.declined || entry.metadata?.declined) && <span class="flag">No answer in the documents</span>}
          {entry.metadata?.flagged && <span class="flag">Unsupported statements</span>}
          {desk.may('why') && (
            <button type="button" class="link why" aria-pressed={state.why === entry.runId} onClick={() => desk.explain(entry.runId)}>
              <Icon name="question" />
              Why this answer
            </button>
          )}
        </Time>
      )}
    </article>
  );
}

/** What the answer cites, each passage once. */
function cited({ citations, passages }: Answer): Source[] {
  const numbers = [...new Set(citations.map(({ number }) => number))].sort((one, other) => one - other);
  return numbers.flatMap((number) => {
    const spans = citations.filter((span) => span.number === number);
    const found: SourcePassage | CitedSpan | undefined = passages[number - 1] ?? spans[0];
    if (!found) return [];
    const section = 'section' in found ? found.section : '';
    const place = [section, found.page ? `page ${found.page}` : ''].filter(Boolean).join(' · ');
    return [{ number, title: found.title, place, text: found.text ?? '' }];
  });
}
