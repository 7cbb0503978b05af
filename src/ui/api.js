// SPDX-License-Identifier: Apache-2.0
// Talks to the manager, and turns whatever goes wrong into a sentence for the person.

// This file lies in <manager>/assets/<version>/.
const manager = new URL('../../', import.meta.url);

/** What went wrong: a sentence, and what the server said of single members. */
export class Problem extends Error {
  constructor(sentence, errors = []) {
    super(sentence);
    this.errors = errors;
  }

  /** The sentence about one member, if there is one. */
  about(member) {
    return this.errors.find((error) => error.pointer === `#/${member}`)?.detail;
  }
}

// The server's clock decides what has expired; this is how far ours is behind it.
let behind = 0;

/** The server's time in milliseconds. */
export const now = () => Date.now() + behind;

function noteClock(response) {
  const date = Date.parse(response.headers.get('Date'));

  // The header has whole seconds, so only a larger difference is one.
  if (date && Math.abs(date - Date.now()) > 2000) {
    behind = date - Date.now();
  }
}

const sentences = {
  401: () => 'You are no longer signed in. Sign in again, for instance by reloading this page.',
  403: (detail) => detail || 'You may not do this.',
  404: (detail) => detail || 'It is no longer there.',
  503: (detail, response) => {
    const seconds = Number(response.headers.get('Retry-After')) || 5;

    return `The token database is away right now; nothing was changed. Please try again in ${seconds} seconds.`;
  },
};

async function problemOf(response) {
  const body = await response.json().catch(() => ({}));
  const sentence = sentences[response.status]?.(body.detail, response) ?? body.detail ??
    `The server answered ${response.status} ${response.statusText}.`;

  return new Problem(sentence, body.errors);
}

async function ask(url, options = {}) {
  let response;

  try {
    response = await fetch(url, {
      cache: 'no-store',
      ...options,
      headers: { Accept: 'application/json', ...options.headers },
    });
  } catch {
    throw new Problem('The server cannot be reached.');
  }
  noteClock(response);
  if (!response.ok) {
    throw await problemOf(response);
  }
  return response;
}

function nextOf(response) {
  const match = /<([^>]+)>;\s*rel="next"/.exec(response.headers.get('Link') ?? '');

  // Only the query: behind a proxy the path may have another name.
  return match ? new URL(new URL(match[1], manager).search, manager) : null;
}

/**
 * One page of tokens.
 * @param {URL|null} place where a page before said that it goes on, or null
 * @param {string} user    whose tokens, or '' for all
 * @returns {Promise<{tokens: object[], next: URL|null}>}
 */
export async function list(place, user) {
  const url = place ?? new URL(user ? `?user=${encodeURIComponent(user)}` : '', manager);
  const response = await ask(url);

  try {
    return { tokens: (await response.json()).data, next: nextOf(response) };
  } catch {
    throw new Problem('You are no longer signed in, or this address is no longer the manager.');
  }
}

/** Generate a token; resolves to {tokenValue, tokenInfo}. */
export async function generate(wish) {
  const response = await ask(manager, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(wish),
  });

  return response.json();
}

/** Delete a token; one that is gone already is as good. */
export async function remove(tokenId) {
  try {
    await ask(new URL(tokenId, manager), { method: 'DELETE' });
  } catch (problem) {
    if (!/no such token/i.test(problem.message)) {
      throw problem;
    }
  }
}
