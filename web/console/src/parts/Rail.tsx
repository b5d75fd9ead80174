/** The way between the desk and the figures; who is here; light and dark. */

import { useState } from 'preact/hooks';
import { useSurroundings } from '../around.js';
import { choose, chosenTheme, THEMES } from '../theme.js';
import { Face } from './Face.js';
import { Icon, type IconName } from './icons.js';

const MOST_FACES = 5;
const THEME_ICONS = { auto: 'system', light: 'sun', dark: 'moon' } as const satisfies Record<string, IconName>;
const THEME_WORDS = { auto: 'As the system', light: 'Light', dark: 'Dark' } as const;

export function Rail({ onSignOut }: { onSignOut: () => void }) {
  const { desk, state, show } = useSurroundings();
  const [theme, setTheme] = useState(chosenTheme);
  const [here, setHere] = useState(true);
  const waiting = state.counts?.waiting ?? 0;
  const others = state.present.filter(({ id }) => id !== state.me?.id);
  const turn = () => {
    const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'auto';
    choose(next);
    setTheme(next);
  };
  const status = () => {
    desk.send({ type: 'status', status: here ? 'away' : 'here' });
    setHere(!here);
  };
  return (
    <nav class="rail" aria-label="Console">
      <img class="logo" src="/staff/icon.svg" alt="Pitcrew" width="32" height="32" />
      <button
        type="button"
        class="place"
        aria-current={state.view === 'desk' ? 'page' : undefined}
        aria-label={`Conversations${waiting ? `, ${waiting} waiting` : ''}`}
        title="Conversations"
        onClick={() => desk.show('desk')}
      >
        <Icon name="inbox" />
        {waiting > 0 && (
          <span class="badge" aria-hidden="true">
            {waiting > 99 ? '99+' : waiting}
          </span>
        )}
      </button>
      {desk.may('outcomes') && (
        <button
          type="button"
          class="place"
          aria-current={state.view === 'figures' ? 'page' : undefined}
          aria-label="Figures"
          title="Figures (D)"
          onClick={() => desk.show('figures')}
        >
          <Icon name="chart" />
        </button>
      )}
      {desk.may('canned') && (
        <button type="button" class="place" aria-label="Canned replies" title="Canned replies" onClick={() => show('canned')}>
          <Icon name="bolt" />
        </button>
      )}
      <span class="gap" />
      {others.length > 0 && (
        <ul class="present" aria-label="Colleagues who are here">
          {others.slice(0, MOST_FACES).map(({ id, name, status: their }) => (
            <li key={id} title={`${name || id}${their === 'away' ? ' (away)' : ''}`}>
              <Face id={id} name={name || id} small status={their} />
              <span class="unseen">
                {name || id}, {their}
              </span>
            </li>
          ))}
        </ul>
      )}
      <button type="button" class="place" aria-label="Keyboard shortcuts" title="Keyboard shortcuts (?)" onClick={() => show('shortcuts')}>
        <Icon name="keyboard" />
      </button>
      <button
        type="button"
        class="place"
        data-part="theme"
        aria-label={`Colours: ${THEME_WORDS[theme]}`}
        title={`Colours: ${THEME_WORDS[theme]}`}
        onClick={turn}
      >
        <Icon name={THEME_ICONS[theme]} />
      </button>
      <button type="button" class="place" aria-label="Sign out" title="Sign out" onClick={onSignOut}>
        <Icon name="leave" />
      </button>
      {state.me && (
        <button
          type="button"
          class="me"
          aria-pressed={!here}
          aria-label={`${state.me.name || state.me.id}: ${here ? 'here' : 'away'}`}
          title={here ? 'You are here. Press to be away.' : 'You are away. Press to be here.'}
          onClick={status}
        >
          <Face id={state.me.id} name={state.me.name || state.me.id} status={here ? 'here' : 'away'} />
        </button>
      )}
    </nav>
  );
}
