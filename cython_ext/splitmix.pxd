# SplitMix64 (Steele, Lea, Flood, OOPSLA 2014) as a function of (key, counter): a stream of random numbers per key, with
# no state to carry or to share, at a fifth of the cost of Philox.
#
# All streams are parts of one sequence of length 2^64 in steps of GAMMA, which begin at hashed places. Among N streams
# of length L about N^2 L/2^64 pairs overlap: none for a million walkers, a dozen for 10^9, too few to show.
from libc.stdint cimport int64_t, uint64_t


cdef inline uint64_t _mix(uint64_t z) noexcept nogil:
    z = (z ^ (z >> 30)) * <uint64_t>0xBF58476D1CE4E5B9U
    z = (z ^ (z >> 27)) * <uint64_t>0x94D049BB133111EBU
    return z ^ (z >> 31)


cdef inline uint64_t stream_key(uint64_t seed, uint64_t stream) noexcept nogil:
    """Key of a stream: where it begins."""
    return _mix(seed + _mix(stream * <uint64_t>0x9E3779B97F4A7C15U + 1))


cdef inline double uniform(uint64_t key, uint64_t counter) noexcept nogil:
    """Uniform in (0, 1), 53 bits, a function of (key, counter) alone."""
    cdef uint64_t mixed = _mix(key + (counter + 1) * <uint64_t>0x9E3779B97F4A7C15U)
    return (<double><int64_t>(mixed >> 11) + 0.5) * 1.1102230246251565e-16
