// Upstreams with their endpoints, and what can be done to them.

import {$, attribute, figure, make, Rows, say, tableHead, tableRow} from './dom.js';
import * as format from './format.js';
import {path} from './api.js';
import {command} from './ask.js';

const COLUMNS = [
  ['state', 'State', 'state'],
  ['address', 'Endpoint', 'name'],
  ['reason', 'Why, and since when', 'wide'],
  ['sessions', 'Sessions', 'num'],
  ['connected', 'Connected', 'num', 'Connections made since it was first configured'],
  ['failures', 'Failed', 'num', 'Attempts to connect that failed or timed out'],
  ['check', 'Check', 'num', 'How long the last check took'],
  ['rtt', 'Round trip', 'num', 'As the kernel measures it on the sessions’ connections'],
  ['retransmits', 'Retransmits', 'num', 'Segments that had to be sent again'],
  ['order', '', 'order'],
];

const CHOICES = [
  {value: 'drain', label: 'Drain', help: 'No new sessions; those it has go on until they end by themselves.'},
  {value: 'down', label: 'Down', help: 'No new sessions; those it has are ended if the upstream’s on-down says so.'},
  {value: 'up', label: 'Up', help: 'New sessions, whatever its checks say.'},
  {value: 'auto', label: 'Automatic', help: 'As its checks say. Nothing is set by hand any more.'},
];

const KINDS = {up: 'good', drain: 'warn', down: 'bad'};

/** The key of an endpoint, unique among all. */
const keyOf = endpoint => endpoint.name + ' ' + endpoint.address;

function createEndpoint(upstream, changed) {
  return first => {
    const {node, cells} = tableRow(COLUMNS);
    const badge = make('span.badge');
    const address = make('span.mono');
    const name = make('small');
    const reason = make('span');
    const since = make('small');
    const button = make('button', {type: 'button'}, 'Set…');
    let now = first;
    cells.state.append(badge);
    cells.address.append(address, name);
    cells.reason.append(reason, ' ', since);
    cells.order.append(button);
    button.addEventListener('click', async () => {
      const given = await command(
          {
            title: 'Set ' + now.address + ' of ' + upstream + '?',
            text: 'It is ' + now.state + ': ' + now.health.reason + '. It has ' + format.count(now.sessions) + ' sessions.',
            confirm: 'Set it', choices: CHOICES,
          },
          choice => path('upstreams', upstream, 'endpoints', now.address, choice),
          (answer, choice) => answer.endpoint + ' of ' + answer.upstream + ' is set to ' + choice + '.');
      if (given) {
        changed();
      }
    });
    return {
      node,
      update(endpoint) {
        now = endpoint;
        node.className = endpoint.state === 'up' ? '' : 'is-' + KINDS[endpoint.state];
        say(badge, endpoint.state);
        badge.className = 'badge ' + (KINDS[endpoint.state] ?? 'bad');
        say(address, endpoint.address ?? endpoint.name);
        say(name, endpoint.address === null ? 'no address' : endpoint.name === endpoint.address ? '' : endpoint.name);
        say(reason, endpoint.health.reason);
        say(since, endpoint.since);
        figure(cells.sessions, format.count(endpoint.sessions));
        figure(cells.connected, format.count(endpoint.connected));
        figure(cells.failures, format.count(endpoint.failures));
        cells.failures.classList.toggle('is-zero', endpoint.failures === 0);
        figure(cells.check, endpoint.health.checks > 0 ? format.micros(endpoint.health.check_micros) : format.NONE);
        cells.check.title = endpoint.health.check ?? '';
        figure(cells.rtt, format.micros(endpoint.rtt_us));
        figure(cells.retransmits, format.count(endpoint.retransmits));
        button.hidden = endpoint.address === null;
        attribute(button, 'aria-label', 'Set endpoint ' + endpoint.address + ' of ' + upstream);
      },
    };
  };
}

/** Until they are ended, which a pause must be over by. Nothing where no listener has this upstream. */
function heldFor(all) {
  const time = one => one.ms % 1000 === 0 ? format.age(one.ms) : format.millis(one.ms);
  const times = new Set(all.map(time));
  const words = times.size === 1 ? [...times] : all.map(one => one.listener + ': ' + time(one));
  return all.length === 0 ? '' : ' for ' + words.join(', ') + ' at most, and ended then; resume it before that';
}

function createUpstream(changed) {
  return first => {
    const name = make('b');
    const badge = make('span.badge');
    const facts = make('span.facts');
    const button = make('button', {type: 'button'});
    const cell = make('th', {role: 'rowheader', scope: 'rowgroup', colspan: COLUMNS.length},
        make('div.heading', {}, name, badge, facts, button));
    const head = make('tr.group', {role: 'row'}, cell);
    const node = make('tbody', {role: 'rowgroup'}, head);
    const rows = new Rows(node, createEndpoint(first.name, changed), head);
    let now = first;
    button.addEventListener('click', async () => {
      const paused = now.paused;
      const given = await command(
          paused
            ? {title: 'Resume ' + now.name + '?', text: format.count(now.held) + ' held connections go on at once.', confirm: 'Resume'}
            : {title: 'Pause ' + now.name + '?', text: 'New connections are held as long as they may wait, and ended then. Sessions go on.', confirm: 'Pause'},
          () => path('upstreams', now.name, paused ? 'resume' : 'pause'),
          answer => answer.upstream + (answer.paused ? ' is paused: new connections are held' + heldFor(answer.held_for ?? []) + '.' : ' goes on.'));
      if (given) {
        changed();
      }
    });
    return {
      node,
      update(upstream) {
        now = upstream;
        const up = upstream.endpoints.filter(endpoint => endpoint.state === 'up').length;
        const word = upstream.paused ? 'paused' : upstream.up ? 'up' : 'nobody up';
        say(name, upstream.name);
        say(badge, word);
        badge.className = 'badge ' + (upstream.paused ? 'warn' : upstream.up ? 'good' : 'bad');
        const words = [up + ' of ' + upstream.endpoints.length + ' up'];
        if (upstream.held > 0) {
          words.push(format.count(upstream.held) + ' held');
        }
        if (upstream.connect?.count > 0) {
          words.push('connect ' + format.millis(upstream.connect.seconds / upstream.connect.count * 1e3) + ' on average');
        }
        say(facts, words.join(' · '));
        say(button, upstream.paused ? 'Resume…' : 'Pause…');
        attribute(button, 'aria-label', (upstream.paused ? 'Resume' : 'Pause') + ' upstream ' + upstream.name);
        rows.show(upstream.endpoints, keyOf);
      },
    };
  };
}

export class Endpoints {
  /**
   * @param changed is called after an order
   */
  constructor(changed) {
    const head = tableHead(COLUMNS);
    $('endpoints').prepend(head);
    this.rows = new Rows($('endpoints'), createUpstream(changed), head);
  }

  /**
   * @param now of the proxy's clock, Unix time in milliseconds
   */
  show(upstreams, now) {
    for (const endpoint of upstreams.flatMap(upstream => upstream.endpoints)) {
      endpoint.since = 'for ' + format.age(now - Date.parse(endpoint.health.since));
    }
    this.rows.show(upstreams, upstream => upstream.name);
  }
}
