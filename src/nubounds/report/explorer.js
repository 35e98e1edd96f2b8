// Sliders for the inputs that move a limit: the curve is drawn again at every step.  No library, no network.
const ENSEMBLES = JSON.parse(document.getElementById('ensembles').textContent);
const FRAME = { width: 900, height: 460, left: 80, right: 20, top: 14, bottom: 50 };
const STEPS = 400; // of a slider

const make = (name, attributes = {}, parent = null) => {
  const element = Object.assign(document.createElement(name), attributes);
  if (parent) parent.append(element);
  return element;
};
const shape = (name, attributes, parent) => {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  parent.append(element);
  return element;
};
const brief = value => typeof value === 'number' ? String(Number(value.toPrecision(4))) : String(value);

// An axis: positions of values, and of a few numbers along it.
const scaleOf = (values, from, to) => {
  const finite = values.filter(value => Number.isFinite(value)), log = finite.every(value => value > 0);
  const forward = log ? Math.log10 : value => value, moved = finite.map(forward);
  let [low, high] = [Math.min(...moved), Math.max(...moved)];
  const margin = 0.04 * (high - low) || Math.abs(0.1 * high) || 1;
  [low, high] = [low - margin, high + margin];
  const place = value => from + (forward(value) - low) / (high - low) * (to - from);
  const marks = [0.1, 0.3, 0.5, 0.7, 0.9].map(part => {
    const value = low + part * (high - low);
    return Number((log ? 10 ** value : value).toPrecision(2));
  });
  return { place, marks };
};

const drawing = (svg, curve, now, words) => {
  svg.replaceChildren();
  svg.setAttribute('aria-label', words);
  const { width, height, left, right, top, bottom } = FRAME, xs = curve.points.map(point => point.x);
  const { q025, q160, q840, q975 } = curve.band;
  const x = scaleOf(xs, left, width - right), y = scaleOf([...curve.nominal, ...now, ...q025, ...q975], height - bottom, top);
  const ink = { fill: '#1b1f24', 'font-size': 13, 'text-anchor': 'middle' };
  for (const mark of x.marks) {
    shape('line', { x1: x.place(mark), x2: x.place(mark), y1: top, y2: height - bottom, stroke: '#e6e9ec' }, svg);
    shape('text', { ...ink, x: x.place(mark), y: height - bottom + 17 }, svg).textContent = mark;
  }
  for (const mark of y.marks) {
    shape('line', { x1: left, x2: width - right, y1: y.place(mark), y2: y.place(mark), stroke: '#e6e9ec' }, svg);
    shape('text', { ...ink, x: left - 6, y: y.place(mark) + 4, 'text-anchor': 'end' }, svg).textContent = mark;
  }
  shape('rect', { x: left, y: top, width: width - left - right, height: height - top - bottom, fill: 'none', stroke: '#1b1f24' }, svg);
  shape('text', { ...ink, x: (left + width) / 2, y: height - 10 }, svg).textContent = curve.x.label;
  shape('text', { ...ink, x: 0, y: 0, transform: `translate(16 ${height / 2}) rotate(-90)` }, svg).textContent = curve.y.label;
  const runs = known => { // neighbours that all have a number
    const found = [];
    xs.forEach((_, index) => { if (known(index)) { if (index && known(index - 1)) found.at(-1).push(index); else found.push([index]); } });
    return found;
  };
  const at = (values, index) => `${x.place(xs[index]).toFixed(1)} ${y.place(values[index]).toFixed(1)}`;
  for (const [low, high, opacity] of [[q025, q975, .14], [q160, q840, .24]]) {
    for (const run of runs(index => low[index] !== null && high[index] !== null)) {
      const points = [...run.map(index => at(low, index)), ...run.toReversed().map(index => at(high, index))].join(' ');
      shape('polygon', { points, fill: '#0072B2', 'fill-opacity': opacity }, svg);
    }
  }
  for (const [values, style] of [[curve.nominal, { stroke: '#5b6570', 'stroke-dasharray': '6 4' }], [now, { stroke: '#D55E00', 'stroke-width': 2.4, class: 'now' }]]) {
    const d = runs(index => values[index] !== null).map(run => 'M' + run.map(index => at(values, index)).join('L')).join('');
    if (d) shape('path', { d, fill: 'none', ...style }, svg);
    for (const run of runs(index => values[index] !== null)) if (run.length === 1) shape('circle', { cx: x.place(xs[run[0]]), cy: y.place(values[run[0]]), r: 3, fill: style.stroke }, svg);
  }
};

