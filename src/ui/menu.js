// SPDX-License-Identifier: Apache-2.0
// The context menu of a row, opened by its button, a right click or the menu key.

const menu = document.getElementById('menu');
const items = [...menu.querySelectorAll('[role=menuitem]')];
let table;
let tokenId; // of the row whose menu it is

const isOpen = () => menu.matches(':popover-open');

function close(giveFocusBack) {
  if (!isOpen()) {
    return;
  }
  menu.hidePopover();
  if (giveFocusBack) {
    table.focus(tokenId);
  }
}

/** Inside the window. `x` is the left edge, or with `isEnd` the right one. */
function place(x, y, isEnd) {
  const { offsetWidth: width, offsetHeight: height } = menu;

  menu.style.left = `${Math.max(4, Math.min(isEnd ? x - width : x, innerWidth - width - 4))}px`;
  menu.style.top = `${Math.max(4, Math.min(y, innerHeight - height - 4))}px`;
}

function open(row, ...position) {
  const again = isOpen() && tokenId === row.dataset.id;

  close(again);
  if (!again) {
    tokenId = row.dataset.id;
    menu.showPopover();
    place(...position);
    items[0].focus();
  }
}

function openByButton(button) {
  const box = button.getBoundingClientRect();

  open(button.closest('tr'), box.right, box.bottom + 4, true);
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

/** With selected text a right click opens the browser's menu, which copies it. */
function attachRightClick(body) {
  let selected = false;

  body.addEventListener('pointerdown', () => { selected = !getSelection().isCollapsed; });
  body.addEventListener('contextmenu', (event) => {
    const row = event.target.closest('tr');

    if (row && !(event.pointerType && selected)) {
      event.preventDefault();
      open(row, event.clientX, event.clientY);
    }
  });
}

/**
 * Attach the menu to the rows of a table.
 * @param {Table} ofTable
 * @param {Object<string, (token: object) => void>} actions by the id of the menu item
 */
export function attachMenu(ofTable, actions) {
  table = ofTable;
  table.body.addEventListener('click', (event) => {
    const button = event.target.closest('td.act button');

    if (button) {
      openByButton(button);
    }
  });
  attachRightClick(table.body);
  menu.addEventListener('keydown', move);
  for (const item of items) {
    item.addEventListener('click', () => {
      const token = table.byId.get(tokenId);

      close(true);
      if (token) {
        actions[item.id](token);
      }
    });
  }
  document.addEventListener('pointerdown', (event) => {
    if (!menu.contains(event.target) && !event.target.closest?.('td.act button')) {
      close(false);
    }
  });
  addEventListener('scroll', () => close(false), true);
  addEventListener('resize', () => close(false));
}
