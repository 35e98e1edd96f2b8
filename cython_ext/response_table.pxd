# From the moments of nucleon_response.pxd to integrals over the momentum transfer: nodes in |q|, a table of what they
# give, and sums of the table for a mediator's mass.  In C, for the reasons given there.
from fermi_dirac cimport Polylogarithms
from nucleon_response cimport Line, Rule, State
from vector_math cimport vector_width

cdef extern from "response_table.h":
    ctypedef struct Table:
        double* Q2
        double* vector
        double* axial
        double* scalar
        int n
    ctypedef struct LineFunctions:
        void (*nodes)(const Rule*, double lightest, double q_max, double weight, Line*) noexcept nogil
        void (*moments)(const State*, const Rule*, Line*) noexcept nogil
        void (*integrals)(const State*, const Line*, Table*, double* sm) noexcept nogil
        void (*sums)(const Table*, double mass, double* sums) noexcept nogil
        void (*fermi)(
            int n, const Polylogarithms*, const double* eta, double* J0, double* J1, double* J2
        ) noexcept nogil
    const LineFunctions* line_functions(int widest) noexcept nogil
