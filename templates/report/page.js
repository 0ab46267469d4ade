// The report is complete without this; it adds what a page cannot do by itself: other groups in the picture, a search,
// the evidence beside the picture, and one stop of the tabulator for all squares.
const root = document.documentElement;
root.classList.add('script');
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
  filters(squares);
  addEventListener('hashchange', reveal);
  reveal();
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

/** By verdict, which the page does itself, and by text. */
function filters(squares) {
  const [search, status] = [find('#search'), find('[role=status]')];
  const of = new Map(squares.map((square) => [square.hash.slice(1), square]));
  const groups = all('.group').map((group) => {
    const text = [...group.children]
      .filter((each) => !each.matches('.members'))
      .map((each) => each.textContent);
    const rows = all('[id^=n]', group).map((row) => ({ row, text: row.textContent.toLowerCase() }));
    return { group, rows, text: text.join(' ').toLowerCase(), members: find('.members', group), was: null };
  });
  const apply = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const only = find('input[name=only]:checked').value;
    let shown = 0;
    for (const each of groups) {
      let count = 0;
      for (const { row, text } of each.rows) {
        const matches = words.every((word) => text.includes(word) || each.text.includes(word));
        row.hidden = !matches;
        of.get(row.id)?.classList.toggle('off', !matches);
        if (matches) count += 1;
      }
      each.group.hidden = count === 0;
      if (only === '' || each.group.classList.contains(only)) shown += count;
      if (!(each.members instanceof HTMLDetailsElement)) continue;
      each.was ??= each.members.open;
      each.members.open = words.length > 0 ? count > 0 && count < 200 : each.was;
      if (words.length === 0) each.was = null;
    }
    const isAll = shown === squares.length;
    status.textContent = isAll
      ? ''
      : `${shown.toLocaleString('en')} of ${squares.length.toLocaleString('en')} nodes shown`;
  };
  let waiting = 0;
  search.addEventListener('input', () => {
    clearTimeout(waiting);
    waiting = setTimeout(apply, 120);
  });
  for (const input of all('input[name=only]')) input.addEventListener('change', apply);
  // A browser may have kept what was there before the page was loaded again.
  apply();
}

/** Opens what the node of the address stands in; newer browsers do so themselves. */
function reveal() {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (!target) return;
  let isClosed = false;
  for (let at = target.parentElement; at; at = at.parentElement) {
    if (!(at instanceof HTMLDetailsElement) || at.open) continue;
    at.open = true;
    isClosed = true;
  }
  if (isClosed) target.scrollIntoView({ block: 'center' });
}
