/** What is to be said, to the customer or to colleagues. */

import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useSurroundings } from '../around.js';
import type { Mode } from '../drafts.js';
import type { Opened } from '../opened.js';
import type { Canned } from '../types.js';
import { percent } from '../times.js';
import { nameOf, plain } from '../words.js';
import { Icon } from './icons.js';
import { RichText } from './RichText.js';
import { Sources } from './Sources.js';

const MOST = 8_000;
const MOST_CANNED = 8;
/** The beginning of a canned reply's shortcut, and nothing else. */
const SLASHED = /^\/([\w-]*)$/;

export function Composer({ opened }: { opened: Opened }) {
  const { desk, acts, state } = useSurroundings();
  const { conversation_id: id } = opened.row;
  const [mode, setMode] = useState<Mode>(() => (!desk.drafts.text(id, 'reply') && desk.drafts.text(id, 'note') ? 'note' : 'reply'));
  const [text, setText] = useState(() => desk.drafts.text(id, mode));
  const [chosen, setChosen] = useState(0);
  const [hidden, setHidden] = useState(false);
  const [thinking, setThinking] = useState(false);
  const box = useRef<HTMLTextAreaElement>(null);
  const current = useRef(mode);
  current.current = mode;
  const found = mode === 'reply' && !hidden ? cannedFor(text, state.canned) : [];
  const named = found[Math.min(chosen, found.length - 1)];

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    element.style.height = 'auto';
    element.style.height = `${Math.min(220, element.scrollHeight + 2)}px`;
  }, [text, mode]);

  const write = (value: string) => {
    setText(value);
    setChosen(0);
    setHidden(false);
    desk.drafts.keep(id, mode, SLASHED.test(value) ? '' : value);
    if (mode === 'reply') acts.typing(value !== '' && !value.startsWith('/'));
  };
  const turn = (to: Mode) => {
    setMode(to);
    setText(desk.drafts.text(id, to));
    box.current?.focus();
  };
  const use = (words: string) => {
    write(words);
    box.current?.focus();
  };
  const pick = ({ text: words }: Canned) =>
    use(words.replaceAll('{name}', state.me?.name ?? '').replaceAll('{customer}', nameOf(opened.row.customer)));
  const send = async () => {
    const words = text.trim();
    if (!words || words.length > MOST) return;
    // The box is empty at once: what is typed while this is on its way is the next message.
    desk.drafts.keep(id, mode, '');
    setText('');
    if (await (mode === 'note' ? acts.note(words) : acts.reply(words))) return;
    const kept = [words, desk.drafts.text(id, mode)].filter(Boolean).join('\n');
    desk.drafts.keep(id, mode, kept);
    if (current.current === mode) setText(kept);
  };
  const suggest = async () => {
    setThinking(true);
    await acts.suggest();
    setThinking(false);
  };
  const press = (event: KeyboardEvent) => {
    if (named && ['ArrowDown', 'ArrowUp'].includes(event.key)) {
      event.preventDefault();
      setChosen((before) => (before + (event.key === 'ArrowDown' ? 1 : found.length - 1)) % found.length);
    } else if (named && (event.key === 'Enter' || event.key === 'Tab') && !event.shiftKey) {
      event.preventDefault();
      pick(named);
    } else if (event.key === 'Escape') {
      event.preventDefault();
      if (named) setHidden(true);
      else document.getElementById('list')?.focus();
    } else if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      void send();
    }
  };
  const { mine } = acts;
  return (
    <div class="composer" data-mode={mode}>
      {opened.suggestion && <SuggestionCard opened={opened} onUse={use} />}
      {named && <CannedList found={found} chosen={named} onPick={pick} />}
      <div class="modes" role="group" aria-label="To whom">
        <button type="button" aria-pressed={mode === 'reply'} data-mode="reply" onClick={() => turn('reply')}>
          Reply
        </button>
        <button type="button" aria-pressed={mode === 'note'} data-mode="note" title="Private note (N)" onClick={() => turn('note')}>
          <Icon name="lock" />
          Note
        </button>
        <span class="gap" />
        {mode === 'reply' && desk.may('suggestion') && (
          <button
            type="button"
            class="suggest"
            disabled={thinking}
            title="Suggest a reply (S)"
            data-act="suggest"
            onClick={() => void suggest()}
          >
            <Icon name="spark" />
            {thinking ? 'Thinking …' : 'Suggest'}
          </button>
        )}
      </div>
      <div class="box">
        <textarea
          ref={box}
          data-part="composer"
          rows={1}
          value={text}
          maxLength={MOST}
          dir="auto"
          aria-label={mode === 'note' ? 'Private note' : 'Reply to the customer'}
          placeholder={mode === 'note' ? 'Only colleagues see this …' : 'Write a reply, or / …'}
          {...(named
            ? {
                role: 'combobox',
                'aria-expanded': true,
                'aria-controls': 'canned-found',
                'aria-activedescendant': `canned-${named.canned_id}`,
              }
            : {})}
          onInput={(event) => write(event.currentTarget.value)}
          onKeyDown={press}
          onBlur={() => acts.typing(false)}
        />
        <button type="button" class="primary send" data-act="send" disabled={!text.trim()} onClick={() => void send()}>
          <Icon name={mode === 'note' ? 'lock' : 'send'} />
          {mode === 'note' ? 'Keep note' : mine ? 'Send' : 'Take over and send'}
        </button>
      </div>
    </div>
  );
}

