/** What came of conversations: outcomes, gaps in what the documents tell, feedback, cases, what the staff did. */

import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { wordsOf } from '../api.js';
import { useSurroundings } from '../around.js';
import { percent, seconds } from '../times.js';
import type { Outcomes } from '../types.js';
import { REASON_WORDS } from '../words.js';
import { Shares, StackedDays } from './Charts.js';
import { Audit, Cases, Feedback, Gaps } from './Reports.js';
import { Icon } from './icons.js';

const SPANS = [7, 30, 90] as const;
const DAY_MS = 86_400_000;

export function FiguresView() {
  const { desk } = useSurroundings();
  const [days, setDays] = useState<number>(30);
  const [outcomes, setOutcomes] = useState<Outcomes | null>(null);
  const [problem, setProblem] = useState('');
  const since = new Date(Date.now() - (days - 1) * DAY_MS).toISOString().slice(0, 10);
  useEffect(() => {
    setProblem('');
    desk.api.get<Outcomes>('/outcomes', { since }).then(setOutcomes, (failure: unknown) => setProblem(wordsOf(failure)));
  }, [since]);
  const download = (path: string, name: string) =>
    void desk.api.download(path, name).catch((failure: unknown) => desk.say(wordsOf(failure), true));
  return (
    <main class="figures" tabIndex={-1}>
      <header>
        <h1>Figures</h1>
        <div class="modes" role="group" aria-label="Of which days">
          {SPANS.map((span) => (
            <button key={span} type="button" aria-pressed={span === days} onClick={() => setDays(span)}>
              {span} days
            </button>
          ))}
        </div>
        <span class="gap" />
        {desk.may('export') && (
          <button type="button" class="secondary" onClick={() => download(`/export.csv?since=${since}`, 'conversations.csv')}>
            <Icon name="file" />
            CSV
          </button>
        )}
      </header>
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      {outcomes && <Numbers outcomes={outcomes} />}
      <div class="columns">
        {desk.may('gaps') && <Gaps since={since} />}
        {desk.may('feedback') && <Feedback />}
        {desk.may('cases') && <Cases onDownload={() => download('/cases.jsonl', 'cases.jsonl')} />}
        {desk.may('audit') && <Audit />}
      </div>
    </main>
  );
}

function Numbers({
  outcomes: {
    conversations,
    resolved_by_bot: resolved,
    handed_over: handed,
    reopened,
    first_response_s: first,
    csat,
    thumbs,
    by_reason: reasons,
    days,
  },
}: {
  outcomes: Outcomes;
}) {
  const share = (value: number) => (conversations ? percent(value / conversations) : '–');
  return (
    <>
      <dl class="tiles">
        <Tile name="Conversations" value={conversations.toLocaleString('en')} />
        <Tile name="Resolved" value={share(resolved)} about={`${resolved.toLocaleString('en')} by the assistant alone`} />
        <Tile name="Handed over" value={share(handed)} about={`${handed.toLocaleString('en')} conversations`} />
        <Tile
          name="First response of staff"
          value={first ? seconds(first.median) : '–'}
          about={first ? `median; nine in ten within ${seconds(first.p90)}` : 'none yet'}
        />
        <Tile name="Satisfied" value={csat === null ? '–' : percent(csat)} about={`${thumbs.up} up, ${thumbs.down} down`} />
        <Tile name="Reopened" value={reopened.toLocaleString('en')} />
      </dl>
      <div class="charts">
        <StackedDays
          title="Conversations by day"
          days={days.map(({ day }) => day)}
          height={290}
          series={[
            { name: 'Resolved by the assistant', kind: 'one', values: days.map((day) => day.resolved_by_bot) },
            { name: 'Handed over', kind: 'two', values: days.map((day) => day.handed_over) },
            {
              name: 'Neither yet',
              kind: 'three',
              values: days.map((day) => Math.max(0, day.conversations - day.resolved_by_bot - day.handed_over)),
            },
          ]}
        />
        <div class="beside">
          <Shares
            title="Why people were called"
            values={(['request', 'unanswered', 'danger', 'staff'] as const).map((reason) => ({
              name: REASON_WORDS[reason],
              value: reasons[reason] ?? 0,
              kind: 'two',
            }))}
          />
          <StackedDays
            title="Thumbs by day"
            days={days.map(({ day }) => day)}
            height={112}
            series={[
              { name: 'Up', kind: 'good', values: days.map(({ up }) => up) },
              { name: 'Down', kind: 'bad', values: days.map(({ down }) => down) },
            ]}
          />
        </div>
      </div>
    </>
  );
}

function Tile({ name, value, about }: { name: string; value: string; about?: ComponentChildren }) {
  return (
    <div class="tile">
      <dt>{name}</dt>
      <dd>
        <b>{value}</b>
        {about && <span class="hint">{about}</span>}
      </dd>
    </div>
  );
}
