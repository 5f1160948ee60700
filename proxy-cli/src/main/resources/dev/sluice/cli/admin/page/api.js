// What is asked of the proxy. The token is here and nowhere else: it is gone with the page.

const PATIENCE_MS = 8000;
const PATIENCE_FOR_ORDERS_MS = 125000;

let token = '';

/** An answer that is no good. Status 0: none came. */
export class Failure extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export function useToken(text) {
  token = text;
}

/** A path below /api/v1 of these segments, whatever is in them. */
export function path(...segments) {
  return segments.map(encodeURIComponent).join('/');
}

async function ask(method, where, patience) {
  const headers = {};
  if (token !== '') {
    headers.Authorization = 'Bearer ' + token;
  }
  if (method === 'POST') {
    headers['X-Sluice'] = '1';
  }
  let answer;
  let body;
  try {
    answer = await fetch('api/v1/' + where, {method, headers, cache: 'no-store', signal: AbortSignal.timeout(patience)});
    body = await answer.text();
  } catch (error) {
    throw new Failure(0, error.name === 'TimeoutError' ? 'it does not answer' : 'it cannot be reached');
  }
  let value;
  try {
    value = JSON.parse(body);
  } catch {
    throw new Failure(answer.status, 'an answer that is not the proxy’s (' + answer.status + ')');
  }
  if (!answer.ok) {
    const messages = Array.isArray(value.messages) ? value.messages.join('\n') : '';
    throw new Failure(answer.status, value.error ?? (messages || 'refused (' + answer.status + ')'));
  }
  return value;
}

export function get(where) {
  return ask('GET', where, PATIENCE_MS);
}

export function order(where) {
  return ask('POST', where, PATIENCE_FOR_ORDERS_MS);
}
