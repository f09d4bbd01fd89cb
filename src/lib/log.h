/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * log.h - messages to stderr. The layer that knows the cause logs once; results never go here.
 */
#ifndef KP_LIB_LOG_H
#define KP_LIB_LOG_H

#include "kp.h"

enum kp_log_level { KP_LOG_ERR, KP_LOG_WARN, KP_LOG_INFO, KP_LOG_DEBUG };

/** kp_log_level - messages above it are dropped; KP_LOG_WARN unless -v or -q say otherwise */
extern enum kp_log_level kp_log_level;

/** kp_log - one line, "kvmpmu: " before it and a newline behind it */
void kp_log(enum kp_log_level level, const char *fmt, ...) KP_PRINTF(2, 3);

#define kp_err(...)   kp_log(KP_LOG_ERR, __VA_ARGS__)
#define kp_warn(...)  kp_log(KP_LOG_WARN, __VA_ARGS__)
#define kp_info(...)  kp_log(KP_LOG_INFO, __VA_ARGS__)
#define kp_debug(...) kp_log(KP_LOG_DEBUG, __VA_ARGS__)

#endif
