// SPDX-License-Identifier: Apache-2.0
// Talks to the manager, and turns whatever goes wrong into a sentence for the person.

// This file lies in <manager>/assets/<version>/.
const manager = new URL('../../', import.meta.url);

/** What went wrong: a sentence, the answer's status, and what was said of single members. */
export class Problem extends Error {
  constructor(sentence, status = 0, errors = []) {
    super(sentence);
    this.status = status;
    this.errors = errors;
  }

  /** The sentence about one member or something in it, if there is one. */
  about(member) {
    return this.errors.find(({ pointer }) => `${pointer}/`.startsWith(`#/${member}/`))?.detail;
  }
}

// The server's clock decides what has expired; this is how far ours is behind it.
let behind = 0;

/** The server's time in milliseconds. */
export const now = () => Date.now() + behind;

function noteClock(response) {
  const date = Date.parse(response.headers.get('Date'));

  // It has whole seconds; only a larger difference is one.
  if (date && Math.abs(date - Date.now()) > 2000) {
    behind = date - Date.now();
  }
}

const SIGNED_OUT = 'You are no longer signed in. Sign in again in another tab, then try again here.';

const sentences = {
  401: () => SIGNED_OUT,
  403: (detail) => detail || 'You may not do this.',
  503: (detail, response) => {
    const seconds = Number(response.headers.get('Retry-After')) || 5;

    return `The token database is away right now; nothing was changed. Please try again in ${seconds} seconds.`;
  },
};

async function problemOf(response) {
  const body = await response.json().catch(() => ({}));
  const sentence = sentences[response.status]?.(body.detail, response) ?? body.detail ??
    `The server answered ${response.status} ${response.statusText}.`;

  return new Problem(sentence, response.status, body.errors);
}

async function ask(url, options = {}) {
  let response;

  try {
    response = await fetch(url, {
      cache: 'no-store',
      redirect: 'manual', // to a page for signing in, perhaps of another site
      ...options,
      headers: { Accept: 'application/json', ...options.headers },
    });
  } catch {
    throw new Problem('The server cannot be reached.');
  }
  if (response.type === 'opaqueredirect') {
    throw new Problem(SIGNED_OUT, 401);
  }
  noteClock(response);
  if (!response.ok) {
    throw await problemOf(response);
  }
  return response;
}

/** The JSON of an answer; anything else is a page for signing in. */
async function read(response) {
  try {
    return await response.json();
  } catch {
    throw new Problem(SIGNED_OUT, 401);
  }
}

function nextOf(response) {
  const match = /<([^>]+)>;\s*rel="next"/.exec(response.headers.get('Link') ?? '');

  // Only the query: behind a proxy the path may have another name.
  return match ? new URL(new URL(match[1], manager).search, manager) : null;
}

/** One page of tokens, from a place on that the page before named, of one user or of all (''). */
export async function list(place, user) {
  const url = place ?? new URL(user ? `?user=${encodeURIComponent(user)}` : '', manager);
  const response = await ask(url);

  return { tokens: (await read(response)).data, next: nextOf(response) };
}

/** Generate a token; resolves to {tokenValue, tokenInfo}. */
export async function generate(wish) {
  const response = await ask(manager, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(wish),
  });

  return read(response);
}

/** Delete a token; one that is gone already is as good. */
export async function remove(tokenId) {
  try {
    await ask(new URL(tokenId, manager), { method: 'DELETE' });
  } catch (problem) {
    if (problem.status !== 404) {
      throw problem;
    }
  }
}
