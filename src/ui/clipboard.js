// SPDX-License-Identifier: Apache-2.0
// Copies a text to the clipboard, also over plain HTTP, where browsers have no navigator.clipboard.

function copyBySelection(text, host) {
  const area = document.createElement('textarea');
  const focused = document.activeElement;

  area.value = text;
  area.readOnly = true;
  area.className = 'unseen';
  area.setAttribute('aria-hidden', 'true');
  host.append(area);
  area.select();
  const done = document.execCommand('copy');

  area.value = '';
  area.remove();
  focused?.focus();
  return done;
}

/**
 * Copy a text.
 * @param {Element} host parent of a temporary element; must be in the open dialog, which keeps focus to itself
 * @returns {Promise<boolean>} whether it is on the clipboard
 */
export async function copy(text, host = document.body) {
  try {
    if (navigator.clipboard) {
      await navigator.clipboard.writeText(text);
      return true;
    }
  } catch {
    // Not permitted. document.execCommand may be.
  }
  return copyBySelection(text, host);
}

/** Selects all of a field or of another element. A field shows the start of its text. */
export function select(element) {
  if (element.value === undefined) {
    getSelection().selectAllChildren(element);
    return;
  }
  element.focus();
  element.setSelectionRange(0, element.value.length, 'backward');
  element.scrollLeft = 0;
}

/** Lets a button copy the text of an element, and say so in `told`. */
export function attachCopy(button, element, told) {
  button.addEventListener('click', async () => {
    const done = await copy(element.value ?? element.textContent, button.parentNode);

    told.textContent = done ? 'Copied.' : 'The browser did not let us copy. The text is selected; press Ctrl+C or ⌘C.';
    if (!done) {
      select(element);
    }
  });
}
