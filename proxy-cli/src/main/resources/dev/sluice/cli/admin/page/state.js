// The proxy as a whole: what is wrong, how sessions ended, which way bytes go, how busy the loops are.

import {$, make, meter, Rows, say, tableHead, tableRow} from './dom.js';
import * as format from './format.js';

const BUSY = 0.9;
const LATELY_MS = 60000;

/** What somebody should look at, the worst first: {bad, text, reason}. */
export function troubles(status, listeners, upstreams) {
  const bad = [];
  const warn = [];
  if (status.state !== 'running') {
    warn.push({text: 'The proxy is ' + status.state, reason: status.state === 'leaving' ? 'it still accepts, and drains soon' : 'it accepts nothing new'});
  }
  for (const loop of status.silent_loops ?? []) {
    bad.push({text: loop + ' does not answer', reason: 'its sessions stand still'});
  }
  for (const before of status.predecessors ?? []) {
    warn.push({text: 'Process ' + before.pid + ', taken over from, has sessions left', reason: 'sluice sessions --admin ' + before.admin});
  }
  for (const upstream of upstreams) {
    if (upstream.paused) {
      warn.push({text: upstream.name + ' is paused', reason: format.count(upstream.held) + ' connections are held'});
    } else if (!upstream.up) {
      bad.push({text: upstream.name + ' has nobody', reason: upstream.held > 0 ? format.count(upstream.held) + ' connections are held' : ''});
    }
    for (const endpoint of upstream.endpoints) {
      if (endpoint.state !== 'up') {
        const text = (endpoint.address ?? endpoint.name) + ' of ' + upstream.name + ' is ' + (endpoint.state === 'drain' ? 'draining' : endpoint.state);
        const byHand = endpoint.health.by_hand !== 'none';
        (endpoint.state === 'down' && !byHand ? bad : warn).push({text, reason: endpoint.health.reason});
      } else if (endpoint.health.against_check) {
        warn.push({text: (endpoint.address ?? endpoint.name) + ' of ' + upstream.name + ' is up by hand', reason: 'its check fails: ' + endpoint.health.check});
      }
    }
  }
  for (const listener of listeners) {
    if (!listener.listening && status.state === 'running') {
      bad.push({text: listener.name + ' does not listen', reason: listener.address});
    }
  }
  for (const loop of status.loops ?? []) {
    if (loop.busy > BUSY) {
      warn.push({text: 'Loop ' + loop.loop + ' is busy', reason: format.percent(loop.busy) + ' of its time'});
    }
  }
  return [...bad.map(one => ({...one, bad: true})), ...warn.map(one => ({...one, bad: false}))];
}

const plural = (n, one) => format.count(n) + ' ' + one + (n === 1 ? '' : 's');

export class Verdict {
  constructor() {
    this.rows = new Rows($('troubles'), () => {
      const text = make('b');
      const reason = make('span');
      const node = make('li', {}, text, ' ', reason);
      return {
        node,
        update(trouble) {
          node.className = trouble.bad ? 'bad' : 'warn';
          say(text, trouble.text);
          say(reason, trouble.reason);
        },
      };
    });
  }

  show(status, listeners, upstreams) {
    const all = troubles(status, listeners, upstreams);
    const worst = all.length === 0 ? 'good' : all[0].bad ? 'bad' : 'warn';
    const endpoints = upstreams.flatMap(upstream => upstream.endpoints);
    const up = endpoints.filter(endpoint => endpoint.state === 'up').length;
    $('verdict').className = 'card ' + worst;
    say($('verdict-word'), all.length === 0 ? 'All well' : plural(all.length, 'thing') + (all.length === 1 ? ' needs' : ' need') + ' a look');
    say($('verdict-facts'), up + ' of ' + plural(endpoints.length, 'endpoint') + ' up · ' + plural(listeners.length, 'listener') + ' · '
        + plural(status.sessions, 'session'));
    this.rows.show(all, trouble => trouble.text);
    const title = (all.length > 0 ? '(' + all.length + ') ' : '') + 'Sluice';
    if (document.title !== title) {
      document.title = title;
    }
  }
}

