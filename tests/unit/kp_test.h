/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every unit test includes: cmocka with the headers it wants first, and kp_skip(), a skip that
 * says its reason (the harness fails a skip that gives none).
 */
#ifndef KP_TEST_H
#define KP_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define kp_skip(...)                    \
	do {                            \
		printf("# skip: ");     \
		printf(__VA_ARGS__);    \
		printf("\n");           \
		fflush(stdout);         \
		skip();                 \
	} while (0)

#endif
