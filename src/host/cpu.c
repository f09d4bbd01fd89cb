// SPDX-License-Identifier: GPL-2.0-only
/*
 * cpu.c - machine, kernel, CPUs and memory as /proc and /sys tell them.
 */
#include "host/parts.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "lib/str.h"

/* The text behind "key :" in /proc/cpuinfo, first one that is there; 0 or -ENOENT. */
static int cpuinfo_get(const char *cpuinfo, const char *key, char *buf, size_t size)
{
	size_t len = strlen(key);
	const char *line, *p;

	for (line = cpuinfo; line && *line; line = strchr(line, '\n'), line += !!line) {
		if (strncmp(line, key, len))
			continue;
		p = line + len + strspn(line + len, " \t");
		if (*p != ':')
			continue;
		p += 1 + strspn(p + 1, " \t");
		snprintf(buf, size, "%.*s", (int)strcspn(p, "\n"), p);
		return 0;
	}
	return -ENOENT;
}

static int store(char **dst, const char *text)
{
	*dst = strdup(text);
	return *dst ? 0 : -ENOMEM;
}

static int count_cpu(void *ctx, uint64_t cpu)
{
	(void)cpu;
	++*(uint32_t *)ctx;
	return 0;
}

/*
 * /proc/sys/kernel/arch exists since 6.1; before that, a snapshot tells the machine only by the
 * words that its cpuinfo uses.
 */
static int read_machine(const struct kp_sysroot *root, const char *cpuinfo, struct kp_host *host)
{
	static const struct {
		const char *key, *value, *machine;
	} words[] = {
		{"CPU implementer", "",		 "aarch64"	   },
		       { "vendor_id",      "IBM/S390",  "s390x"	  },
		{ "address sizes",  "",	       "x86_64"	},
		       { "isa",		"rv64",	"riscv64"	  },
		{ "ISA",		 "loongarch", "loongarch64"},
		       { "cpu",		"POWER",	 "ppc64le"	   },
	};
	char buf[256];
	struct utsname uts;
	size_t i;

	if (!kp_sysroot_read_str(root, buf, sizeof(buf), "/proc/sys/kernel/arch"))
		return store(&host->machine, buf);
	if (kp_sysroot_live(root) && !uname(&uts))
		return store(&host->machine, uts.machine);
	for (i = 0; cpuinfo && i < KP_ARRAY_SIZE(words); i++)
		if (!cpuinfo_get(cpuinfo, words[i].key, buf, sizeof(buf)) &&
		    !strncmp(buf, words[i].value, strlen(words[i].value)))
			return store(&host->machine, words[i].machine);
	return 0;
}

/* As tools/perf/arch/<arch>/util/header.c makes HEADER_CPUID. */
static int read_cpuid(const struct kp_sysroot *root, const char *cpuinfo, struct kp_host *host)
{
	char vendor[64], family[16], model[16], stepping[16], buf[128];

	if (!kp_sysroot_read_str(root, buf, sizeof(buf),
				 "/sys/devices/system/cpu/cpu0/regs/identification/midr_el1"))
		return store(&host->cpuid, buf);
	if (!cpuinfo || cpuinfo_get(cpuinfo, "vendor_id", vendor, sizeof(vendor)) ||
	    cpuinfo_get(cpuinfo, "cpu family", family, sizeof(family)) ||
	    cpuinfo_get(cpuinfo, "model", model, sizeof(model)) ||
	    cpuinfo_get(cpuinfo, "stepping", stepping, sizeof(stepping)))
		return 0;
	snprintf(buf, sizeof(buf), "%s,%s,%s,%s", vendor, family, model, stepping);
	return store(&host->cpuid, buf);
}

static int read_cpudesc(const char *cpuinfo, struct kp_host *host)
{
	static const char *const keys[] = { "model name", "Model Name", "Hardware", "Processor",
					    "uarch",	  "cpu",	"vendor_id" };
	char buf[256];
	size_t i;

	for (i = 0; cpuinfo && i < KP_ARRAY_SIZE(keys); i++)
		if (!cpuinfo_get(cpuinfo, keys[i], buf, sizeof(buf)))
			return store(&host->cpudesc, buf);
	return 0;
}

