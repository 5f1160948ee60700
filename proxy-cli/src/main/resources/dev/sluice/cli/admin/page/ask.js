// Nothing is done before it was confirmed, and what came of it is told.

import {$, attribute, make, say} from './dom.js';
import {Failure, order, useToken} from './api.js';

const SHOWN_MS = 8000;
/** What no proxy takes in a token; some of it the browser would not even send. */
const NOT_OF_A_TOKEN = /[^!-~]/;

/**
 * Asks in a dialog.
 *
 * @param question {title, text, confirm, danger?, choices?: [{value, label, help}]}
 * @returns the choice, or true; null: no
 */
export function confirm({title, text, confirm: word, danger = false, choices = []}) {
  const dialog = $('ask');
  $('ask-title').textContent = title;
  $('ask-text').textContent = text;
  const list = $('ask-choices');
  list.hidden = choices.length === 0;
  list.replaceChildren(...choices.map(({value, label, help}) => make('label.choice', {},
      make('input', {type: 'radio', name: 'choice', value, required: true}),
      make('span', {}, make('b', {}, label), make('small', {}, help)))));
  const yes = $('ask-yes');
  yes.textContent = word;
  yes.className = danger ? 'danger' : 'primary';
  dialog.returnValue = '';
  dialog.showModal();
  if (choices.length > 0) {
    list.querySelector('input').focus();
  } else {
    $('ask-no').focus();
  }
  return new Promise(resolve => {
    dialog.addEventListener('close', () => {
      const chosen = list.querySelector('input:checked');
      resolve(dialog.returnValue === 'yes' ? chosen?.value ?? true : null);
    }, {once: true});
  });
}

/** Says what has come of an order. What went wrong stays until it was seen. */
export function tell(text, isBad = false) {
  const close = make('button.plain', {type: 'button', 'aria-label': 'Dismiss'}, '×');
  const note = make('div.note' + (isBad ? '.bad' : ''), {}, make('span', {}, text), close);
  const leave = () => note.remove();
  close.addEventListener('click', leave);
  $('outcomes').append(note);
  if (!isBad) {
    setTimeout(leave, SHOWN_MS);
  }
}

/**
 * Asks, gives the order, and tells what came of it.
 *
 * @param path of the order, or of the choice
 * @param done words for it, of the answer and the choice
 */
export async function command(question, path, done) {
  const choice = await confirm(question);
  if (choice === null) {
    return false;
  }
  try {
    tell(done(await order(path(choice)), choice));
  } catch (failure) {
    if (!(failure instanceof Failure)) {
      throw failure;
    }
    tell(question.title.replace('?', '') + ': not done.\n' + failure.message, true);
  }
  return true;
}

/** Asks for the token until it is given; the page does nothing meanwhile. */
export function askForToken(wasWrong) {
  const dialog = $('login');
  const field = $('token');
  const complain = words => {
    $('login-wrong').hidden = words === '';
    say($('login-wrong'), words);
    attribute(field, 'aria-invalid', words === '' ? null : 'true');
  };
  complain(wasWrong ? 'That is not the token.' : '');
  field.value = '';
  dialog.showModal();
  field.focus();
  return new Promise(resolve => {
    const again = () => dialog.showModal(); // Escape leads nowhere
    dialog.addEventListener('close', again);
    const submit = event => {
      event.preventDefault();
      const text = field.value.trim();
      if (NOT_OF_A_TOKEN.test(text)) {
        complain('That is no token: one has ASCII characters only, and no blanks.');
        field.select();
        return;
      }
      $('login-form').removeEventListener('submit', submit);
      dialog.removeEventListener('close', again);
      useToken(text);
      field.value = '';
      dialog.close();
      resolve();
    };
    $('login-form').addEventListener('submit', submit);
  });
}
