"""Loops over the nodes in ln z for dm_production, in C for its `restrict`.

A row of d has a place before its first node and one after its last, which these functions fill.

They have no branches, because a compiler that respects traps does not vectorise those.  Clones with wider vectors are
chosen at run time and give the same digits: every node is computed by itself, and sums run in eight lanes whatever the
width.
"""


from libc.stdint cimport int64_t


cdef extern from "dm_nodes.h":
    double NEAR
    enum:
        STEPS
    ctypedef struct Steps:
        int n
        double A0[2][STEPS]
        double A1[2][STEPS]
        double B0[STEPS]
        double B1[STEPS]
        double d0[STEPS]
        double d1[STEPS]
        double curvature[STEPS]
        double h[STEPS]
    ctypedef struct Scales:
        double x, D0, c, s2, v_scale, a_scale, b_scale, source_scale, d_smooth2, B_smooth2
    ctypedef struct Nodes:      # all along ln z, at one x; `v_next`, and `above` that is written, are at the next one
        const double* z
        const double* T
        const double* source
        const double* v_sm
        const double* a
        const double* b
        const double* gamma_sm
        const double* v_next
        const double* d
        const double* below
        double* above
        double* f
        double* smooth
    void detuning(int n, double D_scale, double v_scale, double x, const double* v, const double* z, const double* T,
                  const double* v_sm, double* d) noexcept nogil
    void integrand_at_nodes(int n, Scales p, const Nodes* at) noexcept nogil
    # whether d turns around close to a resonance anywhere; the sign bit in `turns` says where
    bint turns_near(int n, const double* d, const double* below, const double* above, int64_t* turns) noexcept nogil
    # all three in one pass, which divisions alone would fill: the integrand here, d at the next x, and whether d turns
    bint nodes_and_next(int n, Scales p, double D_scale, double v_scale, double x, const Nodes* at) noexcept nogil
    int next_turn(int n, int k, const int64_t* turns) noexcept nogil
    # trapezoids of f, and of f times `factor` unless it is a null pointer (then `step` is 1)
    int smooth_runs(int k, int last, int step, const double* d, const double* f, const double* factor,
                    const double* smooth, double* sums) noexcept nogil
    # adds the integral over a step in which d turns around, of one integrand or of two that differ in A
    void turning_step(const double* A0, const double* A1, double B0, double B1, double d0, double d1, double curvature,
                      double h, int count, double* totals) noexcept nogil
    void powers(const double* r, const double* t, double* found) noexcept nogil
    # adds the integrals of all that wait to `totals`: of one integrand or of two that differ in A
    void resonant_steps(Steps* steps, int count, double* totals) noexcept nogil
