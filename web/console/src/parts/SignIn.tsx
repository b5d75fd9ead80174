/** Who is not signed in yet pastes a token. */

import { useState } from 'preact/hooks';
import { Icon } from './icons.js';

export function SignIn({ why, onToken }: { why: string; onToken: (token: string) => void }) {
  const [token, setToken] = useState('');
  const submit = (event: Event) => {
    event.preventDefault();
    if (token.trim()) onToken(token.trim());
  };
  return (
    <main class="sign-in">
      <form onSubmit={submit}>
        <img src="/staff/icon.svg" alt="" width="44" height="44" />
        <h1>Pitcrew staff</h1>
        <p class="hint">Sign in with a token of the role staff or admin.</p>
        {why && (
          <p class="problem" role="alert">
            <Icon name="alert" />
            {why}
          </p>
        )}
        <label for="token">Token</label>
        <textarea
          id="token"
          rows={4}
          autofocus
          autocomplete="off"
          spellcheck={false}
          value={token}
          placeholder="eyJ…"
          onInput={(event) => setToken(event.currentTarget.value)}
          onKeyDown={(event) => event.key === 'Enter' && submit(event)}
        />
        <button type="submit" class="primary" disabled={!token.trim()}>
          Sign in
        </button>
        <details>
          <summary>How do I get one?</summary>
          <p>Your administrator issues it. On the machine of the server:</p>
          <pre tabIndex={0}>pitcrew token --user ada --name Ada --role staff</pre>
          <p>
            In development, <code>pitcrew serve</code> prints a link that signs you in.
          </p>
        </details>
      </form>
    </main>
  );
}
