// SPDX-License-Identifier: GPL-2.0-only
/*
 * command_rules.c - why a command that ran under watch failed: what it said, put together with who
 * held the counters and what the kernel logged. Pure.
 */
#include "doctor/rule.h"

#include <stdio.h>
#include <string.h>

/*
 * How perf, QEMU, kvmtool, Firecracker, cloud-hypervisor, crosvm and kvmpmu say it: strerror(),
 * Rust's "os error N", and perf's own texts (evsel__open_strerror() in tools/perf/util/evsel.c).
 */
#define SAYS_EOPNOTSUPP                                                                       \
	"Operation not supported\nos error 95\n<not supported>\n"                             \
	"PMU Hardware doesn't support\nNo hardware sampling interrupt\n"                      \
	"beside which nothing may count guests\nPMU Hardware or event type doesn't support\n" \
	"Unsupported event ("
#define SAYS_EBUSY                                              \
	"Device or resource busy\nos error 16\nResource busy\n" \
	"counters are busy and in use by another process"
#define SAYS_EACCES                                               \
	"perf_event_paranoid\nAccess to performance monitoring\n" \
	"No permission to enable\n"
#define SAYS_ENTRY  "KVM_EXIT_FAIL_ENTRY\nentry failed, hardware error\nexit reason 9"
#define SAYS_ENOENT "event is not supported\nno PMU that counts it"

/* Start and length of the first line of @text that has one of @words; NULL none. */
static const char *find_line(const char *text, const char *words, size_t *len)
{
	char word[96];
	const char *hit;
	size_t n;

	for (; *words; words += n + (words[n] == '\n')) {
		n = strcspn(words, "\n");
		snprintf(word, sizeof(word), "%.*s", (int)n, words);
		hit = *word ? strstr(text, word) : NULL;
		if (!hit)
			continue;
		while (hit > text && hit[-1] != '\n')
			hit--;
		hit += strspn(hit, " \t");
		*len = strcspn(hit, "\n");
		return hit;
	}
	return NULL;
}

/* Has the command said it? Then its line is evidence. */
static bool said(struct kp_exam *x)
{
	const struct kp_doctor_command *cmd = x->c->command;
	const char *line;
	size_t len;

	line = cmd && cmd->output ? find_line(cmd->output, x->rule->words, &len) : NULL;
	if (!line)
		return false;
	kp_exam_add(x, "command", 0, 0, "%s (exit status %d): %.*s", cmd->name, cmd->status,
		    (int)kp_min_u64(len, 300), line);
	return true;
}

static bool would_say(const struct kp_case *c, const char *words)
{
	size_t len;

	return c->command && c->command->output && find_line(c->command->output, words, &len);
}

static bool has_mediated_vms(const struct kp_case *c, const struct kp_owners *owners)
{
	size_t i;

	if (!owners)
		return false;
	for (i = 0; i < owners->nr_vms; i++)
		if (kp_vm_may_be_mediated(c, owners, &owners->vms[i]) != KP_TRI_NO)
			return true;
	return owners->nr_mediated_vms > 0;
}

static const struct kp_owners *with_mediated_vms(const struct kp_case *c)
{
	if (has_mediated_vms(c, c->owners))
		return c->owners;
	return has_mediated_vms(c, c->before) ? c->before : NULL;
}

static void look_beside_vm(struct kp_exam *x)
{
	const struct kp_owners *owners = with_mediated_vms(x->c);

	if (owners && said(x))
		kp_exam_add_mediated_vms(x, owners);
}

static void look_unsupported(struct kp_exam *x)
{
	if (with_mediated_vms(x->c) || !said(x))
		return;
	if (x->c->host->nr_pmus && !kp_case_core_pmu(x->c)) {
		kp_exam_cause(x, "This host has no PMU of its CPU cores: the kernel offers no "
				 "hardware events.");
		kp_exam_fix(x, "use events of software ('perf stat -e cpu-clock')");
	}
}

static bool kernel_refused(const struct kp_case *c, const char **text)
{
	const struct kp_host_message *m =
		c->command && c->command->messages
			? kp_host_messages_find(c->command->messages, 0,
						"Failed to enable mediated vPMU")
			: NULL;

	*text = m ? m->text : NULL;
	return m;
}

