// SPDX-License-Identifier: Apache-2.0
// Puts a text on the clipboard, also on plain HTTP, where browsers hide navigator.clipboard.

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
 * @param {Element} host where a helper element may stand: inside an open dialog, else focus is refused
 * @returns {Promise<boolean>} whether it is on the clipboard
 */
export async function copy(text, host = document.body) {
  try {
    if (navigator.clipboard) {
      await navigator.clipboard.writeText(text);
      return true;
    }
  } catch {
    // Not permitted; the old way may be.
  }
  return copyBySelection(text, host);
}
