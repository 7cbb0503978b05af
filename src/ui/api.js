// SPDX-License-Identifier: Apache-2.0
// Sends requests to the manager; every failure becomes a sentence for the user.

// This file lies in <manager>/assets/<version>/.
const manager = new URL('../../', import.meta.url);

/** A failure: a sentence, the status, and the errors of single members (RFC 9457). */
export class Problem extends Error {
  constructor(sentence, status = 0, errors = []) {
    super(sentence);
    this.status = status;
    this.errors = errors;
  }

  /** The sentence about a member or a part of it, if any. */
  about(member) {
    return this.errors.find(({ pointer }) => `${pointer}/`.startsWith(`#/${member}/`))?.detail;
  }
}

// The server's clock decides what has expired. This is its time minus the browser's.
let offset = 0;

/** The server's time in milliseconds. */
export const now = () => Date.now() + offset;

function noteClock(response) {
  const date = Date.parse(response.headers.get('Date'));

  // The field has whole seconds, so a small difference says nothing.
  if (date && Math.abs(date - Date.now()) > 2000) {
    offset = date - Date.now();
  }
}

const SIGNED_OUT = 'You are no longer signed in. Sign in again in another tab, then try again here.';

const sentences = {
  401: () => SIGNED_OUT,
  403: (detail) => detail ?? 'Something in front of the token manager refused this request. Please ask the administrator.',
  503: (detail, response) => {
    const seconds = Number(response.headers.get('Retry-After')) || 5;

    return `The token database is away right now; nothing was changed. Please try again in ${seconds} seconds.`;
  },
};

async function problemOf(response) {
  const isOurs = /^application\/problem\+json/.test(response.headers.get('Content-Type'));
  const body = isOurs ? await response.json().catch(() => ({})) : {};
  const sentence = sentences[response.status]?.(body.detail, response) ?? body.detail ??
    `The server answered ${response.status} ${response.statusText}.`;

  return new Problem(sentence, response.status, body.errors);
}

async function ask(url, options = {}) {
  let response;

  try {
    response = await fetch(url, {
      cache: 'no-store',
      redirect: 'manual', // a redirect leads to a sign-in page, perhaps of another site
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

/** The JSON of an answer. Anything else is a sign-in page. */
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

/** One page of tokens: the `next` one of the page before, or with null the first; of one user, or with '' of all. */
export async function list(next, user) {
  const url = next ?? new URL(user ? `?user=${encodeURIComponent(user)}` : '', manager);
  const response = await ask(url);

  return { tokens: (await read(response)).data, next: nextOf(response) };
}

/** Generate a token. Resolves to {tokenValue, tokenInfo}. */
export async function generate(wish) {
  const response = await ask(manager, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(wish),
  });

  return read(response);
}

/** Delete a token, if it still exists. */
export async function remove(tokenId) {
  try {
    await ask(new URL(tokenId, manager), { method: 'DELETE' });
  } catch (problem) {
    if (problem.status !== 404) {
      throw problem;
    }
  }
}
