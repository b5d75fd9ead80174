/** What this tab of the browser keeps until it is closed. Storage may be forbidden: then nothing is kept. */

const PREFIX = 'pitcrew.test.';

/** @param {string} name @returns {string | null} */
export function recall(name) {
  try {
    return sessionStorage.getItem(PREFIX + name) || null;
  } catch {
    return null;
  }
}

/** @param {string} name @param {string | null} value null to forget it @returns {boolean} whether that is kept */
export function keep(name, value) {
  try {
    if (value === null) sessionStorage.removeItem(PREFIX + name);
    else sessionStorage.setItem(PREFIX + name, value);
    return true;
  } catch {
    return false;
  }
}
