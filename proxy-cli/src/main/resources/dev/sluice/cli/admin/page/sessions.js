// The longest and the largest sessions.

import {$, attribute, figure, make, Rows, say, tableHead, tableRow} from './dom.js';
import * as format from './format.js';
import {path} from './api.js';
import {command} from './ask.js';

const SHOWN = 10;
const MORE = 100;

const COLUMNS = [
  ['client', 'Client', 'name'],
  ['listener', 'Listener'],
  ['endpoint', 'Endpoint', 'name'],
  ['state', 'State'],
  ['relay', 'Relay'],
  ['age', 'Age', 'num'],
  ['up', 'Up', 'num', 'Client to server'],
  ['down', 'Down', 'num', 'Server to client'],
  ['spliced', 'Spliced', 'num', 'Bytes that never came to user space'],
  ['rtt', 'Round trip', 'num', 'To the server'],
  ['retransmits', 'Retransmits', 'num', 'To the server'],
  ['order', '', 'order'],
];

function create(changed) {
  return first => {
    const {node, cells} = tableRow(COLUMNS);
    const button = make('button', {type: 'button'}, 'Close…');
    let now = first;
    cells.client.classList.add('mono');
    cells.endpoint.classList.add('mono');
    cells.order.append(button);
    attribute(button, 'aria-label', 'Close session ' + first.id + ' of ' + first.client);
    node.title = first.id;
    button.addEventListener('click', async () => {
      const given = await command(
          {
            title: 'Close the session of ' + now.client + '?',
            text: 'Session ' + now.id + ' with ' + (now.endpoint ?? 'nobody yet') + ', ' + format.age(now.duration_ms) + ' old, '
                + format.bytes(now.up) + ' up, ' + format.bytes(now.down) + ' down. Both sides are reset.',
            confirm: 'Close it', danger: true,
          },
          () => path('sessions', now.id, 'close'),
          () => 'The session of ' + now.client + ' is closed.');
      if (given) {
        changed();
      }
    });
    return {
      node,
      update(session) {
        now = session;
        say(cells.client, session.client ?? format.NONE);
        say(cells.listener, session.listener ?? format.NONE);
        say(cells.endpoint, session.endpoint ?? format.NONE);
        say(cells.state, session.state ?? format.NONE);
        say(cells.relay, session.relay ?? format.NONE);
        figure(cells.age, format.age(session.duration_ms));
        figure(cells.up, format.bytes(session.up));
        figure(cells.down, format.bytes(session.down));
        const moved = session.up + session.down;
        figure(cells.spliced, moved > 0 ? format.percent(session.spliced / moved) : format.NONE);
        figure(cells.rtt, format.micros(session.rtt_us ?? undefined));
        figure(cells.retransmits, format.count(session.retransmits ?? undefined));
      },
    };
  };
}

export class Sessions {
  /**
   * @param changed is called when something else is to be shown
   */
  constructor(changed) {
    this.sort = 'age';
    this.limit = SHOWN;
    const table = $('sessions');
    table.prepend(tableHead(COLUMNS));
    const body = table.appendChild(make('tbody', {role: 'rowgroup'}));
    this.rows = new Rows(body, create(changed));
    const sorts = document.querySelectorAll('[data-sort]');
    for (const button of sorts) {
      button.addEventListener('click', () => {
        this.sort = button.dataset.sort;
        sorts.forEach(one => one.setAttribute('aria-pressed', String(one === button)));
        changed();
      });
    }
    $('sessions-more').addEventListener('click', () => {
      this.limit = this.limit === SHOWN ? MORE : SHOWN;
      changed();
    });
  }

  /** What to ask for. */
  get query() {
    return 'sessions?sort=' + this.sort + '&limit=' + this.limit;
  }

  /**
   * @param all how many there are, shown or not
   */
  show(sessions, all) {
    this.rows.show(sessions, session => session.id);
    const some = sessions.length > 0;
    say($('sessions-none'), some ? '' : 'No sessions.');
    say($('sessions-count'), some ? format.count(sessions.length) + ' of ' + format.count(Math.max(all, sessions.length)) : '');
    $('sessions-more').hidden = this.limit === SHOWN && all <= SHOWN;
    say($('sessions-more'), this.limit === SHOWN ? 'Show ' + MORE : 'Show ' + SHOWN);
  }

  /** Why there is nothing new; what was there stays. */
  excuse(why) {
    say($('sessions-none'), why);
  }
}
