// SPDX-License-Identifier: Apache-2.0
// The three dialogs: Generate Token, My Token, Delete Token.
import { generate, remove } from './api.js';
import { attachCopy, select } from './clipboard.js';
import { make } from './table.js';

const DAY = 86400;
const byId = (id) => document.getElementById(id);

const setText = (element, sentence) => {
  element.textContent = sentence ?? '';
  element.hidden = !sentence;
};

/** Disables the dialog's buttons during the work, so that it is not started twice. */
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
      focused.focus(); // a disabled button has lost it
    }
  }
}

/** Shows why the request failed, and a button 'Try again'; without a sentence, undoes both. */
function showError(dialog, sentence) {
  const button = dialog.querySelector('[type=submit]');

  button.dataset.label ??= button.textContent;
  button.textContent = sentence ? 'Try again' : button.dataset.label;
  setText(dialog.querySelector('.notice'), sentence);
}

function attachCancel(dialog) {
  dialog.querySelector('[value=cancel]').addEventListener('click', () => dialog.close());
  dialog.addEventListener('cancel', (event) => {
    if (dialog.dataset.busy) {
      event.preventDefault();
    }
  });
}

/** Days in words; less than one also in hours, minutes or seconds. */
function formatDays(days) {
  const [unit, length] = [['day', 1], ['hour', 24], ['minute', 1440]].find(([, n]) => days * n >= 0.999) ?? ['second', DAY];
  const words = new Intl.NumberFormat('en', { style: 'unit', unit, unitDisplay: 'long', maximumFractionDigits: 2 })
    .format(days * length);

  return unit === 'day' ? words : `${days} days (${words})`;
}

/** Adds a checkbox for each scope. */
function addCheckboxes(scopes) {
  const fieldset = byId('scopes');

  fieldset.hidden = scopes.length === 0;
  return scopes.map((scope) => {
    const box = make('input', { type: 'checkbox', value: scope });

    box.setAttribute('aria-describedby', 'scopes-error');
    fieldset.querySelector('div').append(make('label', {}, box, scope));
    return box;
  });
}

/** Shows an error and marks the wrong fields; '' clears both. Returns the first of them. */
function markFields(name, sentence, fields, wrong = fields) {
  setText(byId(`${name}-error`), sentence);
  fields.forEach((field) => field.setAttribute('aria-invalid', String(Boolean(sentence) && wrong.includes(field))));
  return sentence ? wrong[0] : undefined;
}

/** Shows what a link filled in, and what was left out. */
function showNotes(notes = []) {
  byId('link').hidden = notes.length === 0;
  byId('link').querySelector('ul').replaceChildren(...notes.map(([before, text = '', after = '']) =>
    make('li', {}, before, make('bdi', {}, text), after)));
}

class GenerateDialog {
  constructor(defaultDays, maxDays, scopes, onGenerated) {
    this.dialog = byId('generate-dialog');
    this.form = this.dialog.querySelector('form');
    this.lifetime = byId('lifetime');
    this.description = byId('description');
    this.boxes = addCheckboxes(scopes);
    this.defaultDays = defaultDays;
    this.maxDays = maxDays;
    this.onGenerated = onGenerated;
    setText(byId('lifetime-hint'), maxDays
      ? `At most ${formatDays(maxDays)} here; tokens that never expire are not allowed.`
      : '-1 means that the token never expires.');
    attachCancel(this.dialog);
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      busy(this.dialog, () => this.submit()).then(() => this.wrong?.focus());
    });
  }

  /** Opens the dialog; with a link, as readLink() returns it, filled in. */
  open(link) {
    this.form.reset();
    this.lifetime.value = link?.lifetimeDays || this.defaultDays;
    this.description.value = link?.description ?? '';
    this.boxes.forEach((box) => { box.checked = link?.scopes.includes(box.value); });
    this.showErrors({});
    showNotes(link?.notes);
    this.dialog.showModal();
    if (link) {
      byId('link').focus(); // before any field, so that it is read
    } else {
      this.lifetime.select();
    }
  }

  get chosen() {
    return this.boxes.filter((box) => box.checked);
  }

  showErrors({ lifetime, description, scopes, other }) {
    showError(this.dialog, other);
    this.wrong = [
      markFields('lifetime', lifetime, [this.lifetime]),
      markFields('description', description, [this.description]),
      markFields('scopes', scopes, this.boxes, this.chosen),
    ].find(Boolean);
  }

  /** A lifetime in seconds, or the error. */
  readLifetime(text) {
    const days = Number(text);

    // No comma: some languages separate thousands with it, others decimals.
    if (!/^(-1|\d{0,11}\.?\d{1,11})$/.test(text) || days === 0) {
      return { wrong: 'Write a number of days, such as 365, or -1 for a token that never expires.' };
    }
    if (this.maxDays && (days === -1 || days > this.maxDays)) {
      return { wrong: `The administrator allows at most ${formatDays(this.maxDays)}.` };
    }
    return { seconds: days === -1 ? -1 : Math.max(1, Math.round(days * DAY)) };
  }

  wish(lifetimeSeconds) {
    const scopes = this.chosen.map((box) => box.value);

    // Without the member the token is not limited; an empty list would be refused.
    return { lifetimeSeconds, description: this.description.value, scopes: scopes.length ? scopes : undefined };
  }

  async submit() {
    const { seconds, wrong } = this.readLifetime(this.lifetime.value.trim());

    this.showErrors({ lifetime: wrong });
    if (!wrong) {
      try {
        const made = await generate(this.wish(seconds));

        this.dialog.close();
        this.onGenerated(made);
      } catch (problem) {
        this.handle(problem);
      }
    }
  }

  handle(problem) {
    const about = (member) => problem.about?.(member);
    const [lifetime, description, scopes] = ['lifetimeSeconds', 'description', 'scopes'].map(about);

    this.showErrors({ lifetime, description, scopes, other: lifetime || description || scopes ? '' : problem.message });
  }
}

class TokenDialog {
  constructor() {
    this.dialog = byId('token-dialog');
    this.value = byId('value');
    attachCopy(byId('copy'), this.value, byId('copied'));
    byId('close').addEventListener('click', ({ detail }) => {
      if (detail < 2) { // 2: the second click of a double click on Generate
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
    this.dialog.showModal();
    select(this.value);
  }

  forget() {
    this.value.value = '';
    this.dialog.querySelectorAll('[role=status]').forEach((told) => { told.textContent = ''; });
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
    showError(this.dialog, '');
    setText(this.dialog.querySelector('.name'), token.description);
    setText(this.dialog.querySelector('.code'), token.user ? `${token.tokenId} of ${token.user}` : token.tokenId);
    this.dialog.showModal();
  }

  async submit() {
    try {
      await remove(this.token.tokenId);
    } catch (problem) {
      showError(this.dialog, problem.message);
      return;
    }
    this.dialog.close();
    this.onDeleted(this.token);
  }
}

export { GenerateDialog, TokenDialog, DeleteDialog };
