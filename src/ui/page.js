// SPDX-License-Identifier: Apache-2.0
// The Access Tokens page: loads the tokens, shows those that are asked for, and ties the parts together.
import { list } from './api.js';
import { copy } from './clipboard.js';
import { DeleteDialog, GenerateDialog, TokenDialog } from './dialogs.js';
import { attachMenu } from './menu.js';
import { Table, statusOf } from './table.js';

const byId = (id) => document.getElementById(id);
const { manager, defaultDays, maxDays } = document.body.dataset;
const all = manager === 'all';

const HANDFUL = 5; // more tokens than this get filters
const PAGES_AT_ONCE = 15; // of 1,000 tokens; then the person is asked

const state = { tokens: [], next: null, loading: false };
const table = new Table(document.querySelector('table'), all, () => render());

const say = (sentence) => { byId('news').textContent = sentence; };

function matches(token) {
  const words = byId('filter').value.trim().toLowerCase();
  const status = byId('status').value;

  return (!words || token.description.toLowerCase().includes(words) || token.tokenId.includes(words)) &&
    (!status || statusOf(token).toLowerCase() === status);
}

function render(keep) {
  const shown = state.tokens.filter(matches);
  const none = state.tokens.length === 0;
  const asked = byId('user').value !== '';

  table.show(shown, keep);
  byId('empty').hidden = !none || state.loading || asked;
  byId('nothing').hidden = shown.length > 0 || (none && !asked) || state.loading;
  byId('frame').hidden = shown.length === 0;
  byId('filters').hidden = !all && state.tokens.length <= HANDFUL;
  showMore();
}

function showMore() {
  byId('more').hidden = !table.hasMore && (!state.next || state.loading);
}

function showProblem(problem, again) {
  const box = byId('problem');

  box.firstElementChild.textContent = problem.message;
  box.hidden = false;
  box.querySelector('button').onclick = () => {
    box.hidden = true;
    again();
  };
}

// A load that a later one has overtaken shows nothing any more.
let turn = 0;

async function load(fresh) {
  const mine = ++turn;

  state.loading = true;
  if (fresh) {
    Object.assign(state, { next: null });
  }
  say('Loading …');
  try {
    await loadPages(mine, fresh);
  } catch (problem) {
    if (mine === turn) {
      say('');
      showProblem(problem, () => load(fresh));
    }
  }
  if (mine === turn) {
    state.loading = false;
    render(true);
  }
}

async function loadPages(mine, fresh) {
  let place = state.next;

  for (let pages = 0; pages < PAGES_AT_ONCE; pages++) {
    const { tokens, next } = await list(place, byId('user').value.trim());

    if (mine !== turn) {
      return;
    }
    state.tokens = fresh && pages === 0 ? tokens : state.tokens.concat(tokens);
    state.next = next;
    render(true);
    say(next ? `${state.tokens.length.toLocaleString()} tokens so far …` : '');
    place = next;
    if (!next) {
      return;
    }
  }
}

function generated(made) {
  state.tokens.unshift(made.tokenInfo);
  render(true);
  myToken.open(made);
}

function deleted(token) {
  const row = table.rowOf(token.tokenId);
  const near = row?.nextElementSibling ?? row?.previousElementSibling;

  state.tokens = state.tokens.filter((other) => other !== token);
  render(true);
  say('The token is deleted.');
  (table.rowOf(near?.dataset.id)?.querySelector('td.act button') ?? byId('generate')).focus();
}

const myToken = new TokenDialog();
const generateDialog = new GenerateDialog(defaultDays, Number(maxDays) || 0, generated);
const deleteDialog = new DeleteDialog(deleted);

attachMenu(table.body, {
  'copy-id': async (row) => {
    const done = await copy(row.dataset.id);

    say(done ? 'The token ID is copied.' : 'The browser did not let us copy.');
  },
  delete: (row) => deleteDialog.open(table.tokenOf(row)),
});

let typing;

function attachFilters() {
  byId('filters').addEventListener('submit', (event) => event.preventDefault());
  byId('filter').addEventListener('input', () => render());
  byId('status').addEventListener('change', () => render());
  byId('user').addEventListener('input', () => {
    clearTimeout(typing);
    typing = setTimeout(() => load(true), 300);
  });
}

byId('generate').addEventListener('click', () => generateDialog.open());
byId('more').addEventListener('click', () => {
  if (table.hasMore) {
    table.more();
    showMore();
  } else {
    load(false);
  }
});
new IntersectionObserver(([entry]) => {
  if (entry.isIntersecting && table.hasMore) {
    table.more();
    showMore();
  }
}, { rootMargin: '600px' }).observe(byId('more'));

byId('everybody').hidden = !all;
byId('user-filter').hidden = !all;
attachFilters();
setInterval(() => table.age(), 1000);
load(true);
