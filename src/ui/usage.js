// SPDX-License-Identifier: Apache-2.0
// How to use a token: a command for each way in which the server accepts one. The token stays in a file, because all
// users of a machine can see the command lines of its processes.
import { attachCopy } from './clipboard.js';
import { make } from './table.js';

const inShell = (text) => `'${text.replaceAll("'", "'\\''")}'`;
const inSed = (text) => text.replace(/[\\&/]/g, '\\$&');
const inCurlsFile = (text) => text.replace(/[\\"]/g, '\\$&');

/** [words, command] for a way: bearer, basic, or header: with the name of a field. */
function stepOf(way, user, address) {
  const send = (script, option) => `sed ${inShell(script)} token |\n  curl ${option}- ${inShell(address)}`;
  const sendField = (begin) => send(`s/^/${inSed(begin)} /;q`, '-H @');

  if (way === 'basic') {
    return [`As a password, with the user name ${user}`, send(`s/.*/user = "${inSed(inCurlsFile(user))}:&"/;q`, '-K ')];
  }
  if (way === 'bearer') {
    return ['As a Bearer token', sendField('Authorization: Bearer')];
  }
  const field = way.slice('header:'.length);

  return [`In the header field ${field}`, sendField(`${field}:`)];
}

function commandOf(text, purpose) {
  const code = make('code', { className: 'code', dir: 'ltr' }, text);
  const button = make('button', { type: 'button', ariaLabel: `Copy: ${purpose}` }, 'Copy');
  const told = make('span', { role: 'status' });

  attachCopy(button, code, told);
  return make('div', { className: 'command' }, code, button, told);
}

/** Writes the commands into every element of the class usage. */
export function showUsage(ways, user, address) {
  // A user name with a colon cannot be sent; any other is as good.
  const steps = ways.map((way) => stepOf(way, user.includes(':') ? 'token' : user, address));

  for (const place of document.querySelectorAll('.usage')) {
    place.hidden = false;
    place.append(make('ol', {},
      make('li', {}, 'Put the token into a file that only you can read. Paste it after this command, then press Enter and Ctrl+D.',
        commandOf('(umask 077; cat > token)', 'Put the token into a file')),
      make('li', {}, `Send it from there${steps.length > 1 ? ' in one of these ways' : ''}.`,
        ...steps.flatMap(([words, command]) => [make('p', {}, words), commandOf(command, words)]))));
  }
}
