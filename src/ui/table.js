// SPDX-License-Identifier: Apache-2.0
// The table: columns, rows, sorting. It shows the rows that it is given, a screenful at a time.
import { now } from './api.js';

const STEP = 100;
const format = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

/** Active or Expired at this moment, by the server's clock. */
export const statusOf = (token) =>
  token.expiredAt && Date.parse(token.expiredAt) <= now() ? 'Expired' : 'Active';

function timeOr(iso, otherwise) {
  if (!iso) {
    return otherwise;
  }
  const time = document.createElement('time');

  time.dateTime = iso;
  time.title = `${iso.replace('T', ' ').replace('Z', '')} UTC`;
  time.textContent = format.format(new Date(iso));
  return time;
}

function badge(token) {
  const mark = document.createElement('span');

  mark.textContent = statusOf(token);
  mark.className = `badge ${mark.textContent}`;
  return mark;
}

const never = '\uffff'; // sorts after every time

const columns = [
  { name: 'Token ID', className: 'id', key: (token) => token.tokenId, cell: (token) => token.tokenId },
  { name: 'Description', className: 'words', key: (token) => token.description.toLowerCase(), cell: (token) => token.description },
  { name: 'User', className: 'words', all: true, key: (token) => token.user, cell: (token) => token.user },
  { name: 'Status', key: statusOf, cell: badge },
  { name: 'Created', key: (token) => token.createdAt, cell: (token) => timeOr(token.createdAt, '') },
  { name: 'Expires', key: (token) => token.expiredAt ?? never, cell: (token) => timeOr(token.expiredAt, 'Never') },
  { name: 'Last used', key: (token) => token.lastUsed ?? '', cell: (token) => timeOr(token.lastUsed, 'Never Used') },
];

/** Compares by key, and newest first where keys are equal. */
function comparison({ key }, direction) {
  return (a, b) => {
    const x = key(a);
    const y = key(b);

    if (x === y) {
      return a.createdAt < b.createdAt ? 1 : -1;
    }
    return (x < y ? -1 : 1) * direction;
  };
}

export class Table {
  /**
   * @param {HTMLTableElement} element
   * @param {boolean} all            whether to show whose tokens they are
   * @param {() => void} onSort      called after the person chose another order
   */
  constructor(element, all, onSort) {
    this.head = element.tHead.rows[0];
    this.body = element.tBodies[0];
    this.columns = columns.filter((column) => all || !column.all);
    this.sorted = this.columns.find((column) => column.name === 'Created');
    this.direction = -1;
    this.onSort = onSort;
    this.tokens = [];
    this.addHead();
  }

  addHead() {
    for (const column of this.columns) {
      const cell = document.createElement('th');
      const button = document.createElement('button');

      cell.scope = 'col';
      button.type = 'button';
      button.textContent = column.name;
      button.addEventListener('click', () => this.sortBy(column));
      cell.append(button);
      column.head = cell;
      this.head.append(cell);
    }
    const last = document.createElement('td');

    last.className = 'act';
    this.head.append(last);
    this.markSorted();
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

  /** Show these tokens, in the order chosen; `keep` keeps as many rows as were shown. */
  show(tokens, keep) {
    const rows = keep ? Math.max(this.body.rows.length, STEP) : STEP;

    this.tokens = [...tokens].sort(comparison(this.sorted, this.direction));
    this.body.replaceChildren(...this.tokens.slice(0, rows).map((token) => this.row(token)));
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
    const row = document.createElement('tr');

    row.dataset.id = token.tokenId;
    for (const { name, className, cell } of this.columns) {
      const data = row.insertCell();

      data.className = className ?? '';
      data.dataset.label = name;
      data.append(cell(token));
    }
    row.className = statusOf(token).toLowerCase();
    row.append(this.menuCell(token));
    return row;
  }

  menuCell(token) {
    const cell = document.createElement('td');
    const button = document.createElement('button');

    cell.className = 'act';
    button.type = 'button';
    button.textContent = '⋮';
    button.setAttribute('aria-haspopup', 'menu');
    button.setAttribute('aria-label', `Actions for ${token.description || token.tokenId}`);
    cell.append(button);
    return cell;
  }

  /** Let rows say that their token has expired since they were made; how many? */
  age() {
    const expired = [...this.body.querySelectorAll('tr.active')].filter((row) => {
      const token = this.tokenOf(row);

      return token && statusOf(token) === 'Expired';
    });

    for (const row of expired) {
      row.replaceWith(this.row(this.tokenOf(row)));
    }
    return expired.length;
  }

  tokenOf(row) {
    return this.tokens.find((token) => token.tokenId === row?.dataset.id);
  }

  rowOf(tokenId) {
    return [...this.body.rows].find((row) => row.dataset.id === tokenId);
  }
}
