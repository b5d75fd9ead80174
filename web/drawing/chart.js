/** Vega-Lite, for the frame in which the test page draws: `drawChart` makes a picture of a chart's specification. */

import { View, parse } from 'vega';
import { expressionInterpreter } from 'vega-interpreter';
import { compile } from 'vega-lite';
import themes from '../../api/pages/chart_themes.json';

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
  const { spec } = compile(specification, { config: dark ? themes.dark : themes.light });
  // Expressions are interpreted: the page's content security policy allows no code made from text.
  const view = new View(parse(spec, {}, { ast: true }), { expr: expressionInterpreter, renderer: 'none', loader });
  return view.toSVG();
};
