// SPDX-License-Identifier: GPL-2.0-only
/*
 * message_rules.c - findings in the kernel's log. A row is all that a message needs; the fragments
 * are from Linux 7.3. Pure.
 */
#include "doctor/rule.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SHOWN_MAX 3

static bool has_word(const char *words, const char *text)
{
	char word[96];
	size_t len;

	for (; *words; words += len + (words[len] == '\n')) {
		len = strcspn(words, "\n");
		snprintf(word, sizeof(word), "%.*s", (int)len, words);
		if (strstr(text, word))
			return true;
	}
	return false;
}

/* The last ones: the log may hold thousands. */
static void look(struct kp_exam *x)
{
	const struct kp_host_messages *m = x->c->messages;
	size_t i, nr = 0;

	for (i = 0; m && i < m->nr; i++)
		nr += has_word(x->rule->words, m->at[i].text);
	for (i = 0; nr && i < m->nr; i++) {
		if (!has_word(x->rule->words, m->at[i].text))
			continue;
		if (nr-- <= SHOWN_MAX)
			kp_exam_add(x, "message", 0, 0, "[%" PRIu64 ".%06" PRIu64 "] %s",
				    m->at[i].time_us / 1000000, m->at[i].time_us % 1000000,
				    m->at[i].text);
	}
}

const struct kp_rule kp_rules_message[] = {
	{ .id = "log-mediated-refused",
	  .severity = KP_WARNING,
	  .title = "KVM refused to make a mediated VM since boot",
	  .cause = "An event that counts guests was open at that time: one of perf, of a "
		   "monitoring agent, or the NMI watchdog's (arch/x86/kvm/x86.c, "
		   "kvm_arch_vcpu_precreate()). The kernel leaves out repetitions.",
	  .fix = "'kvmpmu doctor -- COMMAND' with the VM's command line names who holds it",
	  .look = look,
	  .words = "Failed to enable mediated vPMU" },
	{ .id = "log-guest-event-failed",
	  .severity = KP_PROBLEM,
	  .title = "KVM got no host event for a guest's counter: it counts nothing",
	  .cause = "The host's PMU refused the event that the guest programmed "
		   "(arch/arm64/kvm/pmu-emul.c). The kernel says so once since boot.",
	  .fix = "have the guest count an event that its physical PMU has",
	  .look = look,
	  .words = "pmu event creation failed" },
	{ .id = "log-guest-lbr-failed",
	  .severity = KP_PROBLEM,
	  .title = "A guest's LBR could not be passed through",
	  .cause = "Something on the host held the LBR when the guest wanted it "
		   "(arch/x86/kvm/vmx/pmu_intel.c).",
	  .fix = "do not record branches on the host ('perf record -b') beside such guests",
	  .look = look,
	  .words = "fail to passthrough LBR" },
	{ .id = "log-kernel-warning",
	  .severity = KP_PROBLEM,
	  .title = "The kernel warned about its own PMU code",
	  .cause = "A WARN in KVM's or perf's PMU code fired: state that should not be.",
	  .fix = "report the warning with its backtrace ('dmesg') to the kernel's developers",
	  .look = look,
	  .words = "arch/x86/kvm/pmu.c:\narch/x86/kvm/vmx/pmu_intel.c:\narch/x86/kvm/svm/pmu.c:\n"
		   "arch/x86/events/\narch/arm64/kvm/pmu\nkernel/events/core.c:" },
	{ .id = "log-bios-counters",
	  .severity = KP_WARNING,
	  .title = "The firmware uses counters of the PMU",
	  .cause = "A counter was enabled before Linux came; firmware that monitors goes on using "
		   "it, and counts of the kernel may be wrong.",
	  .fix = "switch the firmware's monitoring of processor performance off in its setup",
	  .look = look,
	  .words = "hw-PMU resources\nBroken BIOS detected" },
	{ .id = "log-pmu-unusable",
	  .severity = KP_NOTE,
	  .title = "The kernel found no usable PMU at boot",
	  .cause = "Its test of the counters failed or it has no driver for this CPU; in a VM that "
		   "is so when the VMM offers no PMU.",
	  .fix = "give the VM a PMU, or boot a kernel that knows this CPU",
	  .look = look,
	  .words = "software events only" },
	{ .id = "log-no-sampling",
	  .severity = KP_WARNING,
	  .title = "Counters can count but not sample",
	  .cause = "Without a local APIC there is no interrupt on overflow.",
	  .fix = "boot with 'lapic'",
	  .look = look,
	  .words = "no hardware sampling interrupt available" },
	{ .id = "log-unknown-nmi",
	  .severity = KP_WARNING,
	  .title = "An NMI came that nobody claimed",
	  .cause = "A late PMI of a counter that was just switched off is one source.",
	  .fix = "see whether it goes with PMU use ('kvmpmu record -e nmi:nmi_handler'), else "
		 "suspect the hardware",
	  .look = look,
	  .words = "uhhuh. NMI received\nDazed and confused" },
	{ .id = "log-sampling-throttled",
	  .severity = KP_NOTE,
	  .title = "The kernel lowered the sample rate",
	  .cause = "PMU interrupts took more CPU time than kernel.perf_cpu_time_max_percent "
		   "allows; on a virtual or heavily loaded host that happens easily.",
	  .fix = "sample less often ('perf record -F 99')",
	  .look = look,
	  .words = "perf: interrupt took too long" },
	{ .id = "log-throttling-off",
	  .severity = KP_WARNING,
	  .title = "Throttling of PMU interrupts is switched off",
	  .cause = "kernel.perf_cpu_time_max_percent was set to 0 or 100: samples may take all "
		   "time.",
	  .fix = "sysctl kernel.perf_cpu_time_max_percent=25",
	  .look = look,
	  .words = "Dynamic interrupt throttling disabled" },
	{ 0 },
};
