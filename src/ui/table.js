// SPDX-License-Identifier: Apache-2.0
// The table: columns, rows, sorting. It shows the given tokens in steps of a hundred rows.
import { now } from './api.js';

const STEP = 100;
const format = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const alphabet = new Intl.Collator(undefined, { numeric: true });

/** An element with these properties and children. */
export function make(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);

  element.append(...children);
  return element;
}

/** Active or Expired at this moment, by the server's clock. */
export const statusOf = (token) =>
  token.expiredAt && Date.parse(token.expiredAt) <= now() ? 'Expired' : 'Active';

function timeOr(iso, otherwise = '') {
  if (!iso) {
    return otherwise;
  }
  const title = `${iso.replace('T', ' ').replace('Z', '')} UTC`;

  return make('time', { dateTime: iso, title, textContent: format.format(new Date(iso)) });
}

const span = (className, textContent) => make('span', { className, textContent });
const badge = (token) => span(`badge ${statusOf(token).toLowerCase()}`, statusOf(token));
const limits = ({ scopes }) => (scopes ? span('code', scopes.join(' ')) : span('quiet', 'Not limited'));

const plain = (x, y) => (x < y ? -1 : Number(x > y));
const never = '\uffff'; // sorts after every time

const columns = [
  { name: 'Token ID', className: 'id', key: (token) => token.tokenId, cell: (token) => token.tokenId },
  { name: 'Description', className: 'words', compare: alphabet.compare, key: (token) => token.description, cell: (token) => token.description },
  { name: 'User', className: 'words', all: true, compare: alphabet.compare, key: (token) => token.user, cell: (token) => token.user },
  { name: 'Status', key: statusOf, cell: badge },
  { name: 'Created', key: (token) => token.createdAt, cell: (token) => timeOr(token.createdAt) },
  { name: 'Expires', key: (token) => token.expiredAt ?? never, cell: (token) => timeOr(token.expiredAt, 'Never') },
  { name: 'Last used', key: (token) => token.lastUsed ?? '', cell: (token) => timeOr(token.lastUsed, 'Never Used') },
];

const scopesColumn = { name: 'Scopes', className: 'scopes', key: ({ scopes }) => String(scopes ?? ''), cell: limits };

/** Compares by a column; equal values are ordered newest first. */
const comparison = ({ key, compare = plain }, direction) => (a, b) =>
  direction * compare(key(a), key(b)) || plain(b.createdAt, a.createdAt);

export class Table {
  /** `all` shows the owners; `onSort` is called after the user chose another order. */
  constructor(element, all, onSort) {
    this.head = element.tHead.rows[0];
    this.body = element.tBodies[0];
    this.columns = columns.filter((column) => all || !column.all);
    this.sorted = this.columns.find((column) => column.name === 'Created');
    this.direction = -1;
    this.onSort = onSort;
    this.show([]);
    this.addHead();
  }

  addHead() {
    this.head.append(...this.columns.map((column) => this.headOf(column)));
    this.head.insertCell().className = 'act';
    this.markSorted();
  }

  headOf(column) {
    const button = make('button', { type: 'button' }, column.name);

    button.addEventListener('click', () => this.sortBy(column));
    column.head = make('th', { scope: 'col' }, button);
    return column.head;
  }

  /** Adds a column for scopes, from the next show() on. It stays: the table may be sorted by it. */
  addScopes() {
    const place = this.columns.findIndex(({ name }) => name === 'Status');

    if (!this.columns.includes(scopesColumn)) {
      this.columns.splice(place, 0, scopesColumn);
      this.head.cells[place].before(this.headOf(scopesColumn));
    }
  }

  markSorted() {
    for (const column of this.columns) {
      column.head.removeAttribute('aria-sort');
    }
    this.sorted.head.setAttribute('aria-sort', this.direction > 0 ? 'ascending' : 'descending');
  }

  sortBy(column) {
    this.direction = this.sorted === column ? -this.direction : 1;
    this.sorted = column;
    this.markSorted();
    this.onSort();
  }

  /** Shows these tokens in the chosen order; with `keep` at least as many rows as before. */
  show(tokens, keep) {
    const rows = keep ? Math.max(this.body.rows.length, STEP) : STEP;
    const focused = document.activeElement.closest('tbody tr')?.dataset.id;

    this.tokens = [...tokens].sort(comparison(this.sorted, this.direction));
    this.byId = new Map(tokens.map((token) => [token.tokenId, token]));
    this.body.replaceChildren(...this.tokens.slice(0, rows).map((token) => this.row(token)));
    this.focus(focused);
  }

  /** Are there tokens that have no row yet? */
  get hasMore() {
    return this.body.rows.length < this.tokens.length;
  }

  more() {
    const from = this.body.rows.length;

    this.body.append(...this.tokens.slice(from, from + STEP).map((token) => this.row(token)));
  }

  row(token) {
    const row = make('tr', { className: statusOf(token).toLowerCase() });

    row.dataset.id = token.tokenId;
    for (const { name, className, cell } of this.columns) {
      const data = make('td', { className: className ?? '' }, cell(token));

      data.dataset.label = name;
      row.append(data);
    }
    const ariaLabel = `Actions for ${token.description || token.tokenId}`;

    row.append(make('td', { className: 'act' }, make('button', { type: 'button', ariaHasPopup: 'menu', ariaLabel }, '⋮')));
    return row;
  }

  /** Has a token expired whose row still shows it as active? */
  get outdated() {
    return [...this.body.querySelectorAll('tr.active')].some((row) => statusOf(this.tokenOf(row)) === 'Expired');
  }

  tokenOf(row) {
    return this.byId.get(row.dataset.id);
  }

  /** The token ids of the next and of the previous row. */
  near(tokenId) {
    const row = this.rowOf(tokenId);

    return [row?.nextElementSibling, row?.previousElementSibling].map((other) => other?.dataset.id);
  }

  rowOf(tokenId) {
    return this.body.querySelector(`[data-id="${tokenId}"]`);
  }

  /** Focuses the button of a row. Returns whether the row exists. */
  focus(tokenId) {
    const button = this.rowOf(tokenId)?.querySelector('button');

    button?.focus({ preventScroll: true });
    return Boolean(button);
  }
}
