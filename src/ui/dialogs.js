// SPDX-License-Identifier: Apache-2.0
// The three dialogs: Generate Token, My Token, Delete Token.
import { generate, remove } from './api.js';
import { copy } from './clipboard.js';

const DAY = 86400;
const byId = (id) => document.getElementById(id);

const say = (element, sentence) => {
  element.textContent = sentence ?? '';
  element.hidden = !sentence;
};

/** Runs work with the form's buttons out of reach, so that it cannot be begun twice. */
async function busy(dialog, work) {
  const buttons = dialog.querySelectorAll('button');
  const focused = document.activeElement;

  if (dialog.dataset.busy) {
    return;
  }
  dialog.dataset.busy = 'yes';
  buttons.forEach((button) => { button.disabled = true; });
  try {
    await work();
  } finally {
    buttons.forEach((button) => { button.disabled = false; });
    delete dialog.dataset.busy;
    if (dialog.open) {
      focused.focus(); // which a button out of reach has lost
    }
  }
}

/** Shows what went wrong with the whole request; its button then says so. */
function showTrouble(dialog, sentence) {
  const button = dialog.querySelector('[type=submit]');

  button.dataset.label ??= button.textContent;
  button.textContent = sentence ? 'Try again' : button.dataset.label;
  say(dialog.querySelector('.notice'), sentence);
}

function attachCancel(dialog) {
  dialog.querySelector('[value=cancel]').addEventListener('click', () => dialog.close());
  dialog.addEventListener('cancel', (event) => {
    if (dialog.dataset.busy) {
      event.preventDefault();
    }
  });
}

/** A maximum as people say it. */
function inWords(days) {
  const [unit, length] = [['day', 1], ['hour', 24], ['minute', 1440]].find(([, n]) => days * n >= 0.999) ?? ['second', DAY];
  const words = new Intl.NumberFormat('en', { style: 'unit', unit, unitDisplay: 'long', maximumFractionDigits: 2 })
    .format(days * length);

  return unit === 'day' ? words : `${days} days (${words})`;
}

/** A box to check for each scope. */
function offer(scopes) {
  const fieldset = byId('scopes');

  fieldset.hidden = scopes.length === 0;
  return scopes.map((scope) => {
    const label = document.createElement('label');
    const box = Object.assign(document.createElement('input'), { type: 'checkbox', value: scope });

    box.setAttribute('aria-describedby', 'scopes-error');
    label.append(box, scope);
    fieldset.querySelector('div').append(label);
    return box;
  });
}

/** Says, or no longer says, what is wrong with those of the fields that are; the first of them. */
function mark(name, sentence, fields, wrong = fields) {
  say(byId(`${name}-error`), sentence);
  fields.forEach((field) => field.setAttribute('aria-invalid', String(Boolean(sentence) && wrong.includes(field))));
  return sentence ? wrong[0] : undefined;
}

