// SPDX-License-Identifier: GPL-2.0-only
/*
 * irq.c - numbers of the interrupts that CPU PMUs of arm and arm64 raise, from /proc/interrupts.
 * One for all CPUs where it is a PPI, one for each CPU where it is an SPI.
 */
#include "host/parts.h"

#include <stdlib.h>
#include <string.h>

#include "lib/vec.h"

/* drivers/perf/arm_pmu.c: armpmu_request_irq(); one action for each PMU: "arm-pmu, arm-pmu" */
static bool is_pmu(const char *line, size_t len)
{
	static const char name[] = "arm-pmu";
	const char *at = memmem(line, len, name, sizeof(name) - 1), *end;

	if (!at || !memchr(" \t", at[-1], 2))
		return false;
	end = at + sizeof(name) - 1;
	return end == line + len || *end == ',' || *end == ' ';
}

int kp_host_read_pmu_irqs(const struct kp_sysroot *root, struct kp_host *host)
{
	KP_VEC(uint32_t) irqs = { 0 };
	unsigned long irq;
	char *text, *line, *end;
	int err = 0;

	if (kp_sysroot_read(root, &text, NULL, "/proc/interrupts"))
		return 0;
	for (line = text; *line && !err; line += *line == '\n') {
		irq = strtoul(line, &end, 10);
		if (end != line && *end == ':' && irq <= INT32_MAX &&
		    is_pmu(end, strcspn(end, "\n")))
			err = kp_vec_push(&irqs, (uint32_t)irq);
		line += strcspn(line, "\n");
	}
	free(text);
	host->pmu_irqs = irqs.at;
	host->nr_pmu_irqs = irqs.nr;
	return err;
}