static int read_cpu_lists(const struct kp_sysroot *root, struct kp_host *host)
{
	char *list;

	if (!kp_sysroot_read(root, &list, NULL, "/sys/devices/system/cpu/present")) {
		if (kp_str_list(list, INT_MAX, count_cpu, &host->nr_cpus_avail))
			host->nr_cpus_avail = 0;
		free(list);
	}
	if (kp_sysroot_read(root, &list, NULL, "/sys/devices/system/cpu/online"))
		return 0;
	if (kp_str_list(list, INT_MAX, count_cpu, &host->nr_cpus_online)) {
		host->nr_cpus_online = 0;
		free(list);
		return 0;
	}
	list[strcspn(list, "\n")] = '\0';
	host->online = list;
	return 0;
}

static void read_memory(const struct kp_sysroot *root, struct kp_host *host)
{
	char *text, kb[64];

	if (kp_sysroot_read(root, &text, NULL, "/proc/meminfo"))
		return;
	if (!cpuinfo_get(text, "MemTotal", kb, sizeof(kb))) {
		kb[strcspn(kb, " ")] = '\0';
		if (kp_str_u64(kb, &host->total_mem_kb))
			host->total_mem_kb = 0;
	}
	free(text);
}

/*
 * -EACCES on the files below it does not hide the mount: /proc/mounts is for everyone. The last
 * mount of a kind that sits where distributions put it wins over debugfs' automatic one.
 */
static int read_tracefs(const struct kp_sysroot *root, struct kp_host *host)
{
	static const char *const dirs[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };
	char *text, *line, *save = NULL, *dir, *type;
	int err = 0;
	size_t i;

	if (!kp_sysroot_read(root, &text, NULL, "/proc/mounts") ||
	    !kp_sysroot_read(root, &text, NULL, "/proc/self/mounts")) {
		for (line = strtok_r(text, "\n", &save); line && !err && !host->tracefs;
		     line = strtok_r(NULL, "\n", &save)) {
			strsep(&line, " ");
			dir = strsep(&line, " ");
			type = strsep(&line, " ");
			if (type && !strcmp(type, "tracefs"))
				err = store(&host->tracefs, dir);
		}
		free(text);
		if (err || host->tracefs)
			return err;
	}
	for (i = 0; i < KP_ARRAY_SIZE(dirs); i++)
		if (kp_sysroot_exists(root, "%s/events", dirs[i]))
			return store(&host->tracefs, dirs[i]);
	return 0;
}

static void read_sysctls(const struct kp_sysroot *root, struct kp_host *host)
{
	char buf[32];
	int64_t v;

	if (!kp_sysroot_read_str(root, buf, sizeof(buf), "/proc/sys/kernel/perf_event_paranoid") &&
	    !kp_str_i64(buf, &v) && v >= -1000 && v <= 1000)
		host->paranoid = (int)v;
	if (kp_sysroot_read_u64(root, &host->max_sample_rate,
				"/proc/sys/kernel/perf_event_max_sample_rate"))
		host->max_sample_rate = 0;
	if (kp_sysroot_read_u64(root, &host->mlock_kb, "/proc/sys/kernel/perf_event_mlock_kb"))
		host->mlock_kb = 0;
	host->nmi_watchdog = kp_host_read_tri(root, "/proc/sys/kernel/nmi_watchdog");
}

int kp_host_read_cpu(const struct kp_sysroot *root, struct kp_host *host)
{
	char *cpuinfo = NULL, buf[256];
	int err = 0;

	if (kp_sysroot_read(root, &cpuinfo, NULL, "/proc/cpuinfo"))
		cpuinfo = NULL;
	if (!kp_sysroot_read_str(root, buf, sizeof(buf), "/proc/sys/kernel/osrelease"))
		err = store(&host->osrelease, buf);
	if (!err && !kp_sysroot_read_str(root, buf, sizeof(buf), "/proc/sys/kernel/hostname"))
		err = store(&host->hostname, buf);
	if (!err)
		err = read_machine(root, cpuinfo, host);
	if (!err)
		err = read_cpuid(root, cpuinfo, host);
	if (!err)
		err = read_cpudesc(cpuinfo, host);
	if (!err)
		err = read_cpu_lists(root, host);
	if (!err)
		err = read_tracefs(root, host);
	read_memory(root, host);
	read_sysctls(root, host);
	free(cpuinfo);
	return err;
}
