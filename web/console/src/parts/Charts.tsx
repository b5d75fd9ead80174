/** Charts as small drawings, each with its figures as a table for those who do not see it. */

import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { ceiling, stacked } from '../charts.js';
import { compact } from '../times.js';

const [LEFT, BELOW] = [34, 22];
const LINES = 4;
/** Room for one day's name. */
const LABEL = 70;

export interface Series {
  readonly name: string;
  /** A class of the style sheet, which has its colour. */
  readonly kind: string;
  readonly values: readonly number[];
}

interface Properties {
  readonly title: string;
  readonly days: readonly string[];
  readonly series: readonly Series[];
  /** Pixels; it is as wide as there is room. */
  readonly height: number;
}

export function StackedDays({ title, days, series, height }: Properties) {
  const drawing = useRef<SVGSVGElement>(null);
  const [width, setWidth] = useState(600);
  useLayoutEffect(() => {
    const element = drawing.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setWidth(Math.max(200, element.clientWidth)));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const columns = days.map((_, at) => series.map(({ values }) => values[at] ?? 0));
  const top = ceiling(columns.map((values) => values.reduce((sum, value) => sum + value, 0)));
  const bars = stacked(columns, width - LEFT, height, top);
  const every = Math.max(1, Math.ceil(days.length / (width / LABEL)));
  return (
    <Figure title={title} series={series} table={<DayTable days={days} series={series} />}>
      <svg
        ref={drawing}
        height={height + BELOW}
        viewBox={`0 0 ${width} ${height + BELOW}`}
        role="img"
        aria-label={`${title}: ${series.map(({ name, values }) => `${name} ${sum(values)}`).join(', ')}`}
      >
        {Array.from({ length: LINES + 1 }, (_, line) => {
          const y = height - (height * line) / LINES;
          return (
            <g key={line}>
              <line class="grid" x1={LEFT} x2={width} y1={y} y2={y} />
              <text class="tick" x={LEFT - 6} y={Math.max(10, y + 4)} text-anchor="end">
                {compact((top * line) / LINES)}
              </text>
            </g>
          );
        })}
        <g transform={`translate(${LEFT} 0)`}>
          {bars.map((pieces, at) => (
            <g key={days[at]}>
              <title>{`${short(days[at] ?? '')}: ${series.map(({ name, values }) => `${name} ${values[at] ?? 0}`).join(', ')}`}</title>
              {pieces.map(
                (bar, piece) => bar.height > 0 && <rect key={piece} class={`fill ${series[piece]?.kind ?? ''}`} {...bar} rx="1.5" />,
              )}
              {at % every === 0 && (
                <text class="tick" x={(bars[at]?.[0]?.x ?? 0) + (bars[at]?.[0]?.width ?? 0) / 2} y={height + 16} text-anchor="middle">
                  {short(days[at] ?? '')}
                </text>
              )}
            </g>
          ))}
        </g>
      </svg>
    </Figure>
  );
}

/** Bars that lie, for a few things with names. */
export function Shares({
  title,
  values,
}: {
  title: string;
  values: readonly { readonly name: string; readonly value: number; readonly kind?: string }[];
}) {
  const most = Math.max(1, ...values.map(({ value }) => value));
  return (
    <figure class="chart">
      <figcaption>
        <h3>{title}</h3>
      </figcaption>
      <ul class="shares">
        {values.map(({ name, value, kind = 'one' }) => (
          <li key={name}>
            <span>{name}</span>
            <i class="track" aria-hidden="true">
              <i class={`fill ${kind}`} style={{ width: `${(value / most) * 100}%` }} />
            </i>
            <b>{value}</b>
          </li>
        ))}
      </ul>
    </figure>
  );
}

function Figure({
  title,
  series,
  table,
  children,
}: {
  title: string;
  series: readonly Series[];
  table: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <figure class="chart">
      <figcaption>
        <h3>{title}</h3>
        <ul class="legend" aria-hidden="true">
          {series.map(({ name, kind }) => (
            <li key={name}>
              <i class={`fill ${kind}`} />
              {name}
            </li>
          ))}
        </ul>
      </figcaption>
      {children}
      <details>
        <summary>As a table</summary>
        <div class="table" tabIndex={0} role="group" aria-label={title}>
          {table}
        </div>
      </details>
    </figure>
  );
}

function DayTable({ days, series }: { days: readonly string[]; series: readonly Series[] }) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Day</th>
          {series.map(({ name }) => (
            <th key={name} scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {days.map((day, at) => (
          <tr key={day}>
            <th scope="row">{day}</th>
            {series.map(({ name, values }) => (
              <td key={name}>{values[at] ?? 0}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function short(day: string): string {
  return new Date(`${day}T12:00:00Z`).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
