# A walk of isotropic steps that starts at the surface of a sphere.
#
# Units of the mean free path: depth z; l = (mean free path)/R, so r = 1 - l z in units of R.
# psi(z) = r x (probability that n more flights end inside), continued oddly through the centre z = 1/l, obeys
#     psi_(n+1)(z) = Int dz' k(z - z') psi_n(z') over 0 < z' < 2/l,
# with k = 1/2 on |z| < 1 (fixed steps) or E_1(|z|)/2 (exponential steps).  Where the centre is too deep to matter, the
# same equation is stepped for u = r - psi, which vanishes inside, with u_1 as its source.
from libc.math cimport fabs, log, sqrt
from libc.stdint cimport int64_t, uint64_t

from exponential_integral cimport exp1
from splitmix cimport uniform


cdef inline void integrate_elements(const double* value, const double* width, Py_ssize_t n_elements, int p,
                                    const double* antiderivative, const double* weight, double* inside,
                                    double* start) noexcept nogil:
    """Psi(z) = Int_0^z of a function given at p Gauss nodes of each element: at the nodes and at the elements' ends."""
    cdef Py_ssize_t e
    cdef int i, j
    cdef double total
    start[0] = 0.0
    for e in range(n_elements):
        total = 0.0
        for j in range(p):
            total += weight[j] * value[e * p + j]
        start[e + 1] = start[e] + width[e] * total
        for i in range(p):
            total = 0.0
            for j in range(p):
                total += antiderivative[i * p + j] * value[e * p + j]
            inside[e * p + i] = start[e] + width[e] * total


cdef inline void box_step(double* value, const double* source, Py_ssize_t n_elements, int p, Py_ssize_t shift,
                          Py_ssize_t known, Py_ssize_t whole, const double* inside, const double* start) noexcept nogil:
    """value = source + (Psi(z + 1) - Psi(z - 1))/2 in the first n_elements; z + 1 is in element e + shift if z is in e.

    Psi is known in the first `known` elements. Beyond, it is constant, or, if the star has `whole` elements in all, it
    is mirrored at the centre, because psi is odd: so rounding cannot mix in an even part, which would live longer.
    """
    cdef Py_ssize_t e, up, mirrored
    cdef int i
    cdef double above, below
    for e in range(n_elements):
        up = e + shift
        mirrored = whole - 1 - up
        for i in range(p):
            if up < known:
                above = inside[up * p + i]
            elif whole == 0:
                above = start[known]
            else:
                above = inside[mirrored * p + p - 1 - i] if mirrored >= 0 else 0.0
            below = inside[(e - shift) * p + i] if e >= shift else 0.0
            value[e * p + i] = source[e * p + i] + 0.5 * (above - below)


cdef inline void add_near(double z, double start, double end, const double* node, const double* barycentric, int p,
                          const double* x, const double* w, int n, double* row) noexcept nogil:
    """Add to row[j] the integral of E_1(|z - z'|)/2 times the j-th Lagrange polynomial; `start` is the end close to z.

    The nodes crowd as s^4 at `start`, which tames the logarithm of E_1.
    """
    cdef double u, position, distance = fabs(z - start), length = end - start, kernel, total, difference
    cdef int i, j
    for i in range(n):
        u = x[i] * x[i]
        u *= u
        position = start + length * u
        kernel = 0.5 * exp1(distance + fabs(length) * u) * w[i] * 4.0 * u / x[i] * fabs(length)
        total = 0.0
        for j in range(p):
            difference = position - node[j]
            if difference == 0.0:
                row[j] += kernel
                total = 0.0
                break
            total += barycentric[j] / difference
        if total != 0.0:
            for j in range(p):
                row[j] += kernel / total * barycentric[j] / (position - node[j])


cdef inline double flight_end(double d, double mu, double length, double l) noexcept nogil:
    """d = (1 - r^2)/(2 l) after a flight at the angle arccos(mu) to the inward normal.

    Nothing is lost in d however small l is; l = 0 is the half-space, with d the depth. d < 0 is outside.
    """
    if l == 0.0:
        return d + length * mu
    return d + length * (mu * sqrt(max(0.0, 1.0 - 2.0 * l * d)) - 0.5 * l * length)


cdef inline int64_t _walk(uint64_t key, int64_t flights, double l, bint exponential, bint cosine) noexcept nogil:
    cdef double mu = sqrt(uniform(key, 0)) if cosine else 1.0
    cdef double d = flight_end(0.0, mu, -log(uniform(key, 1)) if exponential else 1.0, l)
    cdef int64_t flight = 1
    while d >= 0.0:
        flight += 1
        if flight > flights:
            break
        mu = 2.0 * uniform(key, 2 * flight) - 1.0
        d = flight_end(d, mu, -log(uniform(key, 2 * flight + 1)) if exponential else 1.0, l)
    return flight


cdef inline int64_t walk(uint64_t key, int64_t flights, double l, bint exponential, bint cosine) noexcept nogil:
    """Number of the flight that leaves the sphere (1 is the first), or flights + 1."""
    if l == 0.0:                                    # constants, so that each case is a loop of its own
        if exponential:
            return _walk(key, flights, 0.0, True, cosine)
        return _walk(key, flights, 0.0, False, cosine)
    if exponential:
        return _walk(key, flights, l, True, cosine)
    return _walk(key, flights, l, False, cosine)
