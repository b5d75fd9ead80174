/** Lists beside the figures, each loaded by itself. */

import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { wordsOf } from '../api.js';
import { useSurroundings } from '../around.js';
import { full, moment } from '../times.js';
import type { Audited, Case, FeedbackEntry, Gap } from '../types.js';
import { plain, unmarked } from '../words.js';
import { Icon } from './icons.js';

const PAGE = '20';

export function Gaps({ since }: { since: string }) {
  const { desk, now } = useSurroundings();
  const { found, problem } = useAnswer<{ gaps: Gap[] }>('/gaps', { since, limit: PAGE });
  return (
    <Report
      title="Knowledge gaps"
      about="What customers asked and the documents do not tell."
      empty={found?.gaps.length === 0 && 'Every question was answered.'}
      problem={problem}
    >
      {found?.gaps.map((gap) => (
        <li key={gap.questions[0]?.message_id ?? gap.question}>
          <details>
            <summary>
              <b class="number">{gap.count}</b>
              <span class="short" dir="auto">
                {gap.question}
              </span>
              <span class="hint">{moment(gap.last_at, now)}</span>
            </summary>
            <ul class="plain">
              {gap.questions.map((one) => (
                <li key={one.message_id}>
                  <button type="button" class="entry" onClick={() => desk.open(one.conversation_id)}>
                    <span dir="auto">{one.text}</span>
                    <span class="hint">{full(one.at)}</span>
                  </button>
                </li>
              ))}
            </ul>
          </details>
        </li>
      ))}
    </Report>
  );
}

export function Feedback() {
  const { desk, now } = useSurroundings();
  const [rating, setRating] = useState<'' | 'up' | 'down'>('');
  const { found, problem } = useAnswer<{ feedback: FeedbackEntry[] }>('/feedback', { limit: PAGE, ...(rating ? { rating } : {}) });
  const choice = (
    <div class="modes" role="group" aria-label="Which feedback">
      {(['', 'down', 'up'] as const).map((one) => (
        <button key={one} type="button" aria-pressed={rating === one} onClick={() => setRating(one)}>
          {one === '' ? 'All' : one === 'up' ? 'Helpful' : 'Not helpful'}
        </button>
      ))}
    </div>
  );
  return (
    <Report
      title="Feedback"
      about="What customers thought of answers."
      empty={found?.feedback.length === 0 && 'Nobody has said anything yet.'}
      problem={problem}
      extra={choice}
    >
      {found?.feedback.map((one) => (
        <li key={one.message_id}>
          <button type="button" class="entry" onClick={() => desk.open(one.conversation_id)}>
            <span class="thumb" data-rating={one.rating}>
              <Icon name={one.rating === 'up' ? 'up' : 'thumbDown'} />
              {one.reason ? <q dir="auto">{one.reason}</q> : one.rating === 'up' ? 'Helpful' : 'Not helpful'}
              <span class="gap" />
              <span class="hint">{moment(one.at, now)}</span>
            </span>
            <span class="short" dir="auto">
              {one.question}
            </span>
            <span class="hint short" dir="auto">
              {unmarked(one.answer)}
            </span>
          </button>
        </li>
      ))}
    </Report>
  );
}

export function Cases({ onDownload }: { onDownload: () => void }) {
  const { desk, now } = useSurroundings();
  const { found, problem } = useAnswer<{ cases: Case[] }>('/cases', { limit: PAGE });
  const extra =
    desk.may('cases_export') && (found?.cases.length ?? 0) > 0 ? (
      <button type="button" class="secondary" onClick={onDownload}>
        <Icon name="file" />
        JSONL
      </button>
    ) : undefined;
  return (
    <Report
      title="Cases"
      about="Wrong answers with their correction, for `pitcrew eval cases`."
      empty={found?.cases.length === 0 && 'None yet: mark a wrong answer beside it, under “Why this answer”.'}
      problem={problem}
      extra={extra}
    >
      {found?.cases.map((one) => (
        <li key={one.case_id}>
          <button type="button" class="entry" onClick={() => desk.open(one.conversation_id)}>
            <span class="short" dir="auto">
              {one.question}
            </span>
            <span class="hint short" dir="auto">
              Expected: {one.expected}
            </span>
            <span class="hint">
              {one.author.name || one.author.id} · {moment(one.created_at, now)}
            </span>
          </button>
        </li>
      ))}
    </Report>
  );
}

export function Audit() {
  const { desk } = useSurroundings();
  const { found, problem } = useAnswer<{ audit: Audited[] }>('/audit', { limit: PAGE });
  return (
    <Report
      title="What the staff did"
      about="The latest entries of the audit log."
      empty={found?.audit.length === 0 && 'Nothing yet.'}
      problem={problem}
    >
      {found?.audit.map((one) => {
        const text = (
          <>
            <span>
              <b>{one.staff.name || one.staff.id}</b> {plain(one.operation).toLowerCase()}
            </span>
            <span class="hint">{full(one.at)}</span>
          </>
        );
        const id = one.conversation_id;
        return (
          <li key={one.audit_id}>
            {id ? (
              <button type="button" class="entry" onClick={() => desk.open(id)}>
                {text}
              </button>
            ) : (
              <p class="entry">{text}</p>
            )}
          </li>
        );
      })}
    </Report>
  );
}

interface Properties {
  readonly title: string;
  readonly about: string;
  readonly empty: string | false | undefined;
  readonly problem: string;
  readonly children: ComponentChildren;
  readonly extra?: ComponentChildren;
}

function Report({ title, about, empty, problem, children, extra }: Properties) {
  return (
    <section class="card report">
      <header>
        <div>
          <h2>{title}</h2>
          <p class="hint">{about}</p>
        </div>
        {extra}
      </header>
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      {empty ? <p class="empty">{empty}</p> : <ul class="plain">{children}</ul>}
    </section>
  );
}

function useAnswer<Answer>(path: string, query: Readonly<Record<string, string>>): { found: Answer | null; problem: string } {
  const { desk } = useSurroundings();
  const [answer, setAnswer] = useState<{ found: Answer | null; problem: string }>({ found: null, problem: '' });
  useEffect(() => {
    let wanted = true;
    const tell = (found: Answer | null, problem: string) => wanted && setAnswer({ found, problem });
    desk.api.get<Answer>(path, query).then(
      (found) => tell(found, ''),
      (failure: unknown) => tell(null, wordsOf(failure)),
    );
    return () => {
      wanted = false;
    };
  }, [path, JSON.stringify(query)]);
  return answer;
}
