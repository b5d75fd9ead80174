/** Markdown, which may be growing, as nodes that can do nothing. */

import { useLayoutEffect, useRef } from 'preact/hooks';
import { markdown, renewed } from '../protocol.js';

interface Properties {
  readonly text: string;
  /** The titles of its sources, by the number of their markers from 1. */
  readonly titles?: readonly string[];
  readonly onSource?: (number: number) => void;
}

export function RichText({ text, titles = [], onSource }: Properties) {
  const place = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const source = (number: number) => {
      const title = titles[number - 1];
      return title !== undefined && onSource ? `Source ${number}: ${title}` : null;
    };
    if (place.current) renewed(place.current, markdown(text, { source, calendar: null }));
  }, [text, titles.join('\n'), onSource !== undefined]);
  const press = (event: Event) => {
    const { source } = (event.target as HTMLElement).dataset;
    if (source) onSource?.(Number(source));
  };
  return <div class="text" dir="auto" ref={place} onClick={press} />;
}
