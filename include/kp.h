/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kp.h - what every layer of kvmpmu shares: exit codes, limits and small helpers. Includes only the
 * C library; everything else in include/ may include it.
 */
#ifndef KP_H
#define KP_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * enum kp_exit - the process exit status. Only main() and src/cmd choose one.
 * @KP_EXIT_OK: did what was asked
 * @KP_EXIT_FAILED: tried and failed (bad input file, I/O error, workload could not start)
 * @KP_EXIT_USAGE: the command line makes no sense; nothing was tried
 * @KP_EXIT_NOT_PERMITTED: the kernel refused for lack of rights (EPERM, EACCES)
 * @KP_EXIT_NOT_SUPPORTED: this kernel or machine cannot do it (no /dev/kvm, no tracefs, no PMU)
 *
 * A command that runs a workload after "--" and succeeds itself exits with the workload's status
 * (128 + signal when it was killed), as perf does.
 */
enum kp_exit {
	KP_EXIT_OK = 0,
	KP_EXIT_FAILED = 1,
	KP_EXIT_USAGE = 2,
	KP_EXIT_NOT_PERMITTED = 3,
	KP_EXIT_NOT_SUPPORTED = 4,
};

/** KP_NSEC_PER_SEC - nanoseconds in one second; all times inside kvmpmu are in ns unless named. */
#define KP_NSEC_PER_SEC 1000000000ull

/** KP_CPUS_MAX - more than any Linux supports: what input says beyond is damaged, and no row's */
#define KP_CPUS_MAX 8192

#define KP_ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define KP_BIT(n)	 (1u << (n))
#define KP_BIT64(n)	 (1ull << (n))

#define kp_container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

#define KP_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define KP_LIKELY(x)	     __builtin_expect(!!(x), 1)
/** KP_INLINE - for code that is worth a copy of its own per constant argument */
#define KP_INLINE      inline __attribute__((always_inline))
#define KP_UNLIKELY(x) __builtin_expect(!!(x), 0)

static inline uint64_t kp_min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t kp_max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

#endif
