// SPDX-License-Identifier: Apache-2.0
// The context menu of a row: opened by its button, by right click or by the keyboard's menu key.

const menu = document.getElementById('menu');
const items = [...menu.querySelectorAll('[role=menuitem]')];
let opener = null;

const isOpen = () => menu.matches(':popover-open');

function close(giveFocusBack) {
  if (!isOpen()) {
    return;
  }
  menu.hidePopover();
  if (giveFocusBack) {
    opener?.focus();
  }
}

function place(x, y) {
  const { width, height } = menu.getBoundingClientRect();

  menu.style.left = `${Math.max(4, Math.min(x, innerWidth - width - 4))}px`;
  menu.style.top = `${Math.max(4, Math.min(y, innerHeight - height - 4))}px`;
}

function open(row, x, y) {
  opener = row.querySelector('td.act button');
  menu.showPopover();
  place(x, y);
  items[0].focus();
}

function openByButton(button) {
  const box = button.getBoundingClientRect();

  open(button.closest('tr'), box.right - 160, box.bottom + 4);
}

function move(event) {
  const at = items.indexOf(document.activeElement);
  const to = {
    ArrowDown: (at + 1) % items.length,
    ArrowUp: (at + items.length - 1) % items.length,
    Home: 0,
    End: items.length - 1,
  }[event.key];

  if (to !== undefined) {
    event.preventDefault();
    items[to].focus();
  } else if (event.key === 'Escape' || event.key === 'Tab') {
    event.preventDefault();
    close(true);
  }
}

/**
 * Give the rows of a table their menu.
 * @param {HTMLTableSectionElement} body
 * @param {Object<string, (row: HTMLTableRowElement) => void>} actions by the id of the item
 */
export function attachMenu(body, actions) {
  body.addEventListener('click', (event) => {
    const button = event.target.closest('td.act button');

    if (button) {
      openByButton(button);
    }
  });
  body.addEventListener('contextmenu', (event) => {
    const row = event.target.closest('tr');

    if (row && getSelection().isCollapsed) {
      event.preventDefault();
      open(row, event.clientX, event.clientY);
    }
  });
  menu.addEventListener('keydown', move);
  for (const item of items) {
    item.addEventListener('click', () => {
      const row = opener.closest('tr');

      close(true);
      actions[item.id](row);
    });
  }
  document.addEventListener('pointerdown', (event) => {
    if (!menu.contains(event.target) && !event.target.closest?.('td.act button')) {
      close(false);
    }
  });
  addEventListener('scroll', () => close(false), true);
}
