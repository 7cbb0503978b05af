// SPDX-License-Identifier: Apache-2.0
// The Access Tokens page: loads and filters the tokens; connects table, menu and dialogs.
import { list } from './api.js';
import { copy } from './clipboard.js';
import { DeleteDialog, GenerateDialog, TokenDialog } from './dialogs.js';
import { readLink } from './link.js';
import { attachMenu } from './menu.js';
import { Table, statusOf } from './table.js';
import { showUsage } from './usage.js';

const byId = (id) => document.getElementById(id);
const { manager, defaultDays, maxDays, scopes, ways, address } = document.body.dataset;
const all = manager === 'all';
const offered = scopes ? scopes.split(' ') : [];

const FILTERS_ABOVE = 5; // tokens; with more the page shows filters
const PAGES_AT_ONCE = 15; // of 1,000 tokens; then a button loads more
const MESSAGE_MS = 8000;

const state = { tokens: [], next: null, loading: false, known: false };
const table = new Table(document.querySelector('table'), all, () => render());

let messageTimer;

function showMessage(sentence) {
  clearTimeout(messageTimer);
  byId('message').textContent = sentence;
  messageTimer = setTimeout(() => { byId('message').textContent = ''; }, MESSAGE_MS);
}

function matches(token) {
  const words = byId('filter').value.trim().toLowerCase();
  const status = byId('status').value;
  const texts = [token.description, token.tokenId, ...(token.scopes ?? [])];

  return texts.some((text) => text.toLowerCase().includes(words)) &&
    (!status || statusOf(token).toLowerCase() === status);
}

function render(keep) {
  const shown = state.tokens.filter(matches);
  const none = state.tokens.length === 0;
  const asked = byId('user').value !== '';

  if (scopes || state.tokens.some((token) => token.scopes)) {
    table.addScopes();
  }
  table.show(shown, keep);
  byId('empty').hidden = !none || !state.known || asked;
  byId('nothing').hidden = shown.length > 0 || !state.known || (none && !asked);
  byId('frame').hidden = shown.length === 0;
  byId('filters').hidden = !all && state.tokens.length <= FILTERS_ABOVE && shown.length === state.tokens.length;
  byId('count').textContent = countOf(shown.length, state.tokens.length);
  showMore();
}

function countOf(shown, tokens) {
  const total = tokens.toLocaleString();

  if (state.loading) {
    return tokens ? `Loading; ${total} tokens so far …` : 'Loading …';
  }
  return byId('filters').hidden || !tokens ? '' : `${shown.toLocaleString()} of ${total} tokens${state.next ? ' loaded' : ''}`;
}

function showMore() {
  byId('more').hidden = !table.hasMore && (!state.next || state.loading);
}

function showProblem(problem, again) {
  const box = byId('problem');

  box.firstElementChild.textContent = problem.message;
  box.hidden = false;
  box.querySelector('button').onclick = again;
}

function hideProblem() {
  const box = byId('problem');

  if (box.contains(document.activeElement)) {
    byId('generate').focus();
  }
  box.hidden = true;
}

let lastLoad = 0; // only the latest load shows its result

async function load(fresh) {
  const thisLoad = ++lastLoad;
  let failure;

  state.loading = true;
  state.next = fresh ? null : state.next;
  byId('count').textContent = countOf(0, fresh ? 0 : state.tokens.length);
  try {
    await loadPages(thisLoad, fresh);
  } catch (problem) {
    failure = problem;
  }
  if (thisLoad !== lastLoad) {
    return;
  }
  state.loading = false;
  render(true);
  if (failure) {
    showProblem(failure, () => load(fresh && !state.next));
  } else {
    hideProblem();
    suggestUsers();
  }
}

async function loadPages(thisLoad, fresh) {
  let page = state.next;

  for (let pages = 0; pages < PAGES_AT_ONCE; pages++) {
    const { tokens, next } = await list(page, byId('user').value.trim());

    if (thisLoad !== lastLoad) {
      return;
    }
    state.tokens = fresh && pages === 0 ? tokens : state.tokens.concat(tokens);
    state.next = next;
    state.known = true;
    render(true);
    page = next;
    if (!next) {
      return;
    }
  }
}

/** Suggests owners of loaded tokens in the filter. */
function suggestUsers() {
  if (all && byId('user').value === '') {
    const names = new Set(state.tokens.map((token) => token.user));

    byId('users').replaceChildren(...[...names].sort().slice(0, 1000).map((name) => new Option(name)));
  }
}

function generated(made) {
  state.tokens = [made.tokenInfo, ...state.tokens];
  state.known = true;
  render(true);
  myToken.open(made);
}

function deleted({ tokenId }) {
  const near = table.near(tokenId);

  state.tokens = state.tokens.filter((token) => token.tokenId !== tokenId);
  render(true);
  showMessage('The token is deleted.');
  if (!near.some((id) => table.focus(id))) {
    byId('generate').focus();
  }
}

const myToken = new TokenDialog();
const generateDialog = new GenerateDialog(defaultDays, Number(maxDays) || 0, offered, generated);
const deleteDialog = new DeleteDialog(deleted);

attachMenu(table, {
  'copy-id': async ({ tokenId }) => {
    const done = await copy(tokenId);

    showMessage(done ? 'The token ID is copied.' : `The browser did not let us copy. The token ID is ${tokenId}`);
  },
  delete: (token) => deleteDialog.open(token),
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
showUsage(ways.split(' '), byId('me').textContent, address || `${location.origin}/the/path/you/need`);
setInterval(() => {
  if (table.outdated) {
    render(true);
  }
}, 1000);
load(true);

const link = readLink(location.search, offered, (days) => generateDialog.readLifetime(days).wrong);

if (link) {
  byId('generate').focus(); // has the focus again when the dialog closes
  generateDialog.open(link);
}
