/** The rows that can be seen, of as many as there are; more are fetched as the end comes near. */

import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useSurroundings } from '../around.js';
import { visible } from '../list.js';
import { RowView } from './RowView.js';

/** As in the style sheet. */
const ROW = 84;
/** Rows from the end at which the next page is fetched. */
const NEAR = 60;

export function VirtualList() {
  const { desk, state } = useSurroundings();
  const {
    list: { rows, next, status },
    conversationId,
  } = state;
  const frame = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 900 });
  const [first, last] = visible(rows.length, ROW, view.top, view.height);
  const selected = rows.findIndex((row) => row.conversation_id === conversationId);

  useLayoutEffect(() => {
    const element = frame.current;
    if (!element) return;
    const look = () => setView({ top: element.scrollTop, height: element.clientHeight });
    const observer = new ResizeObserver(look);
    observer.observe(element);
    look();
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    if (last > rows.length - NEAR) desk.more();
  }, [last, rows.length, status]);
  useLayoutEffect(() => {
    const element = frame.current;
    if (!element || selected < 0) return;
    const [top, bottom] = [selected * ROW, (selected + 1) * ROW];
    if (top < element.scrollTop) element.scrollTop = top;
    else if (bottom > element.scrollTop + element.clientHeight) element.scrollTop = bottom - element.clientHeight;
  }, [conversationId]);

  const go = (to: number) => {
    const row = rows[Math.min(rows.length - 1, Math.max(0, to))];
    if (row) desk.open(row.conversation_id);
  };
  const press = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor(view.height / ROW) - 1);
    const moves: Record<string, number> = {
      ArrowDown: selected + 1,
      ArrowUp: selected - 1,
      PageDown: selected + page,
      PageUp: selected - page,
      Home: 0,
      End: rows.length - 1,
    };
    const to = moves[event.key];
    if (to !== undefined) {
      event.preventDefault();
      go(selected < 0 ? 0 : to);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      if (selected < 0) go(0);
      else desk.pane('conversation');
      document.querySelector<HTMLElement>('[data-part=composer]')?.focus();
    }
  };
  const shown = rows.slice(first, last);
  return (
    <div
      id="list"
      class="list"
      ref={frame}
      role="listbox"
      aria-label="Conversations"
      tabIndex={0}
      aria-busy={status === 'loading'}
      {...(selected >= first && selected < last ? { 'aria-activedescendant': `row-${selected}` } : {})}
      onScroll={(event) => setView({ top: event.currentTarget.scrollTop, height: event.currentTarget.clientHeight })}
      onKeyDown={press}
    >
      <div class="rows" role="presentation" style={{ height: `${rows.length * ROW}px` }}>
        {shown.map((row, at) => (
          <RowView
            key={row.conversation_id}
            row={row}
            at={first + at}
            of={next === null ? rows.length : -1}
            top={(first + at) * ROW}
            selected={row.conversation_id === conversationId}
          />
        ))}
      </div>
      {rows.length === 0 && status === 'ready' && (
        <p class="empty" role="presentation">
          Nothing here. Other filters may find more.
        </p>
      )}
    </div>
  );
}
