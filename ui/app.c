// SPDX-License-Identifier: GPL-2.0-only
/*
 * app.c - screens are to come: says so.
 */
#include <stdio.h>

#include "ui.h"

int kp_ui_check(char *text, size_t size)
{
	snprintf(text, size, "there are no screens yet");
	return -EOPNOTSUPP;
}

int kp_ui_run(const struct kp_ui_opts *opts)
{
	return -EOPNOTSUPP;
}