class GenerateDialog {
  constructor(defaultDays, maxDays, scopes, onGenerated) {
    this.dialog = byId('generate-dialog');
    this.form = this.dialog.querySelector('form');
    this.lifetime = byId('lifetime');
    this.description = byId('description');
    this.boxes = offer(scopes);
    this.defaultDays = defaultDays;
    this.maxDays = maxDays;
    this.onGenerated = onGenerated;
    say(byId('lifetime-hint'), maxDays
      ? `At most ${inWords(maxDays)} here; tokens that never expire are not allowed.`
      : '-1 means that the token never expires.');
    attachCancel(this.dialog);
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      busy(this.dialog, () => this.submit()).then(() => this.wrong?.focus());
    });
  }

  open() {
    this.form.reset();
    this.lifetime.value = this.defaultDays;
    this.complain({});
    this.dialog.showModal();
    this.lifetime.select();
  }

  get chosen() {
    return this.boxes.filter((box) => box.checked);
  }

  complain({ lifetime, description, scopes, other }) {
    showTrouble(this.dialog, other);
    this.wrong = [
      mark('lifetime', lifetime, [this.lifetime]),
      mark('description', description, [this.description]),
      mark('scopes', scopes, this.boxes, this.chosen),
    ].find(Boolean);
  }

  /** Seconds, or what is wrong with the days. */
  readLifetime() {
    const text = this.lifetime.value.trim();
    const days = Number(text);

    // No comma: it parts thousands for some and decimals for others.
    if (!/^(-1|\d*\.?\d+)$/.test(text) || days === 0) {
      return { wrong: 'Write a number of days, such as 365, or -1 for a token that never expires.' };
    }
    if (this.maxDays && (days === -1 || days > this.maxDays)) {
      return { wrong: `The administrator allows at most ${inWords(this.maxDays)}.` };
    }
    return { seconds: days === -1 ? -1 : Math.max(1, Math.round(days * DAY)) };
  }

  wish(lifetimeSeconds) {
    const scopes = this.chosen.map((box) => box.value);

    // No list at all, not an empty one, asks for a token that is not limited.
    return { lifetimeSeconds, description: this.description.value, scopes: scopes.length ? scopes : undefined };
  }

  async submit() {
    const { seconds, wrong } = this.readLifetime();

    this.complain({ lifetime: wrong });
    if (!wrong) {
      try {
        const made = await generate(this.wish(seconds));

        this.dialog.close();
        this.onGenerated(made);
      } catch (problem) {
        this.blame(problem);
      }
    }
  }

  blame(problem) {
    const about = (member) => problem.about?.(member);
    const [lifetime, description, scopes] = ['lifetimeSeconds', 'description', 'scopes'].map(about);

    this.complain({ lifetime, description, scopes, other: lifetime || description || scopes ? '' : problem.message });
  }
}

class TokenDialog {
  constructor() {
    this.dialog = byId('token-dialog');
    this.value = byId('value');
    this.curl = byId('curl');
    this.copied = byId('copied');
    byId('copy').addEventListener('click', () => this.copy());
    byId('close').addEventListener('click', ({ detail }) => {
      if (detail < 2) { // else it is the second half of a double click on Generate
        this.dialog.close();
      }
    });
    this.dialog.addEventListener('close', () => this.forget());
    addEventListener('pagehide', () => {
      this.forget();
      this.dialog.close();
    });
  }

  open({ tokenValue }) {
    this.value.value = tokenValue;
    this.curl.value = `curl -H 'Authorization: Bearer ${tokenValue}' '${location.origin}/'`;
    this.copied.textContent = '';
    this.dialog.showModal();
    this.select();
  }

  /** From the end to the start, so that the start is what one sees. */
  select() {
    this.value.focus();
    this.value.setSelectionRange(0, this.value.value.length, 'backward');
    this.value.scrollLeft = 0;
  }

  async copy() {
    const done = await copy(this.value.value, this.dialog);

    this.copied.textContent = done
      ? 'Copied.'
      : 'The browser did not let us copy. The token is selected; press Ctrl+C or ⌘C.';
    if (!done) {
      this.select();
    }
  }

  forget() {
    this.value.value = '';
    this.curl.value = '';
    this.copied.textContent = '';
  }
}

class DeleteDialog {
  constructor(onDeleted) {
    this.dialog = byId('delete-dialog');
    this.onDeleted = onDeleted;
    attachCancel(this.dialog);
    this.dialog.querySelector('form').addEventListener('submit', (event) => {
      event.preventDefault();
      busy(this.dialog, () => this.submit());
    });
  }

  open(token) {
    this.token = token;
    showTrouble(this.dialog, '');
    say(this.dialog.querySelector('.name'), token.description);
    say(this.dialog.querySelector('.code'), token.user ? `${token.tokenId} of ${token.user}` : token.tokenId);
    this.dialog.showModal();
  }

  async submit() {
    try {
      await remove(this.token.tokenId);
    } catch (problem) {
      showTrouble(this.dialog, problem.message);
      return;
    }
    this.dialog.close();
    this.onDeleted(this.token);
  }
}

export { GenerateDialog, TokenDialog, DeleteDialog };
