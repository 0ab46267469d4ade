// The report is complete without this; it adds to the picture what a page cannot do by itself: other groups, the
// evidence beside it, and one stop of the tabulator for all squares.
document.documentElement.classList.add('script');
const all = (selector, from = document) => [...from.querySelectorAll(selector)];
const find = (selector, from = document) => from.querySelector(selector);
const element = (name, text, className) => {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  if (className) made.className = className;
  return made;
};

const texts = (from) => {
  const walker = document.createTreeWalker(from, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) found.push(walker.currentNode);
  return found;
};

const rooms = find('.rooms');
if (rooms) start();

function start() {
  const squares = all('.map a');
  const titles = {
    kubelet: all('h3', rooms).map((title) => [title.firstChild.data.trim(), title.lastChild.textContent]),
    os: JSON.parse(rooms.dataset.os),
  };
  const made = all('.room');
  const items = squares.map((square) => {
    const item = square.parentElement;
    return {
      square,
      item,
      kubelet: made.indexOf(item.closest('.room')),
      os: Number(item.dataset.os ?? 0),
    };
  });
  for (const input of all('input[name=by]'))
    input.addEventListener('change', () => arrange(items, input.value, titles[input.value]));
  travel(squares);
  const dialog = evidence();
  rooms.addEventListener('click', (event) => {
    const square = event.target.closest?.('a');
    if (!square || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    dialog(square);
  });
}

/** The squares in rooms by this hint, in the order of the list. */
function arrange(items, by, titles) {
  const size = find('.map').className;
  const place = ({ square }) => Number(square.hash.slice(2));
  const made = titles.map(([name, text], index) => {
    const mine = items.filter((each) => each[by] === index).sort((one, other) => place(one) - place(other));
    const room = element('section', '', 'room');
    const title = element('h3', `${name} `);
    title.append(element('span', text));
    const list = element('ul', '', size);
    list.setAttribute('aria-label', name);
    list.append(...mine.map(({ item }) => item));
    room.append(title, list);
    return room;
  });
  rooms.replaceChildren(...made);
}

/** Arrows, Home and End move between the squares; the tabulator stops at one. */
function travel(squares) {
  let current = squares[0];
  for (const square of squares) square.tabIndex = square === current ? 0 : -1;
  const to = (square) => {
    if (!square) return;
    current.tabIndex = -1;
    current = square;
    square.tabIndex = 0;
    square.focus();
  };
  const beside = (square, rows) => {
    const { left, top, height } = square.getBoundingClientRect();
    const y = top + height / 2 + rows * height;
    const inLine = all('.map a').filter((each) => {
      const box = each.getBoundingClientRect();
      return rows > 0 ? box.top > top + 1 : box.bottom < top + height - 1;
    });
    const far = (each) => {
      const box = each.getBoundingClientRect();
      return Math.abs(box.top + box.height / 2 - y) * 1000 + Math.abs(box.left - left);
    };
    return inLine.reduce((best, each) => (best && far(best) <= far(each) ? best : each), null);
  };
  rooms.addEventListener('keydown', (event) => {
    const square = event.target.closest('a');
    if (!square) return;
    const order = all('.map a');
    const at = order.indexOf(square);
    const moves = {
      ArrowRight: () => order[at + 1],
      ArrowLeft: () => order[at - 1],
      ArrowDown: () => beside(square, 1),
      ArrowUp: () => beside(square, -1),
      Home: () => order[0],
      End: () => order.at(-1),
    };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    to(move());
  });
  rooms.addEventListener('click', (event) => {
    const square = event.target.closest('a');
    if (square) to(square);
  });
}

/** Shows the evidence of a node beside the picture, out of the list. */
function evidence() {
  const dialog = find('dialog');
  const [title, body, link] = [find('h2', dialog), find('.body', dialog), find('.to-list', dialog)];
  let from = null;
  const close = () => {
    dialog.close();
    from?.focus();
  };
  find('.close', dialog).addEventListener('click', close);
  link.addEventListener('click', () => dialog.close());
  addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && dialog.open) close();
  });
  return (square) => {
    from?.removeAttribute('aria-current');
    from = square;
    square.setAttribute('aria-current', 'true');
    const row = document.getElementById(square.hash.slice(1));
    const group = row.closest('.group');
    const name = (find('th', row) ?? row).textContent;
    title.textContent = name;
    const copies = (selector) => all(selector, group).map((each) => each.cloneNode(true));
    const own = all('td', row).flatMap((cell) =>
      (cell.children.length > 0 ? all('li', cell) : [cell])
        .filter((each) => each.textContent)
        .map((each) => element('li', each.textContent)),
    );
    const lines = element('ul', '', 'evidence');
    lines.append(...own, ...copies('.shared li'));
    const state = element('p');
    state.append(...copies('h3 .s'), ' ', ...copies('h3 b'));
    const advice = all(':scope > .todo > ul', group).map((each) => {
      const copy = element('div', '', 'todo');
      copy.append(each.cloneNode(true));
      for (const part of texts(copy)) part.data = part.data.replaceAll(each.parentElement.dataset.for, name);
      return copy;
    });
    const said = copies(':scope > :is(.why, .hints)');
    body.replaceChildren(state, ...said, ...(lines.children.length ? [lines] : []), ...advice);
    link.href = square.hash;
    if (!dialog.open) dialog.show();
    title.focus();
  };
}
