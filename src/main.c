/* SPDX-License-Identifier: GPL-2.0-only */
/* Placeholder: prints the version. */
#include <stdio.h>

#include "config.h"

int main(void)
{
	printf("kvmpmu %s\n", KP_VERSION);
	return 0;
}
