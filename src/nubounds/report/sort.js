// Tables are sorted by a click on a column's head: numbers as numbers, words as words, and again for the other way.
for (const table of document.querySelectorAll('table.sortable')) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener('click', () => {
      const down = head.getAttribute('aria-sort') === 'ascending';
      for (const other of heads) other.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
      const key = row => {
        const text = row.cells[column].textContent.trim();
        return { text, value: /^[-+]?\d/.test(text) ? parseFloat(text) : NaN };
      };
      const keyed = [...table.tBodies[0].rows].map(row => [key(row), row]);
      keyed.sort(([a], [b]) => {
        if (!a.text || !b.text) return (a.text ? 0 : 1) - (b.text ? 0 : 1); // empty cells last, either way
        const order = Number.isNaN(a.value) || Number.isNaN(b.value) ? a.text.localeCompare(b.text) : a.value - b.value;
        return down ? -order : order;
      });
      table.tBodies[0].append(...keyed.map(([, row]) => row));
    });
  });
}
