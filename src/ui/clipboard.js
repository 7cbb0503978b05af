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
