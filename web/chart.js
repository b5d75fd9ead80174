/** Vega-Lite, for the frame in which the test page draws: `drawChart` makes a picture of a chart's specification. */

import { View, parse } from 'vega';
import { expressionInterpreter } from 'vega-interpreter';
import { compile } from 'vega-lite';

const DARK = {
  background: 'transparent', view: { stroke: '#3a4653' }, title: { color: '#e5eaf0', subtitleColor: '#a5b1bf' },
  axis: { domainColor: '#77858f', gridColor: '#2c3743', tickColor: '#77858f', labelColor: '#c3ccd6', titleColor: '#e5eaf0' },
  legend: { labelColor: '#c3ccd6', titleColor: '#e5eaf0' }, header: { labelColor: '#c3ccd6', titleColor: '#e5eaf0' },
};
const LIGHT = { background: 'transparent' };

/** Charts bring their data with them: nothing is fetched for one. */
const loader = {
  load: () => Promise.reject(new Error('A chart may not fetch anything.')),
  sanitize: () => Promise.reject(new Error('A chart may not lead anywhere.')),
  http: () => Promise.reject(new Error('A chart may not fetch anything.')),
  file: () => Promise.reject(new Error('A chart may not fetch anything.')),
};

/**
 * @param {object} specification in Vega-Lite
 * @param {boolean} dark whether it will stand on a dark page
 * @returns {Promise<string>} SVG; rejects where the specification makes no sense
 */
globalThis.drawChart = (specification, dark) => {
  const { spec } = compile(specification, { config: dark ? DARK : LIGHT });
  // Expressions are interpreted: the page's content security policy allows no code made from text.
  const view = new View(parse(spec, {}, { ast: true }), { expr: expressionInterpreter, renderer: 'none', loader });
  return view.toSVG();
};
