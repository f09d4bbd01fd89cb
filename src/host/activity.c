// SPDX-License-Identifier: GPL-2.0-only
/*
 * activity.c - what each CPU did since boot: time busy, idle and in guests from /proc/stat, NMIs
 * and PMU interrupts from /proc/interrupts.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"

/* USER_HZ, which is 100 on all architectures that run KVM (include/asm-generic/param.h) */
#define NS_PER_TICK (KP_NSEC_PER_SEC / 100)

/* Columns of a cpu line, Documentation/filesystems/proc.rst, 1.7 */
enum { USER, NICE, SYSTEM, IDLE, IOWAIT, IRQ, SOFTIRQ, STEAL, GUEST, GUEST_NICE, COLUMNS };

static const char *next_line(const char *line)
{
	const char *nl = strchr(line, '\n');

	return nl ? nl + 1 : NULL;
}

static struct kp_host_cpu_activity *cpu_add(struct kp_host_activity *act, uint32_t cpu)
{
	struct kp_host_cpu_activity *at;
	size_t i;

	for (i = 0; i < act->nr_cpus; i++)
		if (act->cpus[i].cpu == cpu)
			return &act->cpus[i];
	at = realloc(act->cpus, (act->nr_cpus + 1) * sizeof(*at));
	if (!at)
		return NULL;
	act->cpus = at;
	at += act->nr_cpus++;
	*at = (struct kp_host_cpu_activity){ .cpu = cpu };
	return at;
}

/*
 * "cpu3 12 0 34 ...": user includes guest, nice includes guest_nice. Old kernels have less columns.
 */
static int stat_line(struct kp_host_activity *act, const char *line)
{
	uint64_t t[COLUMNS] = { 0 }, sum = 0;
	struct kp_host_cpu_activity *c;
	char *end;
	unsigned long cpu = strtoul(line + 3, &end, 10);
	unsigned int i;

	if (end == line + 3 || cpu >= KP_CPUS_MAX)
		return 0;
	for (i = 0; i < COLUMNS; i++) {
		t[i] = strtoull(end, &end, 10);
		sum += i < GUEST && i != IDLE && i != IOWAIT ? t[i] : 0;
	}
	c = cpu_add(act, (uint32_t)cpu);
	if (!c)
		return -ENOMEM;
	c->has_times = true;
	c->busy_ns = sum * NS_PER_TICK;
	c->idle_ns = (t[IDLE] + t[IOWAIT]) * NS_PER_TICK;
	c->guest_ns = (t[GUEST] + t[GUEST_NICE]) * NS_PER_TICK;
	return 0;
}

static int read_stat(const struct kp_sysroot *root, struct kp_host_activity *act)
{
	const char *line;
	char *text;
	size_t size;
	int err = 0;

	if (kp_sysroot_read(root, &text, &size, "/proc/stat"))
		return 0;
	for (line = text; line && *line && !err; line = next_line(line))
		if (!strncmp(line, "cpu", 3) && line[3] >= '0' && line[3] <= '9')
			err = stat_line(act, line);
	free(text);
	return err;
}

/* The columns of /proc/interrupts are the CPUs of its first line. */
struct columns {
	uint32_t cpu[KP_CPUS_MAX];
	size_t nr;
};

static void read_header(const char *line, struct columns *cols)
{
	const char *p = line, *end = line + strcspn(line, "\n");
	char *after;

	cols->nr = 0;
	while ((p = strstr(p, "CPU")) && p < end && cols->nr < KP_CPUS_MAX) {
		cols->cpu[cols->nr++] = (uint32_t)strtoul(p + 3, &after, 10);
		p = after;
	}
}

/* Adds the numbers of a line to the member at @offset. */
static int add_line(struct kp_host_activity *act, const struct columns *cols, const char *line,
		    size_t offset)
{
	const char *p = strchr(line, ':') + 1;
	struct kp_host_cpu_activity *c;
	uint64_t n;
	char *end;
	size_t i;

	for (i = 0; i < cols->nr; i++, p = end) {
		n = strtoull(p, &end, 10);
		if (end == p || cols->cpu[i] >= KP_CPUS_MAX)
			break;
		c = cpu_add(act, cols->cpu[i]);
		if (!c)
			return -ENOMEM;
		*(uint64_t *)((char *)c + offset) += n;
	}
	return 0;
}

/* arm64 has a line for each PMU's interrupt: "... arm-pmu", "... armv8-pmu", "arm-pmu-v3". */
static bool is_pmu_driver(const char *line)
{
	size_t len = strcspn(line, "\n");
	const char *p = memmem(line, len, "pmu", 3), *arm = memmem(line, len, "arm", 3);

	return p && arm;
}

static int interrupts_line(struct kp_host_activity *act, const struct columns *cols,
			   const char *line)
{
	const char *name = line + strspn(line, " ");

	if (!memchr(line, ':', strcspn(line, "\n")))
		return 0;
	if (!strncmp(name, "NMI:", 4)) {
		act->has_nmis = true;
		return add_line(act, cols, line, offsetof(struct kp_host_cpu_activity, nmis));
	}
	if (!strncmp(name, "VPMI:", 5)) {
		act->has_vpmis = true;
		return add_line(act, cols, line, offsetof(struct kp_host_cpu_activity, vpmis));
	}
	if (!strncmp(name, "PMI:", 4) || is_pmu_driver(line)) {
		act->has_pmis = true;
		return add_line(act, cols, line, offsetof(struct kp_host_cpu_activity, pmis));
	}
	return 0;
}

static int read_interrupts(const struct kp_sysroot *root, struct kp_host_activity *act)
{
	struct columns *cols;
	const char *line;
	char *text;
	size_t size;
	int err = 0;

	if (kp_sysroot_read(root, &text, &size, "/proc/interrupts"))
		return 0;
	cols = malloc(sizeof(*cols));
	if (cols) {
		read_header(text, cols);
		for (line = next_line(text); line && *line && !err; line = next_line(line))
			err = interrupts_line(act, cols, line);
	}
	free(text);
	free(cols);
	return cols ? err : -ENOMEM;
}

int kp_host_activity_read(const struct kp_sysroot *root, struct kp_host_activity *act)
{
	int err;

	act->nr_cpus = 0;
	act->has_nmis = act->has_pmis = act->has_vpmis = false;
	err = read_stat(root, act);
	return err ? err : read_interrupts(root, act);
}

void kp_host_activity_free(struct kp_host_activity *act)
{
	free(act->cpus);
	*act = (struct kp_host_activity){ 0 };
}
