// A surrogate at inputs of a reader's choice: a sum of products of polynomials, each orthonormal under its input's prior.

// The place in an ascending table at which a value lies, between its entries in proportion.
const placeIn = (table, value) => {
  const above = table.findIndex(entry => entry >= value);
  if (above === 0) return 0;
  if (above < 0) return table.length - 1;
  const [low, high] = [table[above - 1], table[above]];
  return above - 1 + (value - low) / (high - low);
};

// The variable that each polynomial is one of: the input, its logarithm, or its independent normal score in a group.
const germs = (constraint, values) => {
  const scores = {};
  for (const { inputs, independent } of constraint.groups) {
    const normal = inputs.map(name => {
      const { table } = constraint.inputs.find(input => input.name === name);
      return -3 + 6 * placeIn(table, values[name]) / (table.length - 1);
    });
    inputs.forEach((name, row) => { scores[name] = normal.reduce((sum, score, column) => sum + independent[row][column] * score, 0); });
  }
  return constraint.inputs.map(({ name, kind, centre, width }) => {
    const value = scores[name] ?? values[name];
    return kind === 'choice' ? value : ((kind === 'log' ? Math.log(value) : value) - centre) / width;
  });
};

// The polynomials of every input, or the functions of a choice's values, by degree.
const functionsOf = (constraint, values) => germs(constraint, values).map((germ, index) => {
  const { kind, values: known, rotate } = constraint.inputs[index];
  const raw = rotate.map((_, power) => kind === 'choice' ? Number(known[power] === germ) : germ ** power);
  return rotate[0].map((_, degree) => raw.reduce((sum, part, power) => sum + part * rotate[power][degree], 0));
});

// The limit at a place of a curve; null where no surrogate stands for it.
const limitAt = (curve, point, functions) => {
  if (!point.terms) return null;
  const sum = point.terms.reduce((total, term, index) => (
    total + point.coefficients[index] * term.reduce((product, [axis, degree]) => product * functions[axis][degree], 1)
  ), 0);
  return curve.logarithm ? Math.exp(sum) : sum;
};
