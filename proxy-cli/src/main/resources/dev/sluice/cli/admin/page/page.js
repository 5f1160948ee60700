// The page: asks the proxy every two seconds, one question at a time, as long as somebody looks at it.

import {$, attribute, say} from './dom.js';
import * as format from './format.js';
import {Failure, get} from './api.js';
import {askForToken, command} from './ask.js';
import {Charts} from './charts.js';
import {between, connects} from './rates.js';
import {Endpoints} from './endpoints.js';
import {Sessions} from './sessions.js';
import {Events} from './events.js';
import {Ends, Listeners, Machine, showHead, Verdict} from './state.js';

const PERIOD_MS = 2000;
/** After so long without a look there is no saying what happened when. */
const BREAK_MS = 3 * PERIOD_MS;
/** So many sessions are gone through a little less often. */
const MANY = 2000;
const SELDOM = 5;
const NO_ANSWER = 0;
const NOT_FOUND = 404;
const NO_TOKEN = 401;

class Page {
  constructor() {
    const soon = () => this.soon();
    this.charts = new Charts($('charts'));
    this.verdict = new Verdict();
    this.endpoints = new Endpoints(soon);
    this.sessions = new Sessions(soon);
    this.events = new Events();
    this.ends = new Ends();
    this.listeners = new Listeners();
    this.machine = new Machine();
    this.before = null;
    this.process = null;
    this.round = 0;
    this.lastGood = null;
    this.asking = false;
    this.again = false;
    this.timer = 0;
  }

  /** At once, or as soon as the question is answered that is being asked. */
  soon() {
    if (this.asking) {
      this.again = true;
      return;
    }
    clearTimeout(this.timer);
    this.round = 0;
    void this.look();
  }

  async look() {
    if (document.hidden) {
      return;
    }
    this.asking = true;
    try {
      await this.askAll();
      this.lastGood = Date.now();
      this.tellReach(null);
    } catch (failure) {
      if (!(failure instanceof Failure)) {
        reportError(failure); // an answer that was not as it should be; the next one may be
      } else if (failure.status === NO_TOKEN) {
        await askForToken(this.wasAsked === true);
        this.wasAsked = true;
        this.again = true;
      } else {
        this.tellReach(failure);
      }
    }
    this.asking = false;
    if (this.again) {
      this.again = false;
      this.soon();
    } else {
      this.timer = setTimeout(() => void this.look(), PERIOD_MS);
    }
  }

  async askAll() {
    const status = await get('status');
    const at = performance.now();
    this.wasAsked = false;
    this.knowProcess(status);
    const upstreams = await get('upstreams');
    const listeners = await get('listeners');
    this.show({at, status, upstreams, listeners, connects: connects(upstreams)});
    this.events.show(await get(this.events.query));
    if (this.round % (status.sessions > MANY ? SELDOM : 1) === 0) {
      await this.askForSessions(status.sessions);
    }
    this.round++;
  }

  /** A proxy may have none to tell of, or be too busy to collect them; that is no reason to show nothing else. */
  async askForSessions(all) {
    try {
      this.sessions.show(await get(this.sessions.query), all);
    } catch (failure) {
      if (!(failure instanceof Failure) || failure.status === NO_ANSWER || failure.status === NO_TOKEN) {
        throw failure;
      }
      this.sessions.excuse(failure.status === NOT_FOUND ? 'This proxy does not tell of its sessions.' : failure.message);
    }
  }

  /** One that has started anew, or has taken over, counts from the beginning. */
  knowProcess(status) {
    const process = status.pid + ' ' + status.started;
    if (this.process !== process && this.process !== null) {
      this.before = null;
      this.events.forget();
      this.ends.forget();
    }
    this.process = process;
  }

  show(now) {
    const {status, upstreams, listeners} = now;
    const up = status.uptime_seconds * 1000;
    const time = Date.now() / 1000;
    showHead(status, up);
    this.verdict.show(status, listeners, upstreams);
    this.endpoints.show(upstreams, Date.parse(status.started) + up);
    this.listeners.show(listeners);
    this.ends.show(status.ends, now.at);
    this.machine.show(status);
    if (this.before !== null && now.at - this.before.at < BREAK_MS) {
      this.charts.push(time, between(this.before, now));
    } else {
      this.charts.interrupt(time - PERIOD_MS / 2000);
      this.charts.push(time, {sessions: [status.sessions]});
    }
    this.before = now;
  }

  tellReach(failure) {
    const isLost = failure !== null;
    document.body.classList.toggle('lost', isLost);
    $('lost').hidden = !isLost;
    say($('reach'), isLost ? 'not connected' : 'live');
    $('reach').className = 'reach ' + (isLost ? 'bad' : 'good');
    if (isLost) {
      const since = this.lastGood === null ? '' : ' What is shown is from ' + format.clock(new Date(this.lastGood).toISOString()) + '.';
      say($('lost'), 'No answer from the proxy: ' + failure.message + '.' + since + ' It is tried again every two seconds.');
    }
  }
}

function themes(page) {
  const root = document.documentElement;
  const button = $('theme');
  const names = {light: 'Light', dark: 'Dark', auto: 'Auto'};
  const show = () => {
    say(button, names[root.dataset.theme ?? 'auto']);
    attribute(button, 'aria-label', 'Colours: ' + button.textContent);
  };
  button.addEventListener('click', () => {
    const next = {auto: 'light', light: 'dark', dark: 'auto'}[root.dataset.theme ?? 'auto'];
    if (next === 'auto') {
      delete root.dataset.theme;
    } else {
      root.dataset.theme = next;
    }
    try {
      localStorage.setItem('sluice-theme', next);
    } catch {
      // It holds until the page is closed.
    }
    show();
    page.charts.redraw();
  });
  show();
}

function orders(page) {
  const given = async (...words) => {
    if (await command(...words)) {
      page.soon();
    }
  };
  $('reload').addEventListener('click', () => given(
      {
        title: 'Reload the configuration?',
        text: 'Its file is read again and applied whole or not at all. No connection is lost.',
        confirm: 'Reload',
      },
      () => 'reload',
      answer => ['Reloaded.', ...answer.messages].join('\n')));
  $('drain').addEventListener('click', () => given(
      {
        title: 'Drain, and end the proxy?',
        text: 'It accepts nothing new from now on. When its sessions have ended, or the drain timeout is over, the process ends. '
            + 'This cannot be taken back.',
        confirm: 'Drain', danger: true,
      },
      () => 'drain',
      () => 'It drains.'));
}

const page = new Page();
themes(page);
orders(page);
document.addEventListener('visibilitychange', () => {
  if (document.hidden) {
    clearTimeout(page.timer);
  } else {
    page.soon();
  }
});
page.soon();