/** How an end is to be looked at: what a client and a server do by themselves is no news. */
function kindOf(cause) {
  return {fin: 'plain', drain: 'plain', admin: 'plain', age: 'plain', idle: 'plain', reset: 'warn', 'half-close': 'warn', limit: 'warn'}[cause]
      ?? 'bad';
}

const ENDS = [
  ['who', 'Who'],
  ['cause', 'Cause'],
  ['gauge', '', 'gauge'],
  ['count', 'Sessions', 'num'],
  ['lately', 'Last minute', 'num', 'Or since this page was opened'],
];

export class Ends {
  constructor() {
    this.past = [];
    $('ends').prepend(tableHead(ENDS));
    this.rows = new Rows($('ends').appendChild(make('tbody', {role: 'rowgroup'})), () => {
      const {node, cells} = tableRow(ENDS);
      const bar = meter();
      cells.gauge.append(bar.node);
      return {
        node,
        update(end) {
          say(cells.who, end.who);
          say(cells.cause, end.cause);
          say(cells.count, format.count(end.count));
          say(cells.lately, format.count(end.lately));
          cells.lately.classList.toggle('is-zero', end.lately === 0);
          bar.set(end.part, kindOf(end.cause));
        },
      };
    });
  }

  forget() {
    this.past = [];
  }

  /**
   * @param ends of all listeners; undefined: not told
   */
  show(ends, at) {
    const sums = new Map();
    for (const {who, cause, count} of ends ?? []) {
      const key = who + ' ' + cause;
      sums.set(key, (sums.get(key) ?? 0) + count);
    }
    this.past.push({at, sums});
    while (this.past.length > 1 && this.past[1].at <= at - LATELY_MS) {
      this.past.shift();
    }
    const before = this.past[0].sums;
    const most = Math.max(1, ...sums.values());
    const all = [...sums].filter(([, count]) => count > 0).sort(([, a], [, b]) => b - a).map(([key, count]) => {
      const [who, cause] = key.split(' ');
      return {who, cause, count, lately: count - (before.get(key) ?? 0), part: count / most};
    });
    this.rows.show(all, end => end.who + ' ' + end.cause);
    say($('ends-none'), all.length > 0 ? '' : ends === undefined ? 'This proxy does not tell how sessions ended.' : 'None has ended yet.');
  }
}

const LISTENERS = [
  ['name', 'Listener', 'name'],
  ['address', 'Address', 'name'],
  ['upstream', 'Upstream'],
  ['relay', 'Relay'],
  ['accepted', 'Accepted', 'num'],
  ['up', 'Up', 'num', 'Client to server'],
  ['down', 'Down', 'num', 'Server to client'],
  ['path', 'Spliced', 'path', 'Bytes that never came to user space'],
];

export class Listeners {
  constructor() {
    $('listeners').prepend(tableHead(LISTENERS));
    this.rows = new Rows($('listeners').appendChild(make('tbody', {role: 'rowgroup'})), () => {
      const {node, cells} = tableRow(LISTENERS);
      const bar = meter('spliced');
      const part = make('span');
      cells.path.append(bar.node, part);
      cells.address.classList.add('mono');
      return {
        node,
        update(listener) {
          const moved = listener.bytes_up + listener.bytes_down;
          node.className = listener.listening ? '' : 'is-bad';
          say(cells.name, listener.name);
          say(cells.address, listener.address + (listener.listening ? '' : ' (does not listen)'));
          say(cells.upstream, listener.upstream);
          say(cells.relay, listener.relay);
          say(cells.accepted, format.count(listener.accepted));
          say(cells.up, format.bytes(listener.bytes_up));
          say(cells.down, format.bytes(listener.bytes_down));
          say(part, moved > 0 ? format.percent(listener.bytes_spliced / moved) : format.NONE);
          bar.set(moved > 0 ? listener.bytes_spliced / moved : 0);
          bar.node.classList.toggle('empty', !(moved > 0));
        },
      };
    });
  }