static bool has_blockers(const struct kp_owners *owners)
{
	size_t i;

	if (!owners)
		return false;
	for (i = 0; i < owners->nr_events; i++)
		if (owners->events[i].blocks == KP_TRI_YES)
			return true;
	return owners->nr_include_guest > 0;
}

/* Can what the command said be about a mediated VM? */
static bool busy_for_vm(const struct kp_case *c)
{
	const char *text;

	return kernel_refused(c, &text) ||
	       (kp_case_mediated(c) && (has_blockers(c->before) || has_blockers(c->owners)));
}

static void look_busy_vm(struct kp_exam *x)
{
	const struct kp_owners *owners = x->c->before;
	const char *text;
	bool logged = kernel_refused(x->c, &text);

	/* the kernel's own word is enough; some programs do not say why they failed */
	if (!busy_for_vm(x->c) || (!said(x) && !logged))
		return;
	if (logged)
		kp_exam_add(x, "message", 0, 0, "%s", text);
	if (!has_blockers(owners))
		owners = x->c->owners;
	kp_exam_add_blockers(x, owners);
	if (owners && kp_only_watchdog(owners))
		kp_exam_fix(x, "sysctl kernel.nmi_watchdog=0, then start it again");
	else if ((!owners || !has_blockers(owners)) && x->c->host->nmi_watchdog == KP_TRI_YES)
		kp_exam_add(x, "setting", 0, 0,
			    "kernel.nmi_watchdog is 1: its events may be the ones");
}

static void look_busy(struct kp_exam *x)
{
	if (!busy_for_vm(x->c))
		said(x);
}

static void look_no_event(struct kp_exam *x)
{
	if (!would_say(x->c, SAYS_EOPNOTSUPP))
		said(x);
}

static void look_paranoid(struct kp_exam *x)
{
	if (said(x) && x->c->host->paranoid > 0)
		kp_exam_add(x, "setting", 0, 0, "kernel.perf_event_paranoid is %d",
			    x->c->host->paranoid);
}

static void look_entry(struct kp_exam *x)
{
	const struct kp_host *h = x->c->host;
	size_t i;

	if (!said(x))
		return;
	if (!kp_case_is_arm64(x->c) || kp_case_nr_core_pmus(x->c) < 2) {
		kp_exam_title(x, "KVM could not enter the guest");
		kp_exam_cause(x, "KVM_EXIT_FAIL_ENTRY: the hardware, or KVM for it, refused the "
				 "vCPU's state; this has to do with the PMU on heterogeneous arm64 "
				 "hosts alone.");
		kp_exam_fix(x, "look for the reason in the kernel's log ('dmesg')");
		return;
	}
	for (i = 0; i < h->nr_pmus; i++)
		if (h->pmus[i].core)
			kp_exam_add(x, "pmu", 0, 0, "PMU %s on CPUs %s", h->pmus[i].name,
				    h->pmus[i].cpus ? h->pmus[i].cpus : "-");
}

/* A word of perf's table such as "cycles:uH" whose like is not in the command line. */
static bool fell_back(const struct kp_doctor_command *cmd, char *word, size_t size)
{
	const char *p = cmd->output, *colon;
	size_t len, mods;

	for (; *p; p += len) {
		p += strspn(p, " \t\n");
		len = strcspn(p, " \t\n");
		colon = memchr(p, ':', len);
		mods = colon ? strspn(colon + 1, "ukhpPSDWe") : 0;
		if (!colon || colon[1 + mods] != 'H' || colon + 2 + mods != p + len)
			continue;
		snprintf(word, size, "%.*s", (int)len, p);
		if (!strstr(cmd->line, word))
			return true;
	}
	return false;
}

static void look_fallback(struct kp_exam *x)
{
	const struct kp_doctor_command *cmd = x->c->command;
	const struct kp_owners *owners = with_mediated_vms(x->c);
	char word[64];

	if (!cmd || !cmd->output || !cmd->line || !owners || strcmp(cmd->name, "perf") ||
	    !fell_back(cmd, word, sizeof(word)))
		return;
	kp_exam_add(x, "command", 0, 0, "perf counted %s, which the command line does not ask for",
		    word);
	kp_exam_add_mediated_vms(x, owners);
}

/* As shells have it; 255 is how perf and others say that they failed. */
static bool is_signal(int status)
{
	return status > 128 && status <= 128 + 64;
}

