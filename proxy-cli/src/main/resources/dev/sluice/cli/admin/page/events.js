// What has happened lately, the newest on top.

import {$, make, say} from './dom.js';
import {clock} from './format.js';

const KEPT = 300;

export class Events {
  constructor() {
    this.forget();
    $('events-warnings').addEventListener('change', event => {
      $('events').classList.toggle('only-warnings', event.target.checked);
      this.describe();
    });
  }

  /** Another process counts from the beginning. */
  forget() {
    this.last = 0;
    $('events').replaceChildren();
    this.describe();
  }

  get query() {
    return 'events?after=' + this.last;
  }

  show(events) {
    for (const event of events) {
      this.last = Math.max(this.last, event.id);
      $('events').prepend(make('li.' + (event.kind === 'warning' ? 'warning' : 'event'), {},
          make('time', {datetime: event.time}, clock(event.time)),
          make('span.kind', {}, event.kind),
          make('span.text', {}, event.text)));
    }
    while ($('events').childElementCount > KEPT) {
      $('events').lastElementChild.remove();
    }
    if (events.length > 0) {
      this.describe();
    }
  }

  describe() {
    const only = $('events-warnings').checked;
    const some = $('events').querySelector(only ? '.warning' : 'li') !== null;
    say($('events-none'), some ? '' : only ? 'No warnings.' : 'Nothing has happened yet.');
  }
}
