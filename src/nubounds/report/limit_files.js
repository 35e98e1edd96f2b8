// Limit files that a reader drops on the page: the text format of config/user_limits, our own text files, and our JSON.
const readText = (text, name) => {
  const header = {}, comments = [], x = [], y = [];
  text.replace(/^\uFEFF/, '').split(/\r?\n/).forEach((line, index) => {
    const words = line.trim();
    if (words.startsWith('#')) {
      const comment = words.replace(/^[# ]+/, ''), pair = comment.match(/^(label|columns|source|side|confidence_level)\s*:\s*(.*)$/i);
      if (pair) header[pair[1].toLowerCase()] = pair[2]; else comments.push(comment);
    } else if (words) {
      const values = words.split('#')[0].split(/[\s,]+/).filter(Boolean).map(Number);
      if (values.length !== 2 || !values.every(value => Number.isFinite(value) && value > 0)) {
        throw new Error(`${name}, line ${index + 1}: “${words.slice(0, 40)}” is not two positive numbers`);
      }
      x.push(values[0]);
      y.push(values[1]);
    }
  });
  const columns = (header.columns ?? comments.at(-1) ?? '').split(/[\s,]+/).filter(Boolean);
  if (columns.length !== 2) throw new Error(`${name}: no line “# columns: X Y” says what its two columns are`);
  if (x.length < 2) throw new Error(`${name}: fewer than two rows of numbers`);
  return {
    label: header.label ?? comments[0]?.split(',')[0] ?? name, columns, x, y, source: header.source ?? name,
    side: header.side ?? 'upper', level: header.confidence_level ? `${header.confidence_level} C.L.` : 'no confidence level stated',
  };
};
const readJson = (text, name) => {
  const content = JSON.parse(text), [x, y] = [content[content.x_name], content[content.y_name]];
  if (!Array.isArray(x) || !Array.isArray(y) || x.length !== y.length) throw new Error(`${name}: not a limit file of nubounds`);
  const level = content.confidence_level ? `${content.confidence_level} C.L.` : 'no confidence level (a criterion)';
  return { label: content.label, columns: [content.x_name, content.y_name], x, y, source: name, side: content.side, level };
};
const NONLINEAR = { sin2_2theta_to_sin2theta: value => value <= 1 ? value / (2 * (1 + Math.sqrt(1 - value))) : NaN };
const converted = (values, conversion) =>
  values.map(value => typeof conversion === 'number' ? value * conversion : NONLINEAR[conversion]?.(value) ?? NaN);

// The planes that a dropped file belongs to, with its curve in their coordinates.
const placed = (text, name, planes) => {
  const limit = name.endsWith('.json') ? readJson(text, name) : readText(text, name);
  const own = (columns, key) => Object.hasOwn(columns, key);
  const fitting = planes.filter(plane => own(plane.x.columns, limit.columns[0]) && own(plane.y.columns, limit.columns[1]));
  if (!fitting.length) throw new Error(`${name}: no plane has the columns ${limit.columns.join(' and ')}`);
  return fitting.map(plane => ({
    plane,
    curve: {
      label: limit.label, family: limit.label, region: '', variant: false, group: 'your files (on this page only)', side: limit.side,
      excludes: limit.side !== 'line', level: limit.level, said: `File ${name}`, columns: limit.columns.join(', '), source: limit.source,
      x: converted(limit.x, plane.x.columns[limit.columns[0]]), y: converted(limit.y, plane.y.columns[limit.columns[1]]),
    },
  }));
};
