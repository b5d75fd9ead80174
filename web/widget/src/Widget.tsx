/** The widget: a button in a corner of the page, and the chat window. */

import type { PitcrewClient, Snapshot } from 'pitcrew-client';
import { useEffect, useRef, useState } from 'preact/hooks';
import { counted, type Language } from './messages.js';
import { Icon } from './parts/icons.js';
import { Panel } from './parts/Panel.js';
import type { Settings } from './settings.js';
import { Around, type Surroundings } from './surroundings.js';

interface Properties {
  readonly client: PitcrewClient;
  readonly language: Language;
  readonly settings: Settings;
  readonly open: boolean;
  readonly setOpen: (open: boolean) => void;
  readonly download: Surroundings['download'];
}

export function Widget({ client, language, settings, open, setOpen, download }: Properties) {
  const snapshot = useSnapshot(client);
  const theme = useTheme(settings.theme);
  const launcher = useRef<HTMLButtonElement>(null);
  const visible = useVisible();
  const was = useRef(open);
  useEffect(() => {
    if (was.current && !open) launcher.current?.focus();
    was.current = open;
  }, [open]);
  useEffect(() => {
    if (open && visible && snapshot.unread > 0) client.read();
  }, [open, visible, snapshot.unread]);
  const { messages } = language;
  const label = snapshot.unread ? counted(language, 'launcherUnread', snapshot.unread) : messages.launcher;
  return (
    <Around.Provider value={{ client, snapshot, language, settings, download }}>
      <div class="root" dir={language.direction} lang={language.code} data-theme={theme} data-side={settings.side}
        data-open={open}>
        {open && <Panel onClose={() => setOpen(false)} />}
        {settings.launcher && (
          <button type="button" class="launcher" aria-label={open ? messages.close : label} aria-expanded={open} ref={launcher}
            onClick={() => setOpen(!open)}>
            <Icon name={open ? 'down' : 'chat'} />
            {!open && snapshot.unread > 0 && <span class="badge" aria-hidden="true">{Math.min(99, snapshot.unread)}</span>}
          </button>
        )}
      </div>
    </Around.Provider>
  );
}

const HIDDEN_MS = 250;

/** The state of everything, at most once per frame of the screen. */
function useSnapshot(client: PitcrewClient): Snapshot {
  const [snapshot, setSnapshot] = useState(client.snapshot());
  useEffect(() => {
    let scheduled = false;
    const show = () => {
      scheduled = false;
      setSnapshot(client.snapshot());
    };
    const schedule = () => {
      if (scheduled) return;
      scheduled = true;
      // A page that nobody sees has no frames.
      if (document.hidden) setTimeout(show, HIDDEN_MS);
      else requestAnimationFrame(show);
    };
    show();
    return client.subscribe(schedule);
  }, [client]);
  return snapshot;
}

function useTheme(wanted: Settings['theme']): 'light' | 'dark' {
  const [dark, setDark] = useState(() => matchMedia('(prefers-color-scheme: dark)').matches);
  useEffect(() => {
    const query = matchMedia('(prefers-color-scheme: dark)');
    const change = () => setDark(query.matches);
    query.addEventListener('change', change);
    return () => query.removeEventListener('change', change);
  }, []);
  return wanted === 'auto' ? (dark ? 'dark' : 'light') : wanted;
}

function useVisible(): boolean {
  const [visible, setVisible] = useState(!document.hidden);
  useEffect(() => {
    const change = () => setVisible(!document.hidden);
    document.addEventListener('visibilitychange', change);
    return () => document.removeEventListener('visibilitychange', change);
  }, []);
  return visible;
}
