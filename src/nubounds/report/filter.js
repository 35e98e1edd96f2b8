// The scorecard's filters: a row is shown if its verdict is ticked and it contains the word searched for.
for (const section of document.querySelectorAll('[data-scorecard]')) {
  const rows = section.querySelectorAll('tbody tr');
  const shown = section.querySelector('[data-shown]');
  const update = () => {
    const allowed = new Set([...section.querySelectorAll('input[type=checkbox]:checked')].map(box => box.value));
    const word = section.querySelector('input[type=search]').value.toLowerCase();
    let count = 0;
    for (const row of rows) {
      row.hidden = !(allowed.has(row.dataset.verdict) && row.textContent.toLowerCase().includes(word));
      count += !row.hidden;
    }
    shown.textContent = count + ' of ' + rows.length + ' rows';
  };
  // A link to #only-VERDICT asks for the rows of one verdict.
  const choose = () => {
    const only = location.hash.match(/^#only-(\w+)$/);
    if (only) for (const box of section.querySelectorAll('input[type=checkbox]')) box.checked = box.value === only[1];
    update();
  };
  section.addEventListener('input', update);
  addEventListener('hashchange', choose);
  choose();
}
