/** Times and figures in words. */

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** How long ago, or how long it took: "now", "4 min", "2 h 5 min", "3 d". */
export function span(ms: number): string {
  if (ms < MINUTE_MS) return 'now';
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)} min`;
  if (ms >= DAY_MS) return `${Math.floor(ms / DAY_MS)} d`;
  const minutes = Math.floor((ms % HOUR_MS) / MINUTE_MS);
  return `${Math.floor(ms / HOUR_MS)} h${minutes ? ` ${minutes} min` : ''}`;
}

/** How long somebody has waited, and how bad that is. */
export function waiting(since: string, now: number): { readonly text: string; readonly level: 'short' | 'long' | 'late' } {
  const ms = Math.max(0, now - Date.parse(since));
  return { text: ms < MINUTE_MS ? 'just now' : span(ms), level: ms < 2 * MINUTE_MS ? 'short' : ms < 10 * MINUTE_MS ? 'long' : 'late' };
}

/** In a list: the time today, else the day. */
export function moment(at: string, now: number): string {
  const date = new Date(at);
  const today = new Date(now);
  if (date.toDateString() === today.toDateString()) return clock(at);
  if (date.toDateString() === new Date(now - DAY_MS).toDateString()) return 'Yesterday';
  return date.toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'short',
    ...(date.getFullYear() === today.getFullYear() ? {} : { year: 'numeric' }),
  });
}

export function clock(at: string): string {
  return new Date(at).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
}

/** A day as a heading. */
export function day(at: string, now: number): string {
  const date = new Date(at);
  if (date.toDateString() === new Date(now).toDateString()) return 'Today';
  if (date.toDateString() === new Date(now - DAY_MS).toDateString()) return 'Yesterday';
  return date.toLocaleDateString('en-GB', { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
}

export function full(at: string): string {
  return new Date(at).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short' });
}

/** @param seconds such as 65: "1 min 5 s" */
export function seconds(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return whole % 60 ? `${Math.floor(whole / 60)} min ${whole % 60} s` : `${whole / 60} min`;
  return span(whole * 1000);
}

export function milliseconds(ms: number): string {
  return ms < 1000 ? `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** @param share in 0..1. Nothing short of all is told as 100 %, and nothing above none as 0 %. */
export function percent(share: number): string {
  if (share > 0 && share < 0.005) return '< 1 %';
  const rounded = Math.round(share * 100);
  return `${rounded === 100 && share < 1 ? 99 : rounded} %`;
}

/** A number of at most four signs: 950, 2.5k, 12k. */
export function compact(value: number): string {
  return value < 1000 ? String(value) : `${Number((value / 1000).toFixed(value < 10_000 ? 1 : 0))}k`;
}
