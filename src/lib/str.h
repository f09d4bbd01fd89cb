/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * str.h - bounded parsing of what people and the kernel write: numbers, sizes, durations, lists.
 */
#ifndef KP_LIB_STR_H
#define KP_LIB_STR_H

#include "kp.h"

/** kp_str_u64 - whole string, decimal or 0x; 0, -EINVAL, -ERANGE */
int kp_str_u64(const char *s, uint64_t *out);

/** kp_str_i64 - whole string, with sign */
int kp_str_i64(const char *s, int64_t *out);

/** kp_str_size - bytes: "4096", "64k", "16M", "1G" (powers of 1024; B may follow) */
int kp_str_size(const char *s, uint64_t *out);

/** kp_str_count - "1000", "10k", "2M" (powers of 1000) */
int kp_str_count(const char *s, uint64_t *out);

/** kp_str_duration - ns: "2" (seconds), "1.5s", "300ms", "10us", "5ns", "2m", "1h" */
int kp_str_duration(const char *s, uint64_t *ns_out);

/**
 * kp_str_list - the kernel's list format, "0-3,8,10-11", as calls of @fn in order
 * Return: 0, -EINVAL (also a range backwards or above @max), or what @fn returned if not 0.
 */
int kp_str_list(const char *s, uint64_t max, int (*fn)(void *ctx, uint64_t n), void *ctx);

/** kp_str_glob - shell pattern (fnmatch without special cases) */
bool kp_str_glob(const char *pattern, const char *s);

/** kp_str_copy - strlcpy: always terminated; returns whether it fit */
bool kp_str_copy(char *dst, size_t size, const char *src);

/** kp_str_trim - cut white space at both ends, in place; returns the new start */
char *kp_str_trim(char *s);

/**
 * kp_str_ns - a duration for people, at most four significant digits: "812 ns", "1.234 us",
 * "56.78 ms", "2.500 s"; into @buf, returned
 */
const char *kp_str_ns(char *buf, size_t size, double ns);

#endif
