// Limit files that a reader drops on the page: the text format of config/user_limits, our own text files, those of
// ensembles with their bands (csv), and our JSON.
const OURS = /^(.+), ((?:\S+ C\.L\.|no confidence level \(a criterion\)), (?:observed|projected)|edge of an allowed region|a line that excludes nothing), (\w+)$/;
const withHead = lines => {
  const comments = lines.filter(line => line.startsWith('#')).map(line => line.replace(/^[# ]+/, '')), header = {};
  for (const comment of comments) {
    const pair = comment.match(/^(label|columns|source|side|confidence_level)\s*:\s*(.*)$/i);
    if (pair) header[pair[1].toLowerCase()] = pair[2];
  }
  const [, label, level, side] = comments[0]?.match(OURS) ?? [];
  const stated = header.confidence_level ? `${header.confidence_level} C.L.` : 'no confidence level stated';
  return { header, last: comments.at(-1) ?? '', label: header.label ?? label, side: header.side ?? side ?? 'upper', level: level ?? stated };
};
// Rows of x and y; nothing else stands in them.
const readRows = (lines, name, said) => {
  const columns = (said.header.columns ?? said.last).split(/[\s,]+/).filter(Boolean), x = [], y = [];
  lines.forEach((line, index) => {
    if (!line || line.startsWith('#')) return;
    const values = line.split('#')[0].split(/[\s,]+/).filter(Boolean).map(Number);
    if (values.length !== 2 || !values.every(value => Number.isFinite(value) && value > 0)) {
      throw new Error(`${name}, line ${index + 1}: “${line.slice(0, 40)}” is not two positive numbers`);
    }
    x.push(values[0]);
    y.push(values[1]);
  });
  if (columns.length !== 2) throw new Error(`${name}: no line “# columns: X Y” says what its two columns are`);
  if (x.length < 2) throw new Error(`${name}: fewer than two rows of numbers`);
  return { columns, x, y, bands: [] };
};
// A table with a head: x, y and the quantiles of an ensemble.  Where there is no limit, a number is missing or infinite.
const readTable = (lines, name, said) => {
  const [head, ...rows] = lines.filter(line => line && !line.startsWith('#')).map(line => line.split(','));
  const column = word => rows.map(cells => { const text = cells[head.indexOf(word)] ?? ''; return text && Number.isFinite(Number(text)) ? Number(text) : null; });
  const [x, y] = [column(head[0]), column(head[1])], there = x.map((value, i) => value > 0 && y[i] > 0);
  if (head.length < 2 || !there.some(Boolean)) throw new Error(`${name}: no rows of positive numbers`);
  const quantiles = Object.fromEntries(QUANTILES.map(word => [word, column(word)]));
  const band = QUANTILES.every(word => head.includes(word)) ? [{ members: said.last.match(/(\d+) members/)?.[1] ?? 'all', x, ...quantiles }] : [];
  return { columns: head.slice(0, 2), x: x.filter((_, i) => there[i]), y: y.filter((_, i) => there[i]), bands: band };
};
const readText = (text, name) => {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/).map(line => line.trim()), said = withHead(lines);
  const table = /^[a-z]\w*,/i.test(lines.find(line => line && !line.startsWith('#')) ?? '');
  const found = table ? readTable(lines, name, said) : readRows(lines, name, said);
  return { ...found, label: said.label ?? name, source: said.header.source ?? name, side: said.side, level: said.level };
};
const readJson = (text, name) => {
  const content = JSON.parse(text), [x, y] = [content[content.x_name], content[content.y_name]];
  if (!Array.isArray(x) || !Array.isArray(y) || x.length !== y.length) throw new Error(`${name}: not a limit file of nubounds`);
  const stated = content.confidence_level ? `${content.confidence_level} C.L.` : 'no confidence level (a criterion)';
  const level = content.allowed ? 'edge of an allowed region' : `${stated}${content.observed === false ? ', projected' : ''}`;
  const bands = content.band ? [{ ...content.band, x: content.band[content.x_name] }] : [];
  return { label: content.label, columns: [content.x_name, content.y_name], x, y, source: name, side: content.side, level, bands };
};
const NONLINEAR = { sin2_2theta_to_sin2theta: value => value <= 1 ? value / (2 * (1 + Math.sqrt(1 - value))) : NaN };
const converted = (values, conversion) => values.map(value => {
  if (value === null) return null;
  return typeof conversion === 'number' ? value * conversion : NONLINEAR[conversion]?.(value) ?? NaN;
});

// The planes that a dropped file belongs to, with its curve in their coordinates.
const placed = (text, name, planes) => {
  const limit = name.endsWith('.json') ? readJson(text, name) : readText(text, name);
  const own = (columns, key) => Object.hasOwn(columns, key);
  const fitting = planes.filter(plane => own(plane.x.columns, limit.columns[0]) && own(plane.y.columns, limit.columns[1]));
  if (!fitting.length) throw new Error(`${name}: no plane has the columns ${limit.columns.join(' and ')}`);
  return fitting.map(plane => {
    const [toX, toY] = [plane.x.columns[limit.columns[0]], plane.y.columns[limit.columns[1]]];
    const bands = limit.bands.map(band => {
      const quantiles = QUANTILES.map(word => [word, converted(band[word], toY)]);
      return { members: band.members, x: converted(band.x, toX), ...Object.fromEntries(quantiles) };
    });
    return {
      plane,
      curve: {
        label: limit.label, family: limit.label, region: '', variant: false, group: 'your files (on this page only)', side: limit.side,
        excludes: limit.side !== 'line', level: limit.level, said: `File ${name}`, columns: limit.columns.join(', '), source: limit.source,
        x: converted(limit.x, toX), y: converted(limit.y, toY), bands,
      },
    };
  });
};
