// SPDX-License-Identifier: GPL-2.0-only
/*
 * tuning.c - what measurements on this host depend on: kernel, microcode, frequency governor, SMT,
 * mitigations, idle states, KVM's parameters, load; and what of it makes them uncertain. Reads
 * through the sysroot only.
 */
#include "host/parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/str.h"
#include "lib/vec.h"

#define CPU "/sys/devices/system/cpu"

struct collector {
	const struct kp_sysroot *root;
	KP_VEC(struct kp_host_attr) set;
	KP_VEC(char *) warnings;
	const char *dir, *prefix;
	int err;
};

static void add(struct collector *c, const char *name, const char *value)
{
	struct kp_host_attr a = { strdup(name), strdup(value) };

	if (!c->err && a.name && a.value && !kp_vec_push(&c->set, a))
		return;
	c->err = -ENOMEM;
	free(a.name);
	free(a.value);
}

KP_PRINTF(2, 3)
static void warn(struct collector *c, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n >= 0 && !c->err && !kp_vec_push(&c->warnings, text))
		return;
	if (n >= 0)
		free(text);
	c->err = -ENOMEM;
}

/* A file's first line under a name; what cannot be read is left out. */
static bool add_file(struct collector *c, const char *name, const char *path, char *value,
		     size_t size)
{
	if (kp_sysroot_read_str(c->root, value, size, "%s", path) || !*kp_str_trim(value))
		return false;
	add(c, name, kp_str_trim(value));
	return true;
}

static int add_entry(void *ctx, const char *file)
{
	struct collector *c = ctx;
	char name[128], path[256], value[512];

	snprintf(name, sizeof(name), "%s.%s", c->prefix, file);
	snprintf(path, sizeof(path), "%s/%s", c->dir, file);
	add_file(c, name, path, value, sizeof(value));
	return 0;
}

/* Every file of a folder: PREFIX.FILE. A folder that is not there has none. */
static void add_dir(struct collector *c, const char *prefix, const char *dir)
{
	c->prefix = prefix;
	c->dir = dir;
	kp_sysroot_list(c->root, dir, add_entry, c);
}

static void read_files(struct collector *c)
{
	static const struct {
		const char *name, *path;
	} rows[] = {
		{ "turbo.no_turbo", CPU "/intel_pstate/no_turbo" },
		{ "turbo.boost", CPU "/cpufreq/boost" },
		{ "scaling_driver", CPU "/cpu0/cpufreq/scaling_driver" },
		{ "cpuidle.driver", CPU "/cpuidle/current_driver" },
		{ "cpuidle.governor", CPU "/cpuidle/current_governor" },
		{ "isolated", CPU "/isolated" },
		{ "nohz_full", CPU "/nohz_full" },
		{ "clocksource",
		  "/sys/devices/system/clocksource/clocksource0/current_clocksource" },
		{ "thp", "/sys/kernel/mm/transparent_hugepage/enabled" },
		{ "nmi_watchdog", "/proc/sys/kernel/nmi_watchdog" },
		{ "cmdline", "/proc/cmdline" },
		{ "version", "/proc/version" },
	};
	char value[1024];
	size_t i;

	for (i = 0; i < KP_ARRAY_SIZE(rows); i++)
		add_file(c, rows[i].name, rows[i].path, value, sizeof(value));
}

static void read_governor(struct collector *c)
{
	char value[64];

	if (add_file(c, "governor", CPU "/cpu0/cpufreq/scaling_governor", value, sizeof(value)) &&
	    strcmp(kp_str_trim(value), "performance"))
		warn(c,
		     "the frequency governor is %s: the clock follows the load (cpupower "
		     "frequency-set -g performance)",
		     kp_str_trim(value));
}

static void read_smt(struct collector *c)
{
	char value[32];

	add_file(c, "smt.control", CPU "/smt/control", value, sizeof(value));
	if (add_file(c, "smt.active", CPU "/smt/active", value, sizeof(value)) &&
	    !strcmp(value, "1"))
		warn(c, "SMT is on: what runs on a core's other thread slows a vCPU down");
}