  show(listeners) {
    this.rows.show(listeners, listener => listener.name + ' ' + listener.address);
  }
}

const LOOPS = [
  ['loop', 'Loop'],
  ['busy', 'Busy', 'path'],
  ['median', 'Turn p50', 'num'],
  ['most', 'p99', 'num'],
  ['longest', 'Longest', 'num'],
  ['sessions', 'Sessions', 'num'],
];

export class Machine {
  constructor() {
    $('loops').prepend(tableHead(LOOPS));
    this.loops = new Rows($('loops').appendChild(make('tbody', {role: 'rowgroup'})), () => {
      const {node, cells} = tableRow(LOOPS);
      const bar = meter();
      const part = make('span');
      cells.busy.append(bar.node, part);
      return {
        node,
        update(loop) {
          say(cells.loop, String(loop.loop));
          say(part, format.percent(loop.busy));
          bar.set(loop.busy, loop.busy > BUSY ? 'warn' : 'plain');
          say(cells.median, format.micros(loop.turn_p50_us));
          say(cells.most, format.micros(loop.turn_p99_us));
          say(cells.longest, format.micros(loop.turn_max_us));
          say(cells.sessions, format.count(loop.sessions));
        },
      };
    });
    this.facts = new Rows($('facts'), () => {
      const name = make('dt');
      const value = make('dd');
      const node = make('div', {}, name, value);
      return {
        node,
        update(fact) {
          say(name, fact.name);
          say(value, fact.value);
          node.className = fact.isBad ? 'warn' : '';
        },
      };
    });
  }

  show(status) {
    this.loops.show(status.loops ?? [], loop => loop.loop);
    $('loops').hidden = !(status.loops?.length > 0);
    const counters = status.counters;
    const moved = counters.bytes_up + counters.bytes_down;
    const pipes = status.pipes === undefined
      ? format.count(counters.pipes_open) + ' open'
      : format.count(status.pipes.leased) + ' in use, ' + format.count(status.pipes.pooled) + ' pooled';
    this.facts.show([
      {name: 'Spliced of all', value: moved > 0 ? format.percent(counters.bytes_spliced / moved) : format.NONE},
      {name: 'Pipes', value: pipes},
      {name: 'Copied for want of a pipe', value: format.count(counters.pipe_fallbacks), isBad: counters.pipe_fallbacks > 0},
      {name: 'Splice refused', value: format.count(counters.splice_refusals), isBad: counters.splice_refusals > 0},
      {name: 'Connects failed', value: format.count(counters.connect_failures)},
      {name: 'Accepting paused', value: format.count(counters.accept_pauses), isBad: counters.accept_pauses > 0},
      {name: 'Log lines dropped', value: format.count(status.log_dropped), isBad: status.log_dropped > 0},
      {name: 'Reloads', value: format.count(status.reloads.applied) + ' applied, ' + format.count(status.reloads.refused) + ' refused'},
    ], fact => fact.name);
  }
}

/** Not among the troubles: what changes all the time would be read aloud all the time. */
function left(status) {
  if (status.drains_in_ms !== null) {
    return ' · drains in ' + format.age(status.drains_in_ms);
  }
  return typeof status.drain_left_ms === 'number' ? ' · cuts what is left in ' + format.age(status.drain_left_ms) : '';
}

/** What stands in the head of the page. */
export function showHead(status, since) {
  say($('state'), status.state);
  $('state').className = 'badge ' + (status.state === 'running' ? 'good' : 'warn');
  say($('about'), 'version ' + status.version + ' · up ' + format.age(since) + left(status));
  say($('process'), 'pid ' + status.pid + ' · Java ' + status.java);
}
