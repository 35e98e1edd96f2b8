// The plane viewer: curves as SVG, toggles, zoom, the limit under the pointer, and the shown numbers as csv.  No library, no network.
const PLANES = JSON.parse(document.getElementById('planes').textContent);
const COLOURS = ['#0072B2', '#D55E00', '#009E73', '#CC79A7', '#B07A00', '#2B8CBE', '#7A5195'];
const DASHES = ['', '7 3', '7 3 2 3', '2 3', '10 3', '4 2', '9 3 2 3 2 3', '1 2'];
// The drawing is scaled to the width of the window: on a phone it is smaller, so that its letters stay readable.
const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = innerWidth < 600 ? [440, 440, 74, 26, 12, 50] : [900, 560, 78, 26, 14, 52];
const NEAR = 40; // a curve further from the pointer (in units of the drawing) is not the one that is meant

const svgElement = (name, attributes = {}, parent = null) => {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (parent) parent.append(element);
  return element;
};
const htmlElement = (name, attributes = {}, parent = null) => {
  const element = document.createElement(name);
  Object.assign(element, attributes);
  if (parent) parent.append(element);
  return element;
};
// Words with <sub> and <sup> as text of the drawing: what stands lower or higher is smaller.
const write = (html, attributes, parent) => {
  const text = svgElement('text', attributes, parent);
  for (const node of htmlElement('span', { innerHTML: html.replace(/<\/?i>/g, '') }).childNodes) {
    const shift = { SUB: 3, SUP: -5 }[node.nodeName] ?? 0;
    const piece = svgElement('tspan', { dy: shift, 'font-size': shift ? '75%' : '100%' }, text);
    piece.textContent = node.textContent;
    if (shift) svgElement('tspan', { dy: -shift }, text).textContent = '\u200b';
  }
};
const digits = value => {
  const rounded = Number(Number(value).toPrecision(4)), size = Math.abs(rounded);
  return rounded !== 0 && (size < 1e-3 || size >= 1e5) ? rounded.toExponential() : String(rounded);
};

// A scale turns values into positions and back; log axes leave out what is not positive.
const makeScale = (range, log, from, to) => {
  const forward = log ? Math.log10 : value => value;
  const backward = log ? value => 10 ** value : value => value;
  const [a, b] = range.map(forward);
  return {
    log, range,
    place: value => (log && value <= 0) ? NaN : from + (forward(value) - a) / (b - a) * (to - from),
    value: place => backward(a + (place - from) / (to - from) * (b - a)),
  };
};

const ticks = scale => {
  const [low, high] = scale.range;
  if (scale.log) {
    const first = Math.ceil(Math.log10(low) - 1e-9), last = Math.floor(Math.log10(high) + 1e-9);
    if (last - first >= 1) {
      const step = Math.max(1, Math.ceil((last - first) / 9)), found = [];
      for (let power = first; power <= last; power += step) found.push(Number('1e' + power));
      return found;
    }
  }
  const rough = (high - low) / 6, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map(factor => factor * power).find(value => value >= rough);
  const found = [];
  for (let value = Math.ceil(low / step) * step; value <= high * (1 + 1e-12); value += step) found.push(value);
  return found;
};