static void look_failed(struct kp_exam *x)
{
	const struct kp_doctor_command *cmd = x->c->command;
	const struct kp_rule *rule;
	const char *text;

	if (!cmd || !cmd->status || kernel_refused(x->c, &text))
		return;
	for (rule = kp_rules_command; rule->id; rule++)
		if (rule->words && would_say(x->c, rule->words))
			return;
	kp_exam_add(x, "command", 0, 0, "%s ended with exit status %d%s", cmd->name, cmd->status,
		    is_signal(cmd->status) ? ", ended by a signal" : "");
}

const struct kp_rule kp_rules_command[] = {
	{ .id = "command-refused-beside-vm",
	  .severity = KP_PROBLEM,
	  .title = "The command's event was refused: a mediated VM has the counters",
	  .cause = "While a VM with a mediated vPMU exists, no event on the core PMU opens that "
		   "counts guests too (EOPNOTSUPP). An event counts guests unless it says "
		   "otherwise.",
	  .fix = "count the host alone, with ':H' behind the event ('-e cycles:H'), or end the VM",
	  .look = look_beside_vm,
	  .words = SAYS_EOPNOTSUPP },
	{ .id = "command-vm-refused",
	  .severity = KP_PROBLEM,
	  .title = "The command's VM was refused: an open event counts guests",
	  .cause = "While an event on the core PMU counts guests, enabled or not, the first vCPU "
		   "of a mediated VM cannot be made: KVM_CREATE_VCPU fails with EBUSY.",
	  .fix = "stop the processes named here, or have them count with ':H', then start it "
		 "again",
	  .look = look_busy_vm,
	  .words = SAYS_EBUSY },
	{ .id = "command-unsupported",
	  .severity = KP_PROBLEM,
	  .title = "The command's event is not supported here",
	  .cause = "No mediated VM is in the way: the PMU itself cannot count this event, or not "
		   "with these settings (sampling, branch stack, precise).",
	  .fix = "leave out modifiers and options, or name another event ('perf list')",
	  .look = look_unsupported,
	  .words = SAYS_EOPNOTSUPP },
	{ .id = "command-no-event",
	  .severity = KP_PROBLEM,
	  .title = "The command's event does not exist here",
	  .cause = "The kernel has no PMU that counts it (ENOENT).",
	  .fix = "name an event that this machine has ('perf list'), such as cpu-clock",
	  .look = look_no_event,
	  .words = SAYS_ENOENT },
	{ .id = "command-busy",
	  .severity = KP_PROBLEM,
	  .title = "The command found something busy, not for a mediated vPMU",
	  .cause = "EBUSY, but no open event counts guests here and KVM refused no mediated VM.",
	  .fix = "see what its message names: another hypervisor, a device, or a PMU in exclusive "
		 "use",
	  .look = look_busy,
	  .words = SAYS_EBUSY },
	{ .id = "command-not-permitted",
	  .severity = KP_PROBLEM,
	  .title = "The command may not open its event",
	  .cause = "Without CAP_PERFMON, kernel.perf_event_paranoid decides what may be counted.",
	  .fix = "run it as root or with CAP_PERFMON",
	  .look = look_paranoid,
	  .words = SAYS_EACCES },
	{ .id = "command-entry-failed",
	  .severity = KP_PROBLEM,
	  .title = "KVM did not enter the guest on this CPU: its PMU is another CPU's",
	  .cause = "The VMM chose a physical PMU (SET_PMU); on CPUs that it does not cover KVM "
		   "returns KVM_EXIT_FAIL_ENTRY.",
	  .fix = "run the VM on the CPUs of its PMU ('taskset -c CPUS'), or choose the other PMU",
	  .look = look_entry,
	  .words = SAYS_ENTRY },
	{ .id = "command-fell-back",
	  .severity = KP_WARNING,
	  .title = "perf counts the host alone, and was not asked to",
	  .cause = "Its event was refused beside a mediated VM (EOPNOTSUPP); perf then added ':H' "
		   "by itself and went on.",
	  .fix = "write ':H' where that is meant; guests are counted inside them",
	  .look = look_fallback },
	{ .id = "command-failed",
	  .severity = KP_WARNING,
	  .title = "The command failed, and nothing shows that the PMU is why",
	  .cause = "Nothing that it said, and nothing that the kernel logged meanwhile, is about "
		   "the PMU or KVM.",
	  .fix = "read what it said",
	  .look = look_failed },
	{ 0 },
};
