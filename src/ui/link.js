// SPDX-License-Identifier: Apache-2.0
// A link may fill in the Generate Token dialog: ?description=…&lifetimeDays=…&scopes=… This reads what it asks for. All
// of that is also shown as notes, because a field may be too small for its text, and a list for its scopes.

const DESCRIPTION_MAX = 255; // characters, as the server counts them
// Scripts and emoji need the joiners and marks that are excepted here.
const INVISIBLE = /(?![\u200c-\u200f])[\p{C}\p{Zl}\p{Zp}]/gu;

function judgeDescription(text) {
  if ([...text].length > DESCRIPTION_MAX) {
    return `It has more than ${DESCRIPTION_MAX} characters.`;
  }
  return text.search(INVISIBLE) < 0 ? '' : 'It has characters that cannot be seen.';
}

/** The beginning of a text that is left out, without characters that cannot be seen. */
function quote(text) {
  const characters = [...text.replace(INVISIBLE, '\ufffd')];

  return characters.slice(0, 40).join('') + (characters.length > 40 ? '…' : '');
}

/**
 * Read the query of the page's address.
 * @param {string} query
 * @param {string[]} offered the scopes that may be chosen
 * @param {(days: string) => string | undefined} judgeLifetime what is wrong with it, if anything
 * @returns {{lifetimeDays: string, description: string, scopes: string[], notes: string[][]} | null} what to fill in; null
 *     if the link asks for nothing. A note is a text of the link between two of ours.
 */
export function readLink(query, offered, judgeLifetime) {
  const parameters = new URLSearchParams(query);
  const left = [];

  const leaveOut = (text, why) => left.push(['Left out: ', text, `. ${why}`]);
  const take = (name, judge) => {
    const [text = '', ...others] = parameters.getAll(name).map((value) => value.trim());
    const wrong = others.length ? 'The link has it more than once.' : text && judge(text);

    if (wrong) {
      leaveOut(others.length ? name : `${name}=${quote(text)}`, wrong);
    }
    return wrong ? '' : text;
  };

  const lifetimeDays = take('lifetimeDays', judgeLifetime);
  const description = take('description', judgeDescription);
  const words = take('scopes', () => '').split(/[\s,]+/).filter(Boolean);
  const scopes = offered.filter((word) => words.includes(word));
  const unknown = words.filter((word) => !offered.includes(word));
  const filled = [['Lifetime (days): ', lifetimeDays], ['Description: ', description], ['Scopes: ', scopes.join(' ')]]
    .filter(([, text]) => text);

  if (unknown.length) {
    leaveOut(`scopes=${quote(unknown.join(' '))}`, 'This is not offered here.');
  }
  if (!scopes.length && parameters.get('scopes')) {
    left.push(['Without scopes the token is not limited: it may do all you may.']);
  }
  return filled.length + left.length ? { lifetimeDays, description, scopes, notes: [...filled, ...left] } : null;
}
