/** Markdown of the server's, which may be growing. */

import type { CitedSpan, SourcePassage } from 'pitcrew-client';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { filled } from '../messages.js';
import { markdown, renewed } from '../markdown.js';
import { useSurroundings } from '../surroundings.js';

interface Properties {
  readonly text: string;
  readonly passages?: readonly (SourcePassage | CitedSpan)[];
  readonly onSource?: (number: number) => void;
}

export function RichText({ text, passages = [], onSource }: Properties) {
  const { language: { messages }, download } = useSurroundings();
  const [failed, setFailed] = useState(false);
  const place = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const source = (number: number) => {
      const passage = passages[number - 1];
      return passage && onSource ? filled(messages.source, { n: number, title: passage.title }) : null;
    };
    if (place.current) renewed(place.current, markdown(text, { source, calendar: download && messages.calendar }));
  }, [text, passages, messages]);
  const press = (event: Event) => {
    const { source, calendar } = (event.target as HTMLElement).dataset;
    if (source) onSource?.(Number(source));
    if (calendar && download) void download(calendar).then(() => setFailed(false), () => setFailed(true));
  };
  return (
    <>
      <div class="text" dir="auto" ref={place} onClick={press} />
      {failed && <p class="hint" role="alert">{messages.calendarFailed}</p>}
    </>
  );
}