/** Those whose shortcut or title begins with what stands behind the slash. */
export function cannedFor(text: string, canned: readonly Canned[]): Canned[] {
  const typed = SLASHED.exec(text)?.[1]?.toLowerCase();
  if (typed === undefined) return [];
  const begins = canned.filter(({ shortcut }) => shortcut.startsWith(typed));
  const other = canned.filter((one) => !begins.includes(one) && one.title.toLowerCase().includes(typed));
  return [...begins, ...other].slice(0, MOST_CANNED);
}

function CannedList({ found, chosen, onPick }: { found: readonly Canned[]; chosen: Canned; onPick: (canned: Canned) => void }) {
  return (
    <ul class="canned" id="canned-found" role="listbox" aria-label="Canned replies">
      {found.map((one) => (
        <li
          key={one.canned_id}
          id={`canned-${one.canned_id}`}
          role="option"
          aria-selected={one === chosen}
          onMouseDown={(event) => {
            event.preventDefault();
            onPick(one);
          }}
        >
          <b>/{one.shortcut}</b>
          <span dir="auto">{one.title}</span>
          <small dir="auto">{one.text}</small>
        </li>
      ))}
    </ul>
  );
}

function SuggestionCard({ opened, onUse }: { opened: Opened; onUse: (text: string) => void }) {
  const { acts } = useSurroundings();
  const [shown, setShown] = useState<number | null>(null);
  const { suggestion } = opened;
  if (!suggestion) return null;
  const numbers = [...new Set(suggestion.citations.map(({ number }) => number))].sort((one, other) => one - other);
  const sources = numbers.flatMap((number) =>
    suggestion.citations
      .filter((one) => one.number === number)
      .slice(0, 1)
      .map(({ title, text = '' }) => ({ number, title, place: '', text })),
  );
  const titles = sources.reduce<string[]>((all, { number, title }) => Object.assign(all, { [number - 1]: title }), []);
  return (
    <section class="suggestion" aria-label="Suggested reply">
      <header>
        <Icon name="spark" />
        <b>Suggested reply</b>
        <span class="hint">
          {suggestion.declined
            ? 'Not in the documents'
            : [suggestion.agent && plain(suggestion.agent), suggestion.confidence !== null && percent(suggestion.confidence)]
                .filter(Boolean)
                .join(' · ')}
        </span>
        <button type="button" class="tool" aria-label="Dismiss the suggestion" onClick={() => acts.dismiss()}>
          <Icon name="close" />
        </button>
      </header>
      <div class="draft-text" tabIndex={0}>
        <RichText text={suggestion.text} titles={titles} onSource={setShown} />
      </div>
      <Sources sources={sources} shown={shown} onShow={setShown} />
      <button
        type="button"
        class="secondary"
        data-act="use"
        onClick={() => {
          onUse(suggestion.text.replace(/\s*\[\d+\]/g, ''));
          acts.dismiss();
        }}
      >
        Put it into the reply
      </button>
    </section>
  );
}
