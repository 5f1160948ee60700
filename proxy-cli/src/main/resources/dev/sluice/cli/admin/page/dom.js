// Elements, and rows that stay the same elements while their figures change. Text is only ever set as text.

import {NONE} from './format.js';

export const $ = id => document.getElementById(id);

/**
 * @param what tag and classes: 'td.num.wide'
 * @param attributes values by name; null and false: not there
 */
export function make(what, attributes = {}, ...children) {
  const [tag, ...classes] = what.split('.');
  const node = document.createElement(tag);
  if (classes.length > 0) {
    node.className = classes.join(' ');
  }
  for (const [name, value] of Object.entries(attributes)) {
    attribute(node, name, value);
  }
  node.append(...children);
  return node;
}

/** Sets an attribute, where it is another one: what a screen reader hears is what has changed. */
export function attribute(node, name, value) {
  if (value === null || value === undefined || value === false) {
    node.removeAttribute(name);
  } else if (node.getAttribute(name) !== String(value)) {
    node.setAttribute(name, value);
  }
}

export function say(node, text) {
  if (node.textContent !== text) {
    node.textContent = text;
  }
}

/** A figure. Where none is known, a narrow screen has no room for saying so. */
export function figure(cell, text) {
  say(cell, text);
  cell.classList.toggle('is-none', text === NONE);
}

/** Elements below one parent, one for each item, found again by the item's key. */
export class Rows {
  /**
   * @param create makes {node, update(item)} of an item
   * @param head a child that stands above them and is none of them
   */
  constructor(parent, create, head = null) {
    this.parent = parent;
    this.head = head;
    this.create = create;
    this.rows = new Map();
  }

  show(items, key) {
    const focused = document.activeElement;
    const wanted = new Map();
    for (const item of items) {
      let id = key(item);
      while (wanted.has(id)) {
        id += ' again';
      }
      wanted.set(id, item);
    }
    for (const [id, row] of this.rows) {
      if (!wanted.has(id)) {
        row.node.remove();
        this.rows.delete(id);
      }
    }
    let at = this.head ? this.head.nextElementSibling : this.parent.firstElementChild;
    for (const [id, item] of wanted) {
      const row = this.rows.get(id) ?? this.create(item);
      this.rows.set(id, row);
      row.update(item);
      if (row.node === at) {
        at = at.nextElementSibling;
      } else {
        this.parent.insertBefore(row.node, at);
      }
    }
    if (focused && focused !== document.activeElement && focused.isConnected) {
      focused.focus({preventScroll: true}); // it was moved, and lost it
    }
  }
}

/** A row of a table whose cells have names; on a narrow screen they are told by these. */
export function tableRow(columns) {
  const cells = {};
  const node = make('tr', {role: 'row'});
  for (const [name, label, style] of columns) {
    cells[name] = make('td' + (style ? '.' + style : ''), {role: 'cell', 'data-label': label});
    node.append(cells[name]);
  }
  return {node, cells};
}

/** The head that belongs to such rows. */
export function tableHead(columns) {
  const row = make('tr', {role: 'row'});
  for (const [, label, style, hint] of columns) {
    row.append(make('th' + (style ? '.' + style : ''), {role: 'columnheader', scope: 'col', title: hint}, label));
  }
  return make('thead', {role: 'rowgroup'}, row);
}

/** A part of 1 as a bar. The figure stands beside it, so that it says nothing by itself. */
export function meter(style = '') {
  const fill = make('i' + (style ? '.' + style : ''));
  const node = make('span.meter', {'aria-hidden': 'true'}, fill);
  return {
    node,
    set(part, kind) {
      fill.style.width = 100 * Math.min(1, Math.max(0, part || 0)) + '%';
      if (kind !== undefined) {
        fill.className = kind;
      }
    },
  };
}
