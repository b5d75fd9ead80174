/** What states, reasons and specialists are called. */

import type { Customer, Priority, Reason, State } from './types.js';
import type { Sort } from './filters.js';

export const STATE_WORDS: Record<State, string> = { bot: 'Assistant', waiting: 'Waiting', staff: 'With staff', closed: 'Closed' };
export const PRIORITY_WORDS: Record<Priority, string> = { low: 'Low', normal: 'Normal', high: 'High', urgent: 'Urgent' };
export const SORT_WORDS: Record<Sort, string> = {
  recent: 'Latest first',
  oldest: 'Oldest first',
  waiting: 'Longest waiting',
  priority: 'By priority',
};
export const REASON_WORDS: Record<Reason, string> = {
  request: 'Asked for a person',
  danger: 'Danger',
  unanswered: 'Not answered',
  staff: 'Called by staff',
};

/** A name for everybody, also for those who gave none. */
export function nameOf(customer: Customer): string {
  return customer.name || customer.email || (customer.guest ? 'Guest' : customer.id);
}

/** `out_of_scope` as words. */
export function plain(name: string): string {
  const words = name.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Markdown in one line, without its signs. */
export function unmarked(text: string): string {
  return text
    .replace(/[*`]+|\[\d{1,3}\]|^#+ |^\s*[-|] /gm, '')
    .replace(/\s+/g, ' ')
    .trim();
}