static int add_state(void *ctx, const char *state)
{
	struct collector *c = ctx;
	char name[64], desc[64], off[8], path[160], label[96];

	snprintf(path, sizeof(path), CPU "/cpu0/cpuidle/%s", state);
	if (kp_sysroot_read_str(c->root, name, sizeof(name), "%s/name", path))
		return 0;
	if (kp_sysroot_read_str(c->root, desc, sizeof(desc), "%s/latency", path))
		desc[0] = '\0';
	if (kp_sysroot_read_str(c->root, off, sizeof(off), "%s/disable", path))
		off[0] = '\0';
	snprintf(label, sizeof(label), "cpuidle.%s", state);
	snprintf(path, sizeof(path), "%s, %s us%s", name, desc[0] ? desc : "?",
		 !strcmp(off, "1") ? ", disabled" : "");
	add(c, label, path);
	return 0;
}

static void read_load(struct collector *c, const struct kp_host *host)
{
	char value[128];
	double one;

	if (!add_file(c, "loadavg", "/proc/loadavg", value, sizeof(value)))
		return;
	one = strtod(value, NULL);
	if (one > 0.5 && one > 0.25 * host->nr_cpus_online)
		warn(c, "the machine is busy: load average %.2f on %u CPUs", one,
		     host->nr_cpus_online);
}

/* "microcode : 0xa201016" of the first CPU, and whether this host is a guest itself. */
static void read_cpuinfo(struct collector *c)
{
	static const char key[] = "\nmicrocode";
	char *text, *at, *flags;

	if (kp_sysroot_read(c->root, &text, NULL, "/proc/cpuinfo"))
		return;
	at = strstr(text, key);
	at = at ? at + strlen(key) + strspn(at + strlen(key), " \t") : NULL;
	flags = strstr(text, "\nflags");
	if (flags) {
		bool guest = strstr(flags, " hypervisor ") || strstr(flags, " hypervisor\n");

		add(c, "hypervisor", guest ? "yes" : "no");
		if (guest)
			warn(c, "this host is a virtual machine: other machines run on its CPUs");
	}
	if (at && *at == ':') {
		at += 1 + strspn(at + 1, " \t");
		at[strcspn(at, "\n")] = '\0';
		add(c, "microcode", at);
	}
	free(text);
}

static void read_all(struct collector *c, const struct kp_host *host)
{
	static const char *const modules[] = { "kvm", "kvm_intel", "kvm_amd" };
	char dir[64];
	size_t i;

	if (host->osrelease)
		add(c, "kernel", host->osrelease);
	if (host->cpudesc)
		add(c, "cpu", host->cpudesc);
	if (host->cpuid)
		add(c, "cpuid", host->cpuid);
	read_cpuinfo(c);
	read_governor(c);
	read_smt(c);
	read_load(c, host);
	read_files(c);
	kp_sysroot_list(c->root, CPU "/cpu0/cpuidle", add_state, c);
	for (i = 0; i < KP_ARRAY_SIZE(modules); i++) {
		snprintf(dir, sizeof(dir), "/sys/module/%s/parameters", modules[i]);
		add_dir(c, modules[i], dir);
	}
	add_dir(c, "mitigations", CPU "/vulnerabilities");
}

int kp_host_tuning_collect(const struct kp_sysroot *root, const struct kp_host *host,
			   struct kp_host_tuning **out)
{
	struct kp_host_tuning *t = calloc(1, sizeof(*t));
	struct collector c = { .root = root };

	*out = NULL;
	if (!t)
		return -ENOMEM;
	read_all(&c, host);
	t->set = (struct kp_host_attrs){ c.set.at, c.set.nr };
	t->warnings = c.warnings.at;
	t->nr_warnings = c.warnings.nr;
	if (c.err) {
		kp_host_tuning_free(t);
		return c.err;
	}
	*out = t;
	return 0;
}

void kp_host_tuning_free(struct kp_host_tuning *t)
{
	size_t i;

	if (!t)
		return;
	for (i = 0; i < t->set.nr; i++) {
		free(t->set.at[i].name);
		free(t->set.at[i].value);
	}
	for (i = 0; i < t->nr_warnings; i++)
		free(t->warnings[i]);
	free(t->set.at);
	free(t->warnings);
	free(t);
}
