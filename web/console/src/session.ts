/** Who is signed in: a token that lives as long as the tab. */

const KEY = 'pitcrew.staff.token';

/** The token that a link brought in its fragment, or that the tab has. A link's token leaves the address at once. */
export function heldToken(): string | null {
  const brought = new URLSearchParams(location.hash.slice(1)).get('token');
  if (brought) {
    keepToken(brought);
    history.replaceState(history.state, '', location.pathname + location.search);
  }
  return brought ?? stored();
}

export function keepToken(token: string | null): void {
  try {
    if (token === null) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, token);
  } catch {
    // Without a storage one signs in again after a reload.
  }
}

function stored(): string | null {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null;
  }
}
