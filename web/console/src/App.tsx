/** The console: signing in, or the desk. */

import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { Acts } from './acts.js';
import { Around, type DialogName } from './around.js';
import { Desk } from './desk.js';
import { Drafts } from './drafts.js';
import { CannedReplies } from './parts/CannedReplies.js';
import { ConversationPane } from './parts/ConversationPane.js';
import { DetailsPane, lastRun } from './parts/DetailsPane.js';
import { Question } from './parts/Dialog.js';
import { FiguresView } from './parts/FiguresView.js';
import { ListPane } from './parts/ListPane.js';
import { Rail } from './parts/Rail.js';
import { Shortcuts } from './parts/Shortcuts.js';
import { SignIn } from './parts/SignIn.js';
import { heldToken, keepToken } from './session.js';
import { actionOf, takesKeys, type Action } from './shortcuts.js';
import { useStore } from './store.js';

const TICK_MS = 10_000;

export function App() {
  const [token, setToken] = useState(heldToken);
  const [why, setWhy] = useState('');
  useEffect(() => {
    const brought = () => {
      const found = location.hash ? heldToken() : null;
      if (found) setToken(found);
    };
    addEventListener('hashchange', brought);
    return () => removeEventListener('hashchange', brought);
  }, []);
  const signIn = (given: string) => {
    keepToken(given);
    setWhy('');
    setToken(given);
  };
  const signOut = (reason: string) => {
    keepToken(null);
    setWhy(reason);
    setToken(null);
  };
  return token === null ? <SignIn why={why} onToken={signIn} /> : <DeskView key={token} token={token} onSignedOut={signOut} />;
}

interface Asked {
  readonly text: string;
  readonly yes: string;
  readonly answer: (agreed: boolean) => void;
}

function DeskView({ token, onSignedOut }: { token: string; onSignedOut: (why: string) => void }) {
  const [asked, setAsked] = useState<Asked | null>(null);
  const [dialog, show] = useState<DialogName | null>(null);
  const now = useNow();
  const { desk, acts } = useMemo(() => {
    const made = new Desk(token, onSignedOut, new Drafts(storage()));
    return { desk: made, acts: new Acts(made, (text, yes) => new Promise((resolve) => setAsked({ text, yes, answer: resolve }))) };
  }, [token]);
  const state = useStore(desk.store);
  useEffect(() => {
    desk.begin();
    return () => desk.end();
  }, [desk]);
  useKeys(desk, acts, asked !== null || dialog !== null, show);
  useEffect(() => {
    const { counts } = state;
    document.title = `${counts?.waiting ? `(${counts.waiting}) ` : ''}Pitcrew staff`;
  }, [state.counts]);
  const answer = (agreed: boolean) => {
    asked?.answer(agreed);
    setAsked(null);
  };
  const broken = state.connection.name === 'waiting' || (state.connection.name !== 'ready' && state.me !== null);
  return (
    <Around.Provider value={{ desk, acts, state, now, show }}>
      <div class="console" data-view={state.view} data-pane={state.pane} data-open={state.opened !== null}>
        <Rail onSignOut={() => onSignedOut('')} />
        {state.view === 'figures' ? (
          <FiguresView />
        ) : (
          <>
            <ListPane />
            <ConversationPane />
            <DetailsPane />
          </>
        )}
        <div class="banner" role="status" data-shown={broken}>
          {broken ? (state.me ? 'The connection is lost. Trying again …' : 'There is no connection yet. Trying again …') : ''}
        </div>
        <div class="notice" role="status" data-bad={state.notice?.bad ?? false} data-shown={state.notice !== null}>
          {state.notice?.text}
        </div>
      </div>
      {dialog === 'shortcuts' && <Shortcuts onClose={() => show(null)} />}
      {dialog === 'canned' && <CannedReplies onClose={() => show(null)} />}
      {asked && <Question text={asked.text} yes={asked.yes} onAnswer={answer} />}
    </Around.Provider>
  );
}

function useKeys(desk: Desk, acts: Acts, blocked: boolean, show: (dialog: DialogName) => void): void {
  const still = useRef(blocked);
  still.current = blocked;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (still.current) return;
      const action = actionOf(event, takesKeys(event.target));
      if (!action) return;
      event.preventDefault();
      perform(action, desk, acts, show);
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, [desk]);
}

function perform(action: Action, desk: Desk, acts: Acts, show: (dialog: DialogName) => void): void {
  const { opened, view, conversationId } = desk.state;
  const row = opened?.row;
  const element = (selector: string) => document.querySelector<HTMLElement>(selector);
  // At once where it can be seen: the next keys are meant for it.
  const reach = (selector: string, work: (found: HTMLElement) => void): void => {
    const found = element(selector);
    if (found?.checkVisibility()) return work(found);
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        const shown = element(selector);
        if (shown) work(shown);
      }),
    );
  };
  switch (action) {
    case 'next':
      return desk.step(1);
    case 'previous':
      return desk.step(-1);
    case 'take':
      return void acts.take();
    case 'return':
      return void (row?.state === 'staff' || row?.state === 'waiting' ? acts.giveBack() : undefined);
    case 'close':
      return void (row && (row.state === 'closed' ? acts.reopen() : acts.close()));
    case 'write':
    case 'note':
      desk.pane(row ? 'conversation' : desk.state.pane);
      return reach(`[data-mode=${action === 'note' ? 'note' : 'reply'}][aria-pressed]`, (button) => button.click());
    case 'suggest':
      return element('[data-act=suggest]')?.click();
    case 'why':
      return desk.explain(desk.state.why ? null : lastRun(opened?.conversation.entries ?? []));
    case 'slash':
      return conversationId && view === 'desk' ? begin(element) : element('#search')?.focus();
    case 'search':
      if (view !== 'desk') desk.show('desk');
      desk.pane('list');
      return reach('#search', (box) => box.focus());
    case 'figures':
      return desk.may('outcomes') ? desk.show(view === 'desk' ? 'figures' : 'desk') : undefined;
    case 'help':
      return show('shortcuts');
  }
}

/** Begins a canned reply, where nothing is written yet. */
function begin(element: (selector: string) => HTMLElement | null): void {
  const reply = element('[data-mode=reply][aria-pressed]');
  const write = () => {
    const box = element('[data-part=composer]');
    if (!(box instanceof HTMLTextAreaElement)) return;
    box.focus();
    if (box.value) return;
    box.value = '/';
    box.dispatchEvent(new InputEvent('input', { bubbles: true }));
  };
  if (reply?.getAttribute('aria-pressed') === 'true') return write();
  reply?.click();
  requestAnimationFrame(write);
}

function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return now;
}

function storage(): Storage | null {
  try {
    return sessionStorage;
  } catch {
    return null;
  }
}
