// The plane viewer: curves as SVG, toggles, zoom, the limits at the cursor in words, and what is shown as csv and svg.  No library, no network.
const PLANES = JSON.parse(document.getElementById('planes').textContent);
const COLOURS = ['#0072B2', '#D55E00', '#007A59', '#A8518A', '#8A5E00', '#2B6F8C']; // of the papers, as in the figures but dark enough for words
const OTHERS = ['#1b1f24', '#5b6570', '#7A5195', '#6b4a2b'];
const DASHES = ['', '8 3', '8 3 2 3', '2 3', '13 4', '4 2', '9 3 2 3 2 3', '1 2', '15 3 5 3', '5 5', '12 2 1 2', '3 1 1 1'];
// The drawing is scaled to the width of the window: on a phone it is smaller, so that its letters stay readable.
const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = innerWidth < 600 ? [440, 440, 62, 14, 12, 50] : [900, 560, 78, 26, 14, 52];
const ALLOWED = 'edge of an allowed region'; // the level of a curve that bounds what is possible
const NEAR = 40; // a curve further from the pointer (in units of the drawing) is not the one that is meant
const STEP = 6; // of the arrow keys, in units of the drawing

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
  return text;
};
// The label of a curve; that of a reader's own file is no HTML.
const label = (curve, attributes, parent) => {
  if (curve.html) return write(curve.html, attributes, parent);
  svgElement('text', attributes, parent).textContent = curve.label;
};
const raised = power => String(power).replace(/[-\d]/g, sign => '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'['-0123456789'.indexOf(sign)]);
const digits = value => {
  const [factor, power] = Number(value).toExponential(2).split('e').map(Number);
  return Math.abs(power) < 3 || value === 0 ? String(Number(Number(value).toPrecision(3))) : `${factor}×10${raised(power)}`;
};
// “sterile mass m_4 [MeV]” as words and unit.
const named = axis => {
  const [, words, unit] = axis.words.match(/^(.*?)(?:\s*\[(.*)\])?$/);
  return { words, unit: unit ? ` ${unit}` : '' };
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

// Positions and words of the ticks of an axis, all of one kind: powers of ten, or numbers with one common power.
const ticks = scale => {
  const [low, high] = scale.range, found = [];
  if (scale.log) {
    const first = Math.ceil(Math.log10(low) - 1e-9), last = Math.floor(Math.log10(high) + 1e-9);
    if (last - first >= 1) {
      const step = Math.max(1, Math.ceil((last - first) / 9));
      for (let power = first; power <= last; power += step) found.push([Number('1e' + power), `10${raised(power)}`]);
      return found;
    }
  }
  const rough = (high - low) / 6, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map(factor => factor * power).find(value => value >= rough);
  const common = Math.floor(Math.log10(Math.max(Math.abs(low), Math.abs(high)))), far = common < -2 || common > 3;
  const places = Math.max(0, (far ? common : 0) - Math.floor(Math.log10(step) + 1e-9));
  for (let value = Math.ceil(low / step) * step; value <= high * (1 + 1e-12); value += step) {
    found.push([value, far ? `${(value / 10 ** common).toFixed(places)}×10${raised(common)}` : value.toFixed(places)]);
  }
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
  const svg = svgElement('svg', {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: '100%', role: 'application', tabindex: 0, 'font-family': 'system-ui, sans-serif',
    style: 'touch-action: pan-y; user-select: none; background: #fff',
  }, drawing);
  const reading = htmlElement('p', { className: 'reading', ariaLive: 'polite' }, drawing);
  reading.style.minHeight = '4.5em';
  const list = htmlElement('div', { className: 'limits', tabIndex: 0, role: 'group', ariaLabel: 'limits of this plane' }, stage);
  const note = htmlElement('p', { className: 'faint' }, root);

  let plane, view, scales, paths = [], marker, drag = null, cursor = null;
  const shown = curve => curve.box.checked;
  const labels = () => [...new Set(plane.curves.map(curve => curve.label))];

  // The address holds the plane, the frame, the axes and what is ticked otherwise than at first: a link shows what its sender saw.
  const remember = () => {
    const state = new URLSearchParams({ plane: plane.name });
    for (const axis of ['x', 'y']) if (view[axis] !== plane[axis].range) state.set(axis, view[axis].map(value => Number(value.toPrecision(5))).join('~'));
    const linear = [logX.checked ? '' : 'x', logY.checked ? '' : 'y'].join('');
    if (linear) state.set('linear', linear);
    const changed = labels().map((label, index) => [plane.curves.find(curve => curve.label === label), index]).filter(([curve]) => shown(curve) === curve.variant);
    if (changed.length) state.set('other', changed.map(([, index]) => index).join('~'));
    globalThis.history?.replaceState?.(null, '', '#' + state);
  };
  const recall = () => {
    const state = new URLSearchParams((globalThis.location?.hash ?? '').slice(1)), index = PLANES.findIndex(known => known.name === state.get('plane'));
    if (index < 0) return false;
    const linear = state.get('linear') ?? '';
    [logX.checked, logY.checked] = ['x', 'y'].map(axis => !linear.includes(axis));
    open(index);
    const other = (state.get('other') ?? '').split('~').filter(Boolean).map(Number);
    for (const curve of plane.curves) curve.box.checked = curve.variant === other.includes(labels().indexOf(curve.label));
    for (const axis of ['x', 'y']) {
      const range = (state.get(axis) ?? '').split('~').map(Number);
      if (range.length === 2 && range[0] > 0 && range[1] > range[0] && range.every(Number.isFinite)) view = { ...view, [axis]: range };
    }
    draw();
    return true;
  };

  const read = () => {
    reading.textContent = plane.curves.length ? 'Point at a curve, or choose the drawing and press the arrow keys.' : 'No limits in this plane in this run.';
    if (marker) marker.setAttribute('visibility', 'hidden');
    for (const path of paths) path.setAttribute('stroke-width', path.curve.width);
  };

  // Strokes along a curve that point to what it excludes, and the area between the two edges of a closed region.
  const shade = (curve, inside) => {
    if (curve.side === 'line' || curve.level === ALLOWED) return;
    const up = curve.side === 'top' || curve.side === 'lower' ? 1 : -1; // towards larger y, which is up the screen, or not
    let d = '', walked = 0;
    for (let i = 1; i < curve.points.length; i++) {
      const [[x1, y1], [x2, y2]] = [curve.points[i - 1], curve.points[i]], length = Math.hypot(x2 - x1, y2 - y1);
      if (!Number.isFinite(length) || !length) continue;
      let [nx, ny] = [(y1 - y2) / length, (x2 - x1) / length]; // a normal; below, the one that looks to the excluded side
      if ((x2 < x1 ? -1 : 1) * up < 0) [nx, ny] = [-nx, -ny];
      for (let at = 14 - walked; at < length; at += 14) {
        const [x, y] = [x1 + (x2 - x1) * at / length, y1 + (y2 - y1) * at / length];
        d += `M${x.toFixed(1)} ${y.toFixed(1)}l${(nx * 6).toFixed(1)} ${(ny * 6).toFixed(1)}`;
      }
      walked = (walked + length) % 14;
    }
    svgElement('path', { d, stroke: curve.colour, 'stroke-width': .7, class: 'strokes' }, inside);
    const other = curve.side === 'bottom' && plane.curves.find(top => top.side === 'top' && top.region === curve.region && top.group === curve.group);
    if (other && curve.excludes && shown(other)) {
      const [low, high] = [curve, other].map(edge => edge.points.filter(point => point.every(Number.isFinite)).sort(([a], [b]) => a - b));
      if (!low.length || !high.length) return;
      const corners = [low.at(-1)[0], low[0][0]].map((x, end) => [x, high.at(end - 1)[1]]); // where one edge ends first, the area ends upright
      const points = [...low, corners[0], ...high.reverse(), corners[1]].map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ');
      svgElement('polygon', { points, fill: curve.colour, 'fill-opacity': .1, class: 'area' }, inside);
    }
  };

  // Points along what is drawn, a few units apart: names keep clear of them.
  const sampled = points => {
    const found = [];
    for (let i = 1; i < points.length; i++) {
      const [[x1, y1], [x2, y2]] = [points[i - 1], points[i]], length = Math.hypot(x2 - x1, y2 - y1);
      if (!Number.isFinite(length)) continue;
      for (let at = 0; at < length; at += 4) found.push([x1 + (x2 - x1) * at / length, y1 + (y2 - y1) * at / length]);
    }
    return found.filter(([x, y]) => x > LEFT && x < WIDTH - RIGHT && y > TOP && y < HEIGHT - BOTTOM);
  };

  // The name of a curve along it, turned to its slope, where it meets the fewest curves and no other name; a name
  // without room is in the list alone.
  const name = (curve, lines, taken, parent) => {
    const text = svgElement('g', { class: 'name', fill: curve.colour }, parent);
    label(curve, { 'text-anchor': 'middle', 'font-size': 11, stroke: '#fff', 'stroke-width': 3, 'paint-order': 'stroke' }, text);
    const path = sampled(curve.points), width = text.children[0]?.getComputedTextLength?.() ?? curve.label.length * 5.6;
    const below = curve.side === 'upper' || curve.side === 'bottom'; // strokes stand above
    let best = null;
    for (const part of [.3, .4, .5, .6, .7, .2, .8, .1, .9]) {
      const at = Math.floor(part * (path.length - 1)), reach = Math.ceil(width / 10), [from, to] = [path[Math.max(at - reach, 0)], path[Math.min(at + reach, path.length - 1)]];
      if (!path[at]) break;
      let angle = Math.atan2(to[1] - from[1], to[0] - from[0]);
      if (Math.abs(angle) > Math.PI / 2) angle -= Math.sign(angle) * Math.PI;
      if (Math.abs(angle) > 1.2) angle = 0;
      const [c, s] = [Math.cos(angle), Math.sin(angle)];
      for (const gap of below ? [14, -6, 20, -14] : [-6, 14, -12, 20]) { // of the line of writing below the curve
        const [x, y] = [path[at][0] - s * gap, path[at][1] + c * gap];
        const within = ([px, py]) => { // the frame of the text: along it, and up from its line of writing
          const [u, v] = [(px - x) * c + (py - y) * s, (py - y) * c - (px - x) * s];
          return Math.abs(u) < width / 2 + 2 && v > -10 && v < 3;
        };
        const box = [-1, -.5, 0, .5, 1].flatMap(u => [-9, 2].map(v => [x + u * width / 2 * c - v * s, y + u * width / 2 * s + v * c]));
        if (box.some(([px, py]) => px < LEFT || px > WIDTH - RIGHT || py < TOP || py > HEIGHT - BOTTOM)) continue;
        if (taken.some(other => other.box.some(within) || box.some(other.within))) continue;
        const cost = lines.filter(within).length + Math.abs(part - .4) + .05 * Math.abs(gap);
        if (!best || cost < best.cost) best = { cost, x, y, box, within, turn: angle * 180 / Math.PI };
      }
    }
    if (!best || best.cost > 8) return text.remove();
    taken.push(best);
    text.setAttribute('transform', `translate(${best.x.toFixed(1)} ${best.y.toFixed(1)}) rotate(${best.turn.toFixed(1)})`);
  };

  const draw = () => {
    svg.replaceChildren();
    svg.setAttribute('aria-label', `${plane.title}: ${new Set(plane.curves.filter(shown).map(curve => curve.label)).size} limits. Left and right read along a curve, up and down choose one, plus and minus zoom, Escape shows the whole plane.`);
    scales = { x: makeScale(view.x, logX.checked, LEFT, WIDTH - RIGHT), y: makeScale(view.y, logY.checked, HEIGHT - BOTTOM, TOP) };
    const clip = svgElement('clipPath', { id: 'inside' }, svg);
    svgElement('rect', { x: LEFT, y: TOP, width: WIDTH - LEFT - RIGHT, height: HEIGHT - TOP - BOTTOM }, clip);
    const axes = svgElement('g', { 'font-size': 13, fill: '#1b1f24', stroke: 'none' }, svg);
    for (const [value, words] of ticks(scales.x)) {
      const x = scales.x.place(value);
      svgElement('line', { x1: x, x2: x, y1: TOP, y2: HEIGHT - BOTTOM, stroke: '#e6e9ec' }, axes);
      svgElement('text', { x, y: HEIGHT - BOTTOM + 17, 'text-anchor': 'middle' }, axes).textContent = words;
    }
    for (const [value, words] of ticks(scales.y)) {
      const y = scales.y.place(value);
      svgElement('line', { x1: LEFT, x2: WIDTH - RIGHT, y1: y, y2: y, stroke: '#e6e9ec' }, axes);
      svgElement('text', { x: LEFT - 6, y: y + 4, 'text-anchor': 'end' }, axes).textContent = words;
    }
    svgElement('rect', { x: LEFT, y: TOP, width: WIDTH - LEFT - RIGHT, height: HEIGHT - TOP - BOTTOM, fill: 'none', stroke: '#1b1f24' }, axes);
    write(plane.x.label, { x: (LEFT + WIDTH - RIGHT) / 2, y: HEIGHT - 10, 'text-anchor': 'middle' }, axes);
    write(plane.y.label, { x: 0, y: 0, 'text-anchor': 'middle', transform: `translate(16 ${(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)` }, axes);
    const shades = svgElement('g', { 'clip-path': 'url(#inside)', fill: 'none' }, svg);
    const inside = svgElement('g', { 'clip-path': 'url(#inside)', fill: 'none', class: 'curves' }, svg);
    paths = [];
    for (const curve of plane.curves) curve.points = curve.x.map((x, i) => [scales.x.place(x), scales.y.place(curve.y[i])]);
    for (const curve of plane.curves.filter(shown)) {
      let pen = 'M';
      const d = curve.points.map(([x, y]) => {
        if (!Number.isFinite(x) || !Number.isFinite(y)) { pen = 'M'; return ''; }
        const piece = `${pen}${x.toFixed(2)} ${y.toFixed(2)}`;
        pen = 'L';
        return piece;
      }).join('');
      shade(curve, shades);
      for (const band of curve.bands) for (const [, low, high, opacity] of SHARES) {
        svgElement('path', { d: ribbon(band, low, high, scales), fill: curve.colour, 'fill-opacity': opacity, class: 'band' }, shades);
      }
      const path = svgElement('path', { d, stroke: curve.colour, 'stroke-width': curve.width, 'stroke-dasharray': curve.dash }, inside);
      path.curve = curve;
      paths.push(path);
    }
    const taken = [], names = svgElement('g', {}, svg), told = new Set(), lines = plane.curves.filter(shown).flatMap(curve => sampled(curve.points));
    for (const curve of plane.curves.filter(shown)) if (!told.has(curve.label)) { told.add(curve.label); name(curve, lines, taken, names); }
    marker = svgElement('circle', { r: 4, fill: '#1b1f24', visibility: 'hidden' }, svg);
    drag = null;
    remember();
    read();
  };

  const position = event => {
    const box = svg.getBoundingClientRect();
    return [(event.clientX - box.left) * WIDTH / box.width, (event.clientY - box.top) * HEIGHT / box.height];
  };

  // The point of the shown curves nearest to a place: on the segments, so that coarse curves can be read between their points.
  const nearest = (px, py, curves = plane.curves.filter(shown), reach = NEAR) => {
    let best = null;
    for (const curve of curves) {
      for (let i = 1; i < curve.points.length; i++) {
        const [[x1, y1], [x2, y2]] = [curve.points[i - 1], curve.points[i]];
        const length = (x2 - x1) ** 2 + (y2 - y1) ** 2;
        if (!Number.isFinite(length)) continue;
        const t = length ? Math.min(1, Math.max(0, ((px - x1) * (x2 - x1) + (py - y1) * (y2 - y1)) / length)) : 0;
        const [x, y] = [x1 + t * (x2 - x1), y1 + t * (y2 - y1)], distance = Math.hypot(px - x, py - y);
        if (distance < reach && (!best || distance < best.distance)) best = { curve, x, y, distance };
      }
    }
    return best;
  };

  const SIDES = { upper: 'excluded above', bottom: 'excluded above, up to the upper edge', top: 'excluded below, down to the lower edge', lower: 'excluded below', line: 'excludes nothing' };
  const say = found => {
    const { curve } = found, x = named(plane.x), y = named(plane.y);
    cursor = found;
    marker.setAttribute('cx', found.x);
    marker.setAttribute('cy', found.y);
    marker.setAttribute('visibility', 'visible');
    for (const path of paths) path.setAttribute('stroke-width', path.curve === curve ? 3.2 : path.curve.width);
    const [at, value] = [scales.x.value(found.x), scales.y.value(found.y)];
    const side = curve.level === ALLOWED ? 'allowed region' : SIDES[curve.side] ?? curve.side;
    reading.replaceChildren(htmlElement('b', { textContent: curve.label }),
      `: ${y.words} = ${digits(value)}${y.unit} at ${x.words} = ${digits(at)}${x.unit}; ${side} (${curve.level}). ` +
      bandWords(curve.bands, at, value, y.unit) +
      `Source: ${curve.source ?? curve.group}. ${curve.said}`);
  };
  const point = event => {
    const [px, py] = position(event);
    if (drag) {
      const x = Math.min(px, drag.x), y = Math.min(py, drag.y);
      for (const [key, value] of Object.entries({ x, y, width: Math.abs(px - drag.x), height: Math.abs(py - drag.y) })) drag.rectangle.setAttribute(key, value);
      return;
    }
    const found = nearest(px, py);
    if (found) return say(found);
    read();
    const x = named(plane.x), y = named(plane.y);
    if (plane.curves.length && px > LEFT && px < WIDTH - RIGHT && py > TOP && py < HEIGHT - BOTTOM) {
      reading.textContent = `No curve here: ${x.words} = ${digits(scales.x.value(px))}${x.unit}, ${y.words} = ${digits(scales.y.value(py))}${y.unit}. Point at a curve to read it.`;
    }
  };

  const zoom = factor => {
    const [cx, cy] = cursor ? [cursor.x, cursor.y] : [(LEFT + WIDTH - RIGHT) / 2, (TOP + HEIGHT - BOTTOM) / 2];
    view = {
      x: [LEFT, WIDTH - RIGHT].map(edge => scales.x.value(cx + (edge - cx) * factor)),
      y: [HEIGHT - BOTTOM, TOP].map(edge => scales.y.value(cy + (edge - cy) * factor)),
    };
    draw();
  };
  const along = step => {
    const seen = sampled(cursor.curve.points), near = seen.map(([x, y]) => Math.hypot(x - cursor.x, y - cursor.y));
    const at = near.indexOf(Math.min(...near)), towards = (seen.at(-1)?.[0] ?? 0) >= (seen[0]?.[0] ?? 0) ? step : -step;
    let next = at;
    while (seen[next + towards] && Math.hypot(seen[next][0] - seen[at][0], seen[next][1] - seen[at][1]) < STEP) next += towards;
    const place = seen[next];
    if (place) say({ curve: cursor.curve, x: place[0], y: place[1] });
  };
  svg.addEventListener('keydown', event => {
    const curves = plane.curves.filter(shown), key = event.key;
    if (key === 'Escape') whole();
    else if (key === '+' || key === '-') zoom(key === '+' ? 0.5 : 2);
    else if (key.startsWith('Arrow') && curves.length) {
      const middle = [(LEFT + WIDTH - RIGHT) / 2, (TOP + HEIGHT - BOTTOM) / 2];
      if (!cursor || !curves.includes(cursor.curve)) {
        const found = nearest(...middle, curves, Infinity);
        if (found) say(found);
      } else if (key === 'ArrowLeft' || key === 'ArrowRight') along(key === 'ArrowRight' ? 1 : -1);
      else {
        const next = curves[(curves.indexOf(cursor.curve) + (key === 'ArrowUp' ? 1 : curves.length - 1)) % curves.length];
        const found = nearest(cursor.x, cursor.y, [next], Infinity);
        if (found) say(found);
      }
    } else return;
    event.preventDefault();
  });
  svg.addEventListener('pointermove', point);
  svg.addEventListener('pointerleave', event => { if (!drag && event.pointerType === 'mouse') read(); }); // a lifted finger leaves too, its reading stays
  svg.addEventListener('pointerdown', event => {
    if (event.pointerType !== 'mouse') return point(event);
    const [x, y] = position(event);
    svg.setPointerCapture(event.pointerId);
    drag = { x, y, rectangle: svgElement('rect', { fill: '#0a5d9c', 'fill-opacity': .12, stroke: '#0a5d9c' }, svg) };
  });
  svg.addEventListener('pointerup', event => {
    if (!drag) return;
    const [x, y] = position(event), { x: x0, y: y0 } = drag;
    drag.rectangle.remove();
    drag = null;
    if (Math.abs(x - x0) < 12 || Math.abs(y - y0) < 12) return;
    view = {
      x: [Math.min(x, x0), Math.max(x, x0)].map(place => scales.x.value(place)),
      y: [Math.max(y, y0), Math.min(y, y0)].map(place => scales.y.value(place)),
    };
    draw();
  });
  const whole = () => { view = { x: plane.x.range, y: plane.y.range }; cursor = null; draw(); };
  svg.addEventListener('dblclick', whole);

  const sample = (curve, parent, x = 0, y = 4, length = 28) => {
    if (curve.bands.length) for (const [, , , opacity] of SHARES) {
      const half = opacity > .2 ? 2 : 4; // the narrower range is the darker one
      svgElement('rect', { x, y: y - half, width: length, height: 2 * half, fill: curve.colour, 'fill-opacity': opacity }, parent);
    }
    const line = { x1: x, x2: x + length, y1: y, y2: y, stroke: curve.colour };
    svgElement('line', { ...line, 'stroke-width': curve.width + .4, 'stroke-dasharray': curve.dash }, parent);
  };
  const tickBox = curve => {
    const label = htmlElement('label', {}, list);
    const box = htmlElement('input', { type: 'checkbox', checked: !curve.variant, onchange: draw }, label);
    sample(curve, svgElement('svg', { width: 28, height: 8, style: 'margin: 0 .4em', 'aria-hidden': 'true' }, label));
    htmlElement('span', curve.html ? { innerHTML: curve.html } : { textContent: curve.label }, label);
    return box;
  };

  const open = index => {
    plane = PLANES[index];
    choose.value = index;
    const groups = [...new Set(plane.curves.map(curve => curve.group))];
    list.replaceChildren();
    for (const words of bandLegends(plane.curves)) htmlElement('p', { className: 'faint', textContent: words }, list);
    for (const group of groups) {
      const members = plane.curves.filter(curve => curve.group === group), { paper } = members[0];
      const colour = paper >= 0 ? COLOURS[paper % COLOURS.length] : OTHERS[groups.indexOf(group) % OTHERS.length];
      const each = [...new Set(members.map(curve => curve.label))]; // each has a line of its own; pieces of a curve share one
      const turn = () => { const on = !members.every(shown); for (const curve of members) curve.box.checked = on; draw(); };
      htmlElement('button', { type: 'button', textContent: group, title: 'all of this source, or none', onclick: turn }, list);
      const boxes = new Map(); // pieces of a curve and edges of a region have one label and one box
      for (const curve of members) {
        const line = each.indexOf(curve.label), round = Math.floor(line / DASHES.length);
        Object.assign(curve, { colour, dash: DASHES[line % DASHES.length], width: (curve.variant ? 1 : 1.8) + .8 * round });
        if (!boxes.has(curve.label)) boxes.set(curve.label, tickBox(curve));
        curve.box = boxes.get(curve.label);
      }
    }
    note.textContent = plane.convention;
    whole();
  };

  // What is shown: the ticked curves inside the present frame, and the quantiles of their bands.
  const csv = () => {
    const quote = text => `"${String(text).replace(/"/g, '""')}"`;
    const lines = [`# ${plane.title}`, `# ${plane.convention}`, ['limit', 'source', 'level', 'side', plane.x.name, plane.y.name, 'quantile'].join(',')];
    const add = (curve, xs, ys, quantile) => xs.forEach((x, i) => {
      const y = ys[i];
      if (x < view.x[0] || x > view.x[1] || y === null || y < view.y[0] || y > view.y[1]) return;
      lines.push([quote(curve.label), quote(curve.group), quote(curve.level), curve.side, x, y, quantile].join(','));
    });
    for (const curve of plane.curves.filter(shown)) {
      add(curve, curve.x, curve.y, '');
      for (const band of curve.bands) for (const name of QUANTILES) add(curve, band.x, band[name], Number(name.slice(1)) / 1000);
    }
    return lines.join('\n') + '\n';
  };
  // The drawing as a file of its own: with a title, and below it what each line is.
  const picture = () => {
    const told = [...new Map(plane.curves.filter(shown).map(curve => [curve.label, curve])).values()];
    const bands = bandLegends(told), height = HEIGHT + 24 + 16 * (told.length + bands.length);
    const copy = svg.cloneNode(true);
    for (const [key, value] of Object.entries({ xmlns: 'http://www.w3.org/2000/svg', viewBox: `0 -24 ${WIDTH} ${height}`, width: WIDTH, height, role: 'img' })) copy.setAttribute(key, value);
    svgElement('text', { x: WIDTH / 2, y: -6, 'text-anchor': 'middle', 'font-size': 15 }, copy).textContent = plane.title;
    const legend = svgElement('g', { class: 'legend', 'font-size': 12 }, copy);
    told.forEach((curve, index) => {
      const y = HEIGHT + 8 + 16 * index;
      sample(curve, legend, LEFT, y - 4, 40);
      label(curve, { x: LEFT + 48, y }, legend);
      svgElement('tspan', {}, legend.lastChild).textContent = ` (${curve.source ?? curve.group}; ${curve.level})`;
    });
    bands.forEach((words, index) => {
      svgElement('text', { x: LEFT + 48, y: HEIGHT + 8 + 16 * (told.length + index) }, legend).textContent = words;
    });
    return new XMLSerializer().serializeToString(copy);
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
  button('download svg', 'picture', () => download(picture(), 'image/svg+xml', 'svg'));

  // A limit file of the reader's is drawn in the planes that know its columns; it is read here and goes nowhere.
  const add = (text, name) => {
    try {
      const found = placed(text, name, PLANES), here = found.some(each => each.plane === plane);
      for (const each of found) each.plane.curves.push(each.curve);
      open(here ? PLANES.indexOf(plane) : PLANES.indexOf(found[0].plane));
      note.textContent = `${name} is drawn in: ${found.map(each => each.plane.title).join('; ')}.`;
    } catch (problem) {
      note.textContent = `Not drawn: ${problem.message}`;
    }
  };
  const take = files => { for (const file of files) file.text().then(text => add(text, file.name)); };
  const adder = htmlElement('label', { className: 'file', textContent: 'add a limit file ' }, bar);
  htmlElement('input', { type: 'file', multiple: true, accept: '.txt,.csv,.dat,.tsv,.json', onchange: event => take(event.target.files) }, adder);
  globalThis.addEventListener?.('dragover', event => event.preventDefault());
  globalThis.addEventListener?.('drop', event => { event.preventDefault(); take(event.dataTransfer.files); });
  note.role = 'status';

  for (const box of [logX, logY]) box.onchange = draw;
  choose.onchange = () => open(choose.value);
  globalThis.addEventListener?.('hashchange', recall);
  root.viewer = { csv, open, picture, add };
  if (!recall()) open(0);
};

for (const root of document.querySelectorAll('[data-viewer]')) start(root);
