/** What the page `/staff` runs. */

import { render } from 'preact';
import { App } from './App.js';
import './style.css';
import { choose, chosenTheme } from './theme.js';

choose(chosenTheme());
const place = document.getElementById('app');
if (place) render(<App />, place);
