// SPDX-License-Identifier: Apache-2.0
// The three dialogs: Generate New Token, My Token, Delete Token.
import { generate, remove } from './api.js';
import { copy } from './clipboard.js';

const DAY = 86400;

const say = (element, sentence) => {
  element.textContent = sentence ?? '';
  element.hidden = !sentence;
};

/** Runs work with the form's buttons out of reach, so that it cannot be begun twice. */
async function busy(dialog, work) {
  const buttons = dialog.querySelectorAll('button');

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
  }
}

function attachCancel(dialog) {
  dialog.querySelector('[value=cancel]').addEventListener('click', () => dialog.close());
  dialog.addEventListener('cancel', (event) => {
    if (dialog.dataset.busy) {
      event.preventDefault();
    }
  });
}

class GenerateDialog {
  constructor(defaultDays, maxDays, onGenerated) {
    this.dialog = document.getElementById('generate-dialog');
    this.form = this.dialog.querySelector('form');
    this.lifetime = this.form.querySelector('#lifetime');
    this.description = this.form.querySelector('#description');
    this.trouble = this.form.querySelector('.notice');
    this.defaultDays = defaultDays;
    this.maxDays = maxDays;
    this.onGenerated = onGenerated;
    say(this.form.querySelector('#lifetime-hint'), maxDays
      ? `At most ${maxDays} days here; tokens that never expire are not allowed.`
      : '-1 means that the token never expires.');
    attachCancel(this.dialog);
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      busy(this.dialog, () => this.submit());
    });
  }

  open() {
    this.form.reset();
    this.lifetime.value = this.defaultDays;
    this.complain({});
    this.dialog.showModal();
    this.lifetime.select();
  }

  complain({ lifetime, description, other }) {
    say(this.form.querySelector('#lifetime-error'), lifetime);
    say(this.form.querySelector('#description-error'), description);
    say(this.trouble, other);
    this.lifetime.setAttribute('aria-invalid', String(Boolean(lifetime)));
    this.description.setAttribute('aria-invalid', String(Boolean(description)));
    this.wrong = (lifetime && this.lifetime) || (description && this.description);
  }

  /** Seconds, or what is wrong with the days. */
  readLifetime() {
    const days = Number(this.lifetime.value.trim().replace(',', '.'));

    if (this.lifetime.value.trim() === '' || !(days > 0 || days === -1)) {
      return { wrong: 'Write a number of days, such as 365, or -1 for a token that never expires.' };
    }
    if (this.maxDays && (days === -1 || days > this.maxDays)) {
      return { wrong: `The administrator allows at most ${this.maxDays} days.` };
    }
    return { seconds: days === -1 ? -1 : Math.max(1, Math.round(days * DAY)) };
  }

  async submit() {
    const { seconds, wrong } = this.readLifetime();

    this.complain({ lifetime: wrong });
    if (!wrong) {
      try {
        const made = await generate({ lifetimeSeconds: seconds, description: this.description.value });

        this.dialog.close();
        this.onGenerated(made);
      } catch (problem) {
        this.blame(problem);
      }
    }
    queueMicrotask(() => this.wrong?.focus());
  }

  blame(problem) {
    const lifetime = problem.about?.('lifetimeSeconds');
    const description = problem.about?.('description');

    this.complain({ lifetime, description, other: lifetime || description ? '' : problem.message });
  }
}

class TokenDialog {
  constructor() {
    this.dialog = document.getElementById('token-dialog');
    this.value = this.dialog.querySelector('#value');
    this.curl = this.dialog.querySelector('#curl');
    this.copied = this.dialog.querySelector('#copied');
    this.dialog.querySelector('#copy').addEventListener('click', () => this.copy());
    this.dialog.addEventListener('close', () => this.forget());
    addEventListener('pagehide', () => this.forget());
  }

  open({ tokenValue }) {
    this.value.value = tokenValue;
    this.curl.value = `curl -H 'Authorization: Bearer ${tokenValue}' '${location.origin}/…'`;
    this.copied.textContent = '';
    this.dialog.showModal();
    this.value.focus();
    this.value.select();
  }

  async copy() {
    const done = await copy(this.value.value, this.dialog);

    this.copied.textContent = done
      ? 'Copied.'
      : 'The browser did not let us copy. The token is selected; press Ctrl+C.';
    if (!done) {
      this.value.focus();
      this.value.select();
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
    this.dialog = document.getElementById('delete-dialog');
    this.trouble = this.dialog.querySelector('.notice');
    this.onDeleted = onDeleted;
    attachCancel(this.dialog);
    this.dialog.querySelector('form').addEventListener('submit', (event) => {
      event.preventDefault();
      busy(this.dialog, () => this.submit());
    });
  }

  open(token) {
    this.token = token;
    say(this.trouble, '');
    say(this.dialog.querySelector('.name'), token.description
      ? `“${token.description}” (${token.tokenId})`
      : token.tokenId);
    this.dialog.showModal();
  }

  async submit() {
    try {
      await remove(this.token.tokenId);
    } catch (problem) {
      say(this.trouble, problem.message);
      return;
    }
    this.dialog.close();
    this.onDeleted(this.token);
  }
}

export { GenerateDialog, TokenDialog, DeleteDialog };
