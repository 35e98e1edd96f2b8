"""Loops over the nodes in ln z for dm_production, in C for its `restrict`.

A row of d has a place before its first node and one after its last, which these functions fill.

They have no branches, because a compiler that respects traps does not vectorise those.  Versions for wider vectors are
compiled beside the plain one and give the same digits: every node is computed by itself, and sums run in eight lanes
whatever the width.
"""


from libc.stdint cimport int64_t


cdef extern from "dm_nodes.h":
    double NEAR
    enum:
        STEPS
        CELLS
    ctypedef struct Steps:
        int n
        int of[STEPS]
        double A0[2][STEPS]
        double A1[2][STEPS]
        double B0[STEPS]
        double B1[STEPS]
        double d0[STEPS]
        double d1[STEPS]
        double curvature[STEPS]
        double h[STEPS]
    ctypedef struct Cells:
        int n
        int of[CELLS]
        double A2[2][CELLS]
        double B4[CELLS]
        double low0[CELLS]
        double low1[CELLS]
        double high0[CELLS]
        double high1[CELLS]
        double h[CELLS]
    ctypedef struct Scales:
        double x, D2s2, v_scale, a_scale, b_scale, source_scale, d_smooth2, B_smooth2
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
        double* B2
    ctypedef struct Sums:
        double f, by_factor, wide
    ctypedef struct Loops:
        void (*detuning)(int n, double D_scale, double v_scale, double x, const double* v, const double* z,
                         const double* T, const double* v_sm, double* d) noexcept nogil
        # in one pass, which divisions alone would fill: the integrand, and if there is a next x, d there and whether d
        # turns around close to a resonance anywhere
        bint (*nodes)(bint next, int n, const Scales* p, double D_scale, double v_scale, double x,
                      const Nodes* at) noexcept nogil
        # the same; the sign bit in `turns` says where
        bint (*turns_near)(int n, const double* d, const double* below, const double* above,
                           int64_t* turns) noexcept nogil
        # trapezoids from node 1 to `last`, of f times `factor` too unless that is a null pointer, of f over steps twice
        # as wide too unless `wide_last` is 0; returns at how many nodes steps begin that need more, and in `rough` four
        # times their numbers, plus 1 for a step, plus 2 for a wide one; at their ends B^2 is there afterwards
        int (*trapezoids)(int last, int wide_last, const Scales* p, const Nodes* at, const double* factor, int* rough,
                          Sums* sums) noexcept nogil
        # these add integrals to totals of one integrand or of two that differ in A: of all resonant steps that wait,
        # of all that are averaged over a cell of x, and of a step in which d turns around
        void (*resonant_steps)(Steps* steps, int count, double** totals) noexcept nogil
        void (*averaged_steps)(Cells* cells, int count, double** totals) noexcept nogil
        void (*turning_step)(const double* A0, const double* A1, double B0, double B1, double d0, double d1,
                             double curvature, double h, int count, double** totals, int of) noexcept nogil
        void (*powers)(const double* r, const double* t, double* found) noexcept nogil
    const Loops* loops_of_width(int width) noexcept nogil
    double B2_at(const Scales* p, const Nodes* at, int k) noexcept nogil
    int next_turn(int n, int k, const int64_t* turns) noexcept nogil
