// The report is complete without this; it adds to the list what a page cannot do by itself: a search, and how many are
// shown.
const all = (selector, from = document) => [...from.querySelectorAll(selector)];
const find = (selector, from = document) => from.querySelector(selector);

filters(all('.map a'));
addEventListener('hashchange', reveal);
reveal();

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
