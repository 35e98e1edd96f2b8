# Philox 4x32-10 (Salmon et al., SC11): random numbers as a function of (seed, stream, counter), with no state to
# carry or to share.
from libc.stdint cimport uint32_t, uint64_t


cdef inline void uniforms(uint64_t seed, uint64_t stream, uint64_t counter, double* u, double* v) noexcept nogil:
    """Two numbers uniform in (0, 1), 52 bits each, that depend on (seed, stream, counter) alone."""
    cdef uint32_t c0 = <uint32_t>counter, c1 = <uint32_t>(counter >> 32)
    cdef uint32_t c2 = <uint32_t>stream, c3 = <uint32_t>(stream >> 32)
    cdef uint32_t k0 = <uint32_t>seed, k1 = <uint32_t>(seed >> 32)
    cdef uint64_t a, b
    cdef int i
    for i in range(10):
        a = <uint64_t>0xD2511F53U * c0
        b = <uint64_t>0xCD9E8D57U * c2
        c0 = <uint32_t>(b >> 32) ^ c1 ^ k0
        c1 = <uint32_t>b
        c2 = <uint32_t>(a >> 32) ^ c3 ^ k1
        c3 = <uint32_t>a
        k0 += <uint32_t>0x9E3779B9U
        k1 += <uint32_t>0xBB67AE85U
    u[0] = (<double>(((<uint64_t>c0 << 32) | c1) >> 12) + 0.5) * 2.220446049250313e-16
    v[0] = (<double>(((<uint64_t>c2 << 32) | c3) >> 12) + 0.5) * 2.220446049250313e-16
