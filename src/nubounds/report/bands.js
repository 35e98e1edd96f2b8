// Bands of ensembles in the viewer: where they are drawn, and what they say at a place.
const QUANTILES = ['q025', 'q160', 'q500', 'q840', 'q975'];
const SHARES = [['95 %', 'q025', 'q975', .15], ['68 %', 'q160', 'q840', .3]]; // of the members, edges of their band, how opaque it is

// The limit of an ensemble at x by a quantile, straight between its places in a plane of logarithms; nothing where a
// neighbour has no limit or x lies outside.
const quantile = (band, name, x) => {
  for (let i = 1; i < band.x.length; i++) {
    const [x1, x2, y1, y2] = [band.x[i - 1], band.x[i], band[name][i - 1], band[name][i]];
    if (y1 === null || y2 === null || x1 <= 0 || x2 <= 0 || (x - x1) * (x - x2) > 0) continue;
    return y1 * (y2 / y1) ** (Math.log(x / x1) / Math.log(x2 / x1));
  }
  return null;
};
// The outline of the range between two quantiles; it ends where one of them has no limit.
const ribbon = (band, low, high, scales) => {
  const parts = [[]];
  band.x.forEach((x, i) => {
    const edges = [low, high].map(name => [scales.x.place(x), band[name][i] === null ? NaN : scales.y.place(band[name][i])]);
    if (edges.flat().every(Number.isFinite)) parts.at(-1).push(edges);
    else parts.push([]);
  });
  const outline = part => [...part.map(([edge]) => edge), ...part.map(([, edge]) => edge).reverse()];
  return parts.filter(part => part.length > 1)
    .map(part => `M${outline(part).map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join('L')}Z`).join('');
};

// The band at x in words; of the branches of a curve that turns back, the one whose median lies nearest to the value.
const bandWords = (bands, x, value, unit) => {
  const far = band => Math.abs(Math.log((quantile(band, 'q500', x) ?? Infinity) / value));
  const [band] = [...bands].sort((one, two) => (far(one) > far(two)) - (far(one) < far(two)));
  if (!band) return '';
  const ranges = [...SHARES].reverse().map(([share, low, high]) => {
    const edges = [low, high].map(name => quantile(band, name, x));
    if (edges.every(edge => edge === null)) return '';
    return `${share} from ${edges.map(edge => edge === null ? 'no limit' : digits(edge) + unit).join(' to ')}`;
  }).filter(Boolean);
  return ranges.length ? `Of ${band.members} members with inputs drawn from their priors: ${ranges.join(', ')}. ` : '';
};
// What the bands of some curves are, a line for each number of members.
const bandLegends = curves => [...new Set(curves.flatMap(curve => curve.bands).map(band => band.members))]
  .map(members => `Bands: the limits of 68 and 95 % of ${members} members with inputs drawn from their priors.`);
