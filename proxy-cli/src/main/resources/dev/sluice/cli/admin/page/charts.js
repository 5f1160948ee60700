// What has been going on while this page was open, drawn by uPlot.

import {$, make, say} from './dom.js';
import * as format from './format.js';

/* global uPlot */

const KEPT_S = 900;
const WINDOW_S = 300;
const LEAST_WINDOW_S = 60;
const HEIGHT = 132;
const LOW_HEIGHT = 100;
const NARROW = 220;
const EDGE = 0.94;
const FONT = '11px Inter, system-ui, sans-serif';

const powersOfTwo = Array.from({length: 51}, (_, i) => 2 ** i);
const whole = Array.from({length: 12}, (_, i) => [1, 2, 5].map(digit => digit * 10 ** i)).flat();

const CHARTS = [
  {
    id: 'throughput', title: 'Throughput', steps: powersOfTwo, least: 1024,
    show: format.bytesPerSecond, tick: format.bytesShort,
    lines: [{name: 'up', color: 'a'}, {name: 'down', color: 'b'}],
  },
  {
    id: 'sessions', title: 'Sessions', steps: whole, least: 4, show: format.count, tick: format.count,
    lines: [{name: 'now', color: 'a'}],
  },
  {
    id: 'opened', title: 'New sessions', steps: undefined, least: 1, show: format.perSecond,
    tick: value => Number.isInteger(value) ? format.count(value) : String(value),
    lines: [{name: 'per second', color: 'a'}],
  },
  {
    id: 'connect', title: 'Connect time', note: 'of ended sessions', steps: undefined, least: 0.1, show: format.millis,
    tick: value => value + ' ms', spans: true,
    lines: [{name: 'mean', color: 'a'}, {name: 'p99', color: 'c'}],
  },
];

/** A colour of the style sheet, as a canvas wants it. */
function color(name) {
  const probe = $('probe');
  probe.style.color = 'var(--' + name + ')';
  return getComputedStyle(probe).color;
}

class Chart {
  constructor(parent, definition, times) {
    this.definition = definition;
    this.data = [times, ...definition.lines.map(() => [])];
    this.figures = definition.lines.map(() => make('b'));
    this.box = make('div.plot', {'aria-hidden': 'true'});
    const caption = make('figcaption', {}, make('span.title', {}, definition.title, make('small', {}, definition.note ?? '')));
    definition.lines.forEach((line, i) => caption.append(
        make('span.figure', {}, make('i.key.' + line.color), this.figures[i], make('small', {}, line.name))));
    parent.append(make('figure.card.chart', {id: 'chart-' + definition.id}, caption, this.box));
    this.plot = new uPlot(this.options(), this.data, this.box);
    new ResizeObserver(() => this.resize()).observe(this.box);
  }

  options() {
    const {definition} = this;
    const axis = {stroke: () => color('quiet'), font: FONT, grid: {stroke: () => color('line'), width: 1}, ticks: {show: false}};
    return {
      ...this.size(),
      padding: [8, 12, 0, 0],
      legend: {show: false},
      cursor: {sync: {key: 'sluice'}, y: false, drag: {x: false, y: false}, points: {size: 6}},
      scales: {
        x: {time: true, range: () => this.window()},
        y: {range: (plot, least, most) => [0, Math.max(definition.least, (most || 0) * 1.08)]},
      },
      axes: [
        {...axis, space: 52, size: 22, gap: 4, values: (plot, at) => at.map(time => this.fits(time) ? clock(time) : '')},
        {...axis, space: 26, size: 58, gap: 6, incrs: definition.steps, values: (plot, at) => at.map(definition.tick)},
      ],
      series: [{}, ...definition.lines.map(line => ({
        stroke: () => color('line-' + line.color),
        fill: line.color === 'c' ? undefined : () => color('fill-' + line.color),
        width: 1.5,
        spanGaps: definition.spans === true,
        points: {show: false},
      }))],
      hooks: {setCursor: [plot => this.tell(plot.cursor.idx)]},
    };
  }

  /** The last minutes; fewer while there are not that many yet. */
  window() {
    const times = this.data[0];
    const last = times.at(-1) ?? Date.now() / 1000;
    const seen = last - (times[0] ?? last);
    return [last - Math.min(WINDOW_S, Math.max(LEAST_WINDOW_S, seen)), last];
  }

  /** At the right edge a label would be cut. */
  fits(time) {
    const [from, to] = this.window();
    return time - from < EDGE * (to - from);
  }

  size() {
    const width = Math.max(120, this.box.clientWidth);
    return {width, height: width < NARROW ? LOW_HEIGHT : HEIGHT};
  }

  resize() {
    if (this.box.clientWidth > 0 && this.box.clientWidth !== this.plot.width) {
      this.plot.setSize(this.size());
    }
  }

  /** The figures at a moment; without one, the last. */
  tell(index) {
    this.figures.forEach((figure, i) => {
      const line = this.data[i + 1];
      const last = this.definition.spans ? line.findLast(value => value !== null) : line.at(-1);
      say(figure, this.definition.show(index === null || index === undefined ? last : line[index]));
    });
  }

  draw() {
    this.plot.setData(this.data);
    this.tell(this.plot.cursor.idx);
  }
}

const pad = value => String(value).padStart(2, '0');

/** The minute, or the seconds in it. */
function clock(seconds) {
  const at = new Date(seconds * 1000);
  return at.getSeconds() === 0 ? pad(at.getHours()) + ':' + pad(at.getMinutes()) : ':' + pad(at.getSeconds());
}

export class Charts {
  constructor(parent) {
    this.times = [];
    this.charts = CHARTS.map(definition => new Chart(parent, definition, this.times));
    this.redraw = this.redraw.bind(this);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', this.redraw);
  }

  /** With other colours. */
  redraw() {
    this.charts.forEach(chart => chart.plot.redraw(false));
  }

  /** What was there is of another process, or of too long ago to be joined to what comes. */
  interrupt(time) {
    if (this.times.length > 0) {
      this.push(time, {}, false);
    }
  }

  /**
   * @param time Unix time in seconds
   * @param values by chart and line: {throughput: [up, down], …}; null: not known
   */
  push(time, values, draw = true) {
    if (time <= (this.times.at(-1) ?? 0)) {
      return;
    }
    this.times.push(time);
    for (const {definition, data} of this.charts) {
      definition.lines.forEach((line, i) => data[i + 1].push(values[definition.id]?.[i] ?? null));
    }
    while (this.times[0] < time - KEPT_S) {
      this.times.shift();
      this.charts.forEach(({data}) => data.slice(1).forEach(line => line.shift()));
    }
    if (draw) {
      this.charts.forEach(chart => chart.draw());
    }
  }
}
