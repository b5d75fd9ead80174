/** What an answer rests on: each cited passage with the words that bear it out. */

import type { Answer, CitedSpan, SourcePassage } from 'pitcrew-client';
import { useEffect, useRef } from 'preact/hooks';
import { counted, filled } from '../messages.js';
import { useSurroundings } from '../surroundings.js';
import { Icon } from './icons.js';

interface Properties {
  readonly answer: Answer;
  /** Which source was asked for, and how often; its passage is shown and gets the focus. */
  readonly wanted: { readonly number: number; readonly times: number } | null;
}

export function Sources({ answer, wanted }: Properties) {
  const { language } = useSurroundings();
  const details = useRef<HTMLDetailsElement>(null);
  const cited = citedIn(answer);
  useEffect(() => {
    const item = details.current?.querySelector<HTMLElement>(`[data-number="${wanted?.number}"]`);
    if (!item || !details.current) return;
    details.current.open = true;
    item.focus();
    item.scrollIntoView({ block: 'nearest' });
  }, [wanted]);
  if (!cited.length) return null;
  return (
    <details class="sources" ref={details}>
      <summary><Icon name="book" />{counted(language, 'sources', cited.length)}</summary>
      <ol>
        {cited.map(({ number, passage, spans }) => (
          <li key={number} data-number={number} tabIndex={-1}>
            <span class="number" aria-hidden="true">{number}</span>
            <div>
              <p class="title" dir="auto">{passage.title}</p>
              <p class="place" dir="auto">{placeOf(passage, language.messages.page)}</p>
              <Passage passage={passage} spans={spans} answer={answer.text} />
            </div>
          </li>
        ))}
      </ol>
    </details>
  );
}

interface Cited {
  readonly number: number;
  readonly passage: SourcePassage;
  readonly spans: readonly CitedSpan[];
}

/** Once the answer is whole the sources that it cites, with the exact words. */
export function citedIn({ passages, citations }: Answer): Cited[] {
  const numbers = [...new Set(citations.map(({ number }) => number))].sort((one, other) => one - other);
  return numbers.flatMap((number) => {
    const spans = citations.filter((span) => span.number === number);
    const passage = passages[number - 1] ?? asPassage(spans[0]);
    return passage ? [{ number, passage, spans }] : [];
  });
}

function asPassage(span: CitedSpan | undefined): SourcePassage | null {
  return span ? { ...span, id: span.passage_id, section: '', text: span.text ?? '', score: 1 } : null;
}

function placeOf({ section, page }: SourcePassage, pageWords: string): string {
  return [section, page ? filled(pageWords, { n: page }) : ''].filter(Boolean).join(' · ');
}

/** The words of a passage, those that bear the answer out marked; a row of a table as its fields. */
function Passage({ passage, spans, answer }: { passage: SourcePassage; spans: readonly CitedSpan[]; answer: string }) {
  const fields = fieldsIn(passage.text);
  if (!fields) return <blockquote dir="auto" tabIndex={0}>{highlighted(passage, spans)}</blockquote>;
  const told = fields.filter(([, value]) => answer.includes(value));
  const others = fields.filter((field) => !told.includes(field));
  return (
    <blockquote tabIndex={0}>
      <dl>
        {[...told, ...others].map(([name, value], at) => (
          <div key={name} data-told={at < told.length}><dt dir="auto">{name}</dt><dd dir="auto">{value}</dd></div>
        ))}
      </dl>
    </blockquote>
  );
}

/** The fields of `name: value | name: value | …`; null for any other text. */
function fieldsIn(text: string): [string, string][] | null {
  const fields = text.split(' | ').map((part): [string, string] | null => {
    const colon = part.indexOf(': ');
    return colon > 0 ? [part.slice(0, colon), part.slice(colon + 2).trim()] : null;
  });
  return fields.length > 2 && fields.every((field) => field !== null) ? fields : null;
}

/** The passage with the cited words marked; positions count code points of the document. */
function highlighted(passage: SourcePassage, spans: readonly CitedSpan[]) {
  const points = Array.from(passage.text);
  const marks = spans
    .map(({ start, end }) => [start - passage.start, end - passage.start] as const)
    .filter(([start, end]) => start >= 0 && end <= points.length && start < end)
    .sort(([one], [other]) => one - other);
  // Where all of it is meant, marks would only make it harder to read.
  if (marks.some(([start, end]) => start === 0 && end >= points.length - 1)) return [passage.text];
  const pieces = [];
  let at = 0;
  for (const [start, end] of marks) {
    if (start < at) continue;
    pieces.push(points.slice(at, start).join(''), <mark key={start}>{points.slice(start, end).join('')}</mark>);
    at = end;
  }
  return [...pieces, points.slice(at).join('')];
}