const start = root => {
  const bar = htmlElement('div', { className: 'filters' }, root);
  const choose = htmlElement('select', { ariaLabel: 'plane' }, bar);
  PLANES.forEach((plane, index) => htmlElement('option', { value: index, textContent: plane.title }, choose));
  const tick = (text, name) => {
    const label = htmlElement('label', {}, bar);
    const box = htmlElement('input', { type: 'checkbox', checked: true, name }, label);
    label.append(' ' + text);
    return box;
  };
  const logX = tick('log x', 'logx'), logY = tick('log y', 'logy');
  const button = (text, name, action) => htmlElement('button', { type: 'button', textContent: text, name, onclick: action }, bar);
  const stage = htmlElement('div', { className: 'stage' }, root), drawing = htmlElement('div', { className: 'drawing' }, stage);
  const svg = svgElement('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: '100%', role: 'img', style: 'touch-action: pan-y; user-select: none; background: #fff' }, drawing);
  const reading = htmlElement('p', { className: 'reading', ariaLive: 'polite' }, drawing);
  reading.style.minHeight = '3em';
  const list = htmlElement('div', { className: 'limits' }, stage);
  const note = htmlElement('p', { className: 'faint' }, root);

  let plane, view, scales, paths = [], marker, band = null;
  const shown = curve => curve.box.checked;
  const thickness = curve => curve.variant ? 1 : 1.8;

  const read = () => {
    reading.textContent = plane.curves.length ? 'Point at a curve.' : 'No limits in this plane in this run.';
    if (marker) marker.setAttribute('visibility', 'hidden');
    for (const path of paths) path.setAttribute('stroke-width', thickness(path.curve));
  };

  const draw = () => {
    svg.replaceChildren();
    scales = { x: makeScale(view.x, logX.checked, LEFT, WIDTH - RIGHT), y: makeScale(view.y, logY.checked, HEIGHT - BOTTOM, TOP) };
    const clip = svgElement('clipPath', { id: 'inside' }, svg);
    svgElement('rect', { x: LEFT, y: TOP, width: WIDTH - LEFT - RIGHT, height: HEIGHT - TOP - BOTTOM }, clip);
    const axes = svgElement('g', { 'font-size': 13, fill: '#1b1f24', stroke: 'none' }, svg);
    for (const value of ticks(scales.x)) {
      const x = scales.x.place(value);
      svgElement('line', { x1: x, x2: x, y1: TOP, y2: HEIGHT - BOTTOM, stroke: '#e6e9ec' }, axes);
      svgElement('text', { x, y: HEIGHT - BOTTOM + 17, 'text-anchor': 'middle' }, axes).textContent = digits(value);
    }
    for (const value of ticks(scales.y)) {
      const y = scales.y.place(value);
      svgElement('line', { x1: LEFT, x2: WIDTH - RIGHT, y1: y, y2: y, stroke: '#e6e9ec' }, axes);
      svgElement('text', { x: LEFT - 6, y: y + 4, 'text-anchor': 'end' }, axes).textContent = digits(value);
    }
    svgElement('rect', { x: LEFT, y: TOP, width: WIDTH - LEFT - RIGHT, height: HEIGHT - TOP - BOTTOM, fill: 'none', stroke: '#1b1f24' }, axes);
    write(plane.x.label, { x: (LEFT + WIDTH - RIGHT) / 2, y: HEIGHT - 10, 'text-anchor': 'middle' }, axes);
    write(plane.y.label, { x: 0, y: 0, 'text-anchor': 'middle', transform: `translate(16 ${(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)` }, axes);
    const inside = svgElement('g', { 'clip-path': 'url(#inside)', fill: 'none' }, svg);
    paths = [];
    for (const curve of plane.curves) {
      curve.points = curve.x.map((x, i) => [scales.x.place(x), scales.y.place(curve.y[i])]);
      if (!shown(curve)) continue;
      let pen = 'M';
      const d = curve.points.map(([x, y]) => {
        if (!Number.isFinite(x) || !Number.isFinite(y)) { pen = 'M'; return ''; }
        const piece = `${pen}${x.toFixed(2)} ${y.toFixed(2)}`;
        pen = 'L';
        return piece;
      }).join('');
      const path = svgElement('path', { d, stroke: curve.colour, 'stroke-width': thickness(curve), 'stroke-dasharray': curve.dash }, inside);
      path.curve = curve;
      paths.push(path);
    }
    marker = svgElement('circle', { r: 4, fill: '#1b1f24', visibility: 'hidden' }, svg);
    band = null;
    read();
  };

  const position = event => {
    const box = svg.getBoundingClientRect();
    return [(event.clientX - box.left) * WIDTH / box.width, (event.clientY - box.top) * HEIGHT / box.height];
  };

  // The point of the shown curves nearest to a place: on the segments, so that coarse curves can be read between their points.
  const nearest = (px, py) => {
    let best = null;
    for (const curve of plane.curves.filter(shown)) {
      for (let i = 1; i < curve.points.length; i++) {
        const [[x1, y1], [x2, y2]] = [curve.points[i - 1], curve.points[i]];
        const length = (x2 - x1) ** 2 + (y2 - y1) ** 2;
        if (!Number.isFinite(length)) continue;
        const t = length ? Math.min(1, Math.max(0, ((px - x1) * (x2 - x1) + (py - y1) * (y2 - y1)) / length)) : 0;
        const [x, y] = [x1 + t * (x2 - x1), y1 + t * (y2 - y1)], distance = Math.hypot(px - x, py - y);
        if (distance < NEAR && (!best || distance < best.distance)) best = { curve, x, y, distance };
      }
    }
    return best;
  };

  const point = event => {
    const [px, py] = position(event);
    if (band) {
      const x = Math.min(px, band.x), y = Math.min(py, band.y);
      for (const [key, value] of Object.entries({ x, y, width: Math.abs(px - band.x), height: Math.abs(py - band.y) })) band.rectangle.setAttribute(key, value);
      return;
    }
    const found = nearest(px, py);
    if (!found) return read();
    marker.setAttribute('cx', found.x);
    marker.setAttribute('cy', found.y);
    marker.setAttribute('visibility', 'visible');
    for (const path of paths) path.setAttribute('stroke-width', path.curve === found.curve ? 3.2 : thickness(path.curve));
    const { curve } = found;
    reading.replaceChildren(htmlElement('b', { textContent: curve.label }),
      `: ${plane.y.name} = ${digits(scales.y.value(found.y))} at ${plane.x.name} = ${digits(scales.x.value(found.x))} (${curve.side}; ${curve.level}). ` +
      `Source: ${curve.group}, columns ${curve.columns}. ${curve.said}`);
  };

  svg.addEventListener('pointermove', point);
  svg.addEventListener('pointerleave', event => { if (!band && event.pointerType === 'mouse') read(); }); // a lifted finger leaves too, its reading stays
  svg.addEventListener('pointerdown', event => {
    if (event.pointerType !== 'mouse') return point(event);
    const [x, y] = position(event);
    svg.setPointerCapture(event.pointerId);
    band = { x, y, rectangle: svgElement('rect', { fill: '#0a5d9c', 'fill-opacity': .12, stroke: '#0a5d9c' }, svg) };
  });
  svg.addEventListener('pointerup', event => {
    if (!band) return;
    const [x, y] = position(event), { x: x0, y: y0 } = band;
    band.rectangle.remove();
    band = null;
    if (Math.abs(x - x0) < 12 || Math.abs(y - y0) < 12) return;
    view = {
      x: [Math.min(x, x0), Math.max(x, x0)].map(place => scales.x.value(place)),
      y: [Math.max(y, y0), Math.min(y, y0)].map(place => scales.y.value(place)),
    };
    draw();
  });
  const whole = () => { view = { x: plane.x.range, y: plane.y.range }; draw(); };
  svg.addEventListener('dblclick', whole);

  const tickBox = curve => {
    const label = htmlElement('label', {}, list);
    const box = htmlElement('input', { type: 'checkbox', checked: !curve.variant, onchange: draw }, label);
    const sample = svgElement('svg', { width: 28, height: 8, style: 'margin: 0 .4em' }, label);
    svgElement('line', { x1: 0, x2: 28, y1: 4, y2: 4, stroke: curve.colour, 'stroke-width': 2, 'stroke-dasharray': curve.dash }, sample);
    htmlElement('span', { innerHTML: curve.html }, label);
    return box;
  };

  const open = index => {
    plane = PLANES[index];
    choose.value = index;
    const groups = [...new Set(plane.curves.map(curve => curve.group))];
    list.replaceChildren();
    for (const group of groups) {
      const colour = COLOURS[groups.indexOf(group) % COLOURS.length], members = plane.curves.filter(curve => curve.group === group);
      const families = [...new Set(members.map(curve => curve.family))]; // curves of one family have one line style
      const turn = () => { const on = !members.every(shown); for (const curve of members) curve.box.checked = on; draw(); };
      htmlElement('button', { type: 'button', textContent: group, title: 'all of this source, or none', onclick: turn }, list);
      const boxes = new Map(); // pieces of a curve and edges of a region have one label and one box
      for (const curve of members) {
        Object.assign(curve, { colour, dash: DASHES[families.indexOf(curve.family) % DASHES.length] });
        if (!boxes.has(curve.label)) boxes.set(curve.label, tickBox(curve));
        curve.box = boxes.get(curve.label);
      }
    }
    note.textContent = plane.convention;
    whole();
  };

  // What is shown: the ticked curves inside the present frame.
  const csv = () => {
    const quote = text => `"${String(text).replace(/"/g, '""')}"`;
    const lines = [`# ${plane.title}`, `# ${plane.convention}`, ['limit', 'source', 'level', 'side', plane.x.name, plane.y.name].join(',')];
    for (const curve of plane.curves.filter(shown)) {
      curve.x.forEach((x, i) => {
        const y = curve.y[i];
        if (x >= view.x[0] && x <= view.x[1] && y >= view.y[0] && y <= view.y[1]) {
          lines.push([quote(curve.label), quote(curve.group), quote(curve.level), curve.side, x, y].join(','));
        }
      });
    }
    return lines.join('\n') + '\n';
  };
  const all = value => { for (const curve of plane.curves) curve.box.checked = value; draw(); };
  button('all', 'all', () => all(true));
  button('none', 'none', () => all(false));
  button('whole plane', 'whole', whole);
  const download = (content, type, ending) => {
    const link = htmlElement('a', { href: URL.createObjectURL(new Blob([content], { type })), download: `${plane.name}.${ending}` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };
  button('download csv', 'download', () => download(csv(), 'text/csv', 'csv'));
  button('download svg', 'picture', () => download(new XMLSerializer().serializeToString(svg), 'image/svg+xml', 'svg'));
  for (const box of [logX, logY]) box.onchange = draw;
  choose.onchange = () => open(choose.value);
  root.viewer = { csv, open };
  open(0);
};

for (const root of document.querySelectorAll('[data-viewer]')) start(root);