const explore = root => {
  const bar = make('div', { className: 'filters' }, root);
  const which = make('select', { name: 'constraint', ariaLabel: 'constraint', hidden: ENSEMBLES.length < 2 }, bar);
  const limit = make('select', { name: 'limit', ariaLabel: 'limit' }, bar);
  const reset = make('button', { type: 'button', name: 'reset', textContent: 'as at first' }, bar);
  const sliders = make('div', { className: 'sliders' }, root), note = make('p', { className: 'faint' }, root);
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  for (const [key, value] of Object.entries({ viewBox: `0 0 ${FRAME.width} ${FRAME.height}`, width: '100%', role: 'img', 'font-family': 'system-ui, sans-serif' })) svg.setAttribute(key, value);
  root.append(svg);
  make('p', { className: 'faint', textContent: 'Orange: the limit with the inputs above. Dashed: with the inputs of the config. Shaded: 68 and 95 % of the members; a band ends where one of its edges has no limit.' }, root);
  const reading = make('p', { className: 'reading', ariaLive: 'polite' }, root);
  const details = make('details', {}, root);
  make('summary', { textContent: 'numbers' }, details);
  const scroll = make('div', { className: 'scroll', tabIndex: 0, role: 'region', ariaLabel: 'numbers of the limit' }, details), table = make('table', {}, scroll);

  let constraint, curve, values, member = 0;
  const now = () => {
    if (curve.members) return curve.members[member];
    const functions = functionsOf(constraint, values);
    return curve.points.map(point => limitAt(curve, point, functions));
  };
  const error = point => curve.logarithm ? `${brief(100 * Math.expm1(point.largest))} %` : brief(point.largest);
  const draw = () => {
    const found = now(), good = curve.points.filter(point => point.terms), worst = good.reduce((most, point) => point.largest > most.largest ? point : most, good[0]);
    const said = curve.reason ? (curve.members ? `computed member ${member + 1}` : 'band and limit of the config') : 'limit with the inputs chosen';
    drawing(svg, curve, found.map((value, index) => curve.members || curve.points[index].terms ? value : null), `${curve.label}: ${said}`);
    note.textContent = curve.reason || `The surrogate lies off by up to ${error(worst)} at ${worst.tested} members that it has not seen`
      + (good.length < curve.points.length ? `; at ${curve.points.length - good.length} of ${curve.points.length} places it explains less than 0.99 of the variance, and is left out.` : '.')
      + constraint.inputs.filter(input => !input.inside && curve.moving.includes(input.name)).map(input => ` ${input.name} is ${brief(input.config)} in the config, outside of what its prior allows here: the slider starts at the middle of its prior.`).join('');
    if (curve.members) note.textContent += ` Below, the ${constraint.members} computed members one by one.`;
    table.replaceChildren();
    const head = make('tr', {}, make('thead', {}, table)), body = make('tbody', {}, table);
    for (const word of [curve.x.name, curve.y.name, 'in the config', 'largest error']) make('th', { textContent: word, scope: 'col' }, head);
    curve.points.forEach((point, index) => {
      const row = make('tr', {}, body), known = curve.members ? '' : point.terms ? error(point) : 'no surrogate';
      for (const word of [point.x, found[index] ?? 'none', curve.nominal[index] ?? 'none', known]) make('td', { className: 'number', textContent: brief(word) }, row);
    });
    const middle = Math.floor(curve.points.length / 2);
    reading.textContent = found[middle] === null ? '' : `At ${curve.x.name} = ${brief(curve.points[middle].x)}: ${curve.y.name} = ${brief(found[middle])}, ${said}.`;
  };

  const slider = input => {
    const label = make('label', { title: input.meaning }, sliders), name = make('span', { textContent: input.name + (input.unit && input.unit !== '1' ? ` [${input.unit}] ` : ' ') }, label);
    if (input.kind === 'choice') {
      const box = make('select', { name: input.name }, label);
      input.values.forEach((value, index) => make('option', { value: index, textContent: String(value) }, box));
      box.value = input.values.indexOf(values[input.name]);
      box.oninput = () => { values[input.name] = input.values[box.value]; draw(); };
      return name;
    }
    const { low, high, kind, whole } = input, log = kind === 'log';
    const value = part => log ? low * (high / low) ** part : low + part * (high - low), part = v => log ? Math.log(v / low) / Math.log(high / low) : (v - low) / (high - low);
    const box = make('input', { type: 'range', name: input.name, min: 0, max: STEPS, step: 1 }, label), shown = make('output', {}, label);
    const show = () => { shown.textContent = brief(values[input.name]); box.setAttribute('aria-valuetext', shown.textContent); };
    box.value = Math.round(STEPS * part(values[input.name]));
    box.oninput = () => { const chosen = value(box.value / STEPS); values[input.name] = whole ? Math.round(chosen) : chosen; show(); draw(); };
    show();
    return name;
  };
  const chooser = () => {
    const label = make('label', {}, sliders);
    make('span', { textContent: 'computed member ' }, label);
    const box = make('input', { type: 'range', name: 'member', min: 1, max: curve.members.length, step: 1, value: member + 1 }, label), shown = make('output', {}, label);
    const show = () => { shown.textContent = `${member + 1}: ` + Object.entries(constraint.drawn).map(([name, drawn]) => `${name} ${brief(drawn[member])}`).join(', '); };
    box.oninput = () => { member = Number(box.value) - 1; show(); draw(); };
    show();
  };
  const open = () => {
    curve = constraint.curves[limit.value];
    [values, member] = [Object.fromEntries(constraint.inputs.map(input => [input.name, input.start])), 0];
    sliders.replaceChildren();
    if (curve.members) chooser();
    else if (!curve.reason) for (const input of constraint.inputs) if (curve.moving.includes(input.name)) slider(input);
    reset.hidden = Boolean(curve.reason);
    draw();
  };
  const enter = () => {
    constraint = ENSEMBLES[which.value];
    limit.replaceChildren();
    constraint.curves.forEach((curve, index) => make('option', { value: index, textContent: `${curve.name}: ${curve.label}` }, limit));
    open();
  };
  ENSEMBLES.forEach((ensemble, index) => make('option', { value: index, textContent: ensemble.title }, which));
  which.onchange = enter;
  limit.onchange = open;
  reset.onclick = open;
  root.explorer = { limits: now, inputs: () => values };
  enter();
};

for (const root of document.querySelectorAll('[data-explorer]')) explore(root);
