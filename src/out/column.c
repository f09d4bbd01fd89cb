// SPDX-License-Identifier: GPL-2.0-only
/*
 * column.c - the one table of columns. Keys are API: they are added, never changed.
 */
#include "column.h"

#define COUNT KP_UNIT_COUNT, KP_VAL_U64, false
#define NUM   KP_UNIT_NONE, KP_VAL_U64, false
#define NS    KP_UNIT_NS, KP_VAL_U64, false
#define PCT   KP_UNIT_PERCENT, KP_VAL_F64, false
#define RATE  KP_UNIT_PER_SEC, KP_VAL_F64, false
#define TEXT  KP_UNIT_NONE, KP_VAL_STR, true

/* clang-format off: one row a column */
const struct kp_column kp_columns[] = {
	[KP_COL_VM] = { "vm", "VM", "process id of the VM", NUM },
	[KP_COL_VM_NAME] = { "vm_name", "Name", "command name of the VM's process", TEXT },
	[KP_COL_VCPU] = { "vcpu", "vCPU", "number of the vCPU, as KVM counts", NUM },
	[KP_COL_TID] = { "tid", "Thread", "thread id of the vCPU", NUM },
	[KP_COL_CPU] = { "cpu", "CPU", "host CPU", NUM },
	[KP_COL_REASON] = { "reason", "Reason", "exit reason", TEXT },
	[KP_COL_REASON_CODE] = {
		"reason_code", "Code", "exit reason as KVM numbers it",
		KP_UNIT_NONE, KP_VAL_HEX, false },
	[KP_COL_COUNT] = { "count", "Count", "how often", COUNT },
	[KP_COL_COUNT_PCT] = { "count_pct", "Cnt%", "share of the counts of all rows", PCT },
	[KP_COL_TIME_PCT] = { "time_pct", "Time%", "share of the time of all rows", PCT },
	[KP_COL_TOTAL_NS] = { "total_ns", "Total", "sum of the durations", NS },
	[KP_COL_MIN_NS] = { "min_ns", "Min", "shortest duration", NS },
	[KP_COL_MEAN_NS] = { "mean_ns", "Mean", "mean duration", KP_UNIT_NS, KP_VAL_F64, false },
	[KP_COL_P50_NS] = { "p50_ns", "P50", "median duration, at most 1/32 off", NS },
	[KP_COL_P99_NS] = { "p99_ns", "P99", "99th percentile of durations, at most 1/32 off", NS },
	[KP_COL_P999_NS] = { "p999_ns", "P99.9", "99.9th percentile, at most 1/32 off", NS },
	[KP_COL_MAX_NS] = { "max_ns", "Max", "longest duration", NS },
	[KP_COL_STDERR_PCT] = {
		"stderr_pct", "+-%", "standard error of the mean in percent of the mean", PCT },
	[KP_COL_EXITS] = { "exits", "Exits", "exits from the guest (kvm_exit)", COUNT },
	[KP_COL_ENTRIES] = { "entries", "Entries", "entries into the guest (kvm_entry)", COUNT },
	[KP_COL_USER_EXITS] = {
		"user_exits", "To user", "returns to user space (kvm_userspace_exit)", COUNT },
	[KP_COL_GUEST_NS] = { "guest_ns", "Guest", "time in the guest, entry to exit", NS },
	[KP_COL_HOST_NS] = { "host_ns", "Host", "time out of the guest, exit to entry", NS },
	[KP_COL_GUEST_PCT] = {
		"guest_pct", "Guest%", "share of guest time in guest and host time", PCT },
	[KP_COL_EXITS_PER_SEC] = {
		"exits_per_sec", "Exits/s", "exits per second of the recording",
		KP_UNIT_PER_SEC, KP_VAL_F64, false },
	[KP_COL_MIGRATIONS] = {
		"migrations", "Migr", "moves to another CPU (sched_migrate_task)", COUNT },
	[KP_COL_ERRORS] = { "errors", "Errors", "how many of them returned an error", COUNT },
	[KP_COL_EVENT] = { "event", "Event", "perf event", TEXT },
	[KP_COL_SAMPLES] = { "samples", "Samples", "samples taken", COUNT },
	[KP_COL_PERIOD] = { "period", "Period", "events the samples stand for", COUNT },
	[KP_COL_PERIOD_PCT] = { "period_pct", "Share%", "share of the event's total period", PCT },
	[KP_COL_MODE] = {
		"mode", "Mode", "where the CPU was: host or guest, kernel or user", TEXT },
	[KP_COL_SYMBOL] = { "symbol", "Symbol", "function", TEXT },
	[KP_COL_MODULE] = { "module", "Module", "executable, library or kernel module", TEXT },
	[KP_COL_PATH] = { "path", "Path", "its file, as the recording has it", TEXT },
	[KP_COL_LOST] = { "lost", "Lost", "events the kernel dropped", COUNT },
	[KP_COL_LOST_SAMPLES] = {
		"lost_samples", "Lost samples", "samples the hardware or the kernel dropped",
		COUNT },
	[KP_COL_REGISTER] = { "register", "Register", "MSR or system register", TEXT },
	[KP_COL_REGISTER_CODE] = {
		"register_code", "Code", "its number", KP_UNIT_NONE, KP_VAL_HEX, false },
	[KP_COL_ACCESS] = { "access", "Access", "read or write", TEXT },
	[KP_COL_PMU] = {
		"pmu", "PMU", "whether the register belongs to the PMU",
		KP_UNIT_NONE, KP_VAL_BOOL, true },
	[KP_COL_FAULTS] = { "faults", "Faults", "how many of them faulted in the guest", COUNT },
	[KP_COL_VECTOR] = { "vector", "Vector", "interrupt vector or number", NUM },
	[KP_COL_INJECTED] = { "injected", "Injected", "injected into the guest", COUNT },
	[KP_COL_ACCEPTED] = { "accepted", "Accepted", "accepted by the guest's local APIC", COUNT },
	[KP_COL_ITERATIONS] = { "iterations", "Iterations", "rounds of the payload", COUNT },
	[KP_COL_ITER_RATE] = {
		"iterations_per_sec", "Iter/s", "iterations per second of the vCPU's run",
		KP_UNIT_PER_SEC, KP_VAL_F64, false },
	[KP_COL_ITER_NS] = {
		"iteration_ns", "Time/iter", "mean time of an iteration, by the host's clock",
		KP_UNIT_NS, KP_VAL_F64, false },
	[KP_COL_ITER_TICKS] = {
		"iteration_ticks", "Ticks/iter",
		"mean time of an iteration in ticks of the guest's clock (TSC, CNTVCT)",
		KP_UNIT_COUNT, KP_VAL_F64, false },
	[KP_COL_KVM_EXITS] = {
		"kvm_exits", "KVM exits", "exits to KVM, by its own statistic", COUNT },
	[KP_COL_IRQS] = { "irqs", "IRQs", "interrupts that the guest took", COUNT },
	[KP_COL_PMIS_LOST] = {
		"pmis_lost", "Lost", "overflows that no interrupt followed in time", COUNT },
	[KP_COL_RESULT] = {
		"result", "Result", "last value that the payload got (register, return value)",
		KP_UNIT_NONE, KP_VAL_HEX, false },
	[KP_COL_COUNTER] = {
		"counter", "Counter", "RDPMC index, or number of the counter on arm64",
		KP_UNIT_NONE, KP_VAL_HEX, false },
	[KP_COL_EVENT_CODE] = {
		"event_code", "Code", "event select and unit mask, or event number on arm64",
		KP_UNIT_NONE, KP_VAL_HEX, false },
	[KP_COL_READS] = { "reads", "Reads", "pairs of reads of the counter", COUNT },
	[KP_COL_READ_MEAN] = {
		"read_mean", "Mean", "mean difference of a pair of reads",
		KP_UNIT_COUNT, KP_VAL_F64, false },
	[KP_COL_READ_MIN] = { "read_min", "Min", "least difference of a pair of reads", COUNT },
	[KP_COL_READ_MAX] = { "read_max", "Max", "largest difference of a pair of reads", COUNT },
	[KP_COL_EXPECT_MIN] = {
		"expected_min", "Expected", "least that the code between the reads makes", COUNT },
	[KP_COL_EXPECT_MAX] = {
		"expected_max", "at most", "most that the code between the reads makes", COUNT },
	[KP_COL_ITEM] = { "item", "Item", "number of the thing decoded, from 1", NUM },
	[KP_COL_KIND] = { "kind", "Kind", "what was decoded: msr, sysreg, exit ...", TEXT },
	[KP_COL_INPUT] = { "input", "Input", "as it was given", TEXT },
	[KP_COL_ARCH] = { "arch", "Arch", "architecture whose tables were used", TEXT },
	[KP_COL_NAME] = { "name", "Name", "name in the vendor's manual or the kernel", TEXT },
	[KP_COL_NUMBER] = { "number", "Number", "its number", KP_UNIT_NONE, KP_VAL_HEX, false },
	[KP_COL_VALUE] = { "value", "Value", "its value", KP_UNIT_NONE, KP_VAL_HEX, false },
	[KP_COL_MEANING] = { "meaning", "Meaning", "what that means", TEXT },
	[KP_COL_MODEL] = { "model", "Model", "processor model", TEXT },
	[KP_COL_EVENT_PMU] = { "event_pmu", "PMU", "PMU that would count it", TEXT },
	[KP_COL_IMPLEMENTED] = {
		"implemented", "Has it", "whether that core implements the event",
		KP_UNIT_NONE, KP_VAL_BOOL, true },
	[KP_COL_SOURCE] = { "source", "From", "where the name is from", TEXT },
	[KP_COL_BITS] = { "bits", "Bits", "position in the register, high:low", KP_UNIT_NONE,
			  KP_VAL_STR, false },
	[KP_COL_FIELD] = { "field", "Field", "the manual's name of the field", TEXT },
	[KP_COL_RESERVED] = {
		"reserved", "Reserved", "a reserved bit that should not be as it is",
		KP_UNIT_NONE, KP_VAL_BOOL, true },
	[KP_COL_WHERE] = { "where", "Where", "mode that a counter may count in", TEXT },
	[KP_COL_COUNTS] = {
		"counts", "Counts", "whether the counter counts there", KP_UNIT_NONE, KP_VAL_BOOL,
		true },
	[KP_COL_NOTE] = { "note", "Note", "what stands out", TEXT },
	[KP_COL_COUNTER_NAME] = {
		"counter_name", "Counter", "PMC: general, FIXED: fixed, CCNT: cycle counter",
		TEXT },
	[KP_COL_SELECTOR] = {
		"selector", "Selector", "last event selector of the guest that was not zero",
		KP_UNIT_NONE, KP_VAL_HEX, false },
	[KP_COL_FILTERS] = {
		"filters", "In", "modes it counts in: u user, k kernel, G guests, H host", TEXT },
	[KP_COL_ENABLED] = {
		"enabled", "On", "whether its own enable bit is set", KP_UNIT_NONE, KP_VAL_BOOL,
		true },
	[KP_COL_GLOBAL] = {
		"global_enabled", "Global", "whether the global control lets it count",
		KP_UNIT_NONE, KP_VAL_BOOL, true },
	[KP_COL_SAMPLE_PERIOD] = {
		"sample_period", "Period", "events from its start value to the overflow", COUNT },
	[KP_COL_LAST_VALUE] = {
		"last_value", "Value", "value last written or read", KP_UNIT_NONE, KP_VAL_HEX,
		false },
	[KP_COL_SELECTOR_WRITES] = {
		"selector_writes", "Set", "intercepted writes of the selector", COUNT },
	[KP_COL_VALUE_WRITES] = {
		"value_writes", "Written", "intercepted writes of the counter", COUNT },
	[KP_COL_VALUE_READS] = {
		"value_reads", "Read", "intercepted reads of the counter", COUNT },
	[KP_COL_PHASE] = { "phase", "Phase", "part of the PMU context switch", TEXT },
	[KP_COL_SWITCHES] = { "switches", "Switches", "how often the phase was seen", COUNT },
	[KP_COL_PER_SWITCH] = {
		"per_switch", "Each", "accesses in one such phase, on average",
		KP_UNIT_COUNT, KP_VAL_F64, false },
	[KP_COL_WINDOWS] = {
		"windows", "Windows", "PMU contexts loaded for the guest, and put again",
		COUNT },
	[KP_COL_PER_WINDOW] = {
		"entries_per_window", "Each", "entries in one such window, on average",
		KP_UNIT_COUNT, KP_VAL_F64, false },
	[KP_COL_WINDOWS_L2] = {
		"windows_l2", "L2", "windows for a nested guest (L2)", COUNT },
	[KP_COL_ENTRIES_L2] = {
		"entries_l2", "L2 entries", "entries into a nested guest (L2)", COUNT },
	[KP_COL_EXITS_L2] = { "exits_l2", "L2", "exits from a nested guest (L2)", COUNT },
	[KP_COL_WRITES_MAX] = {
		"writes_max", "Writes",
		"register writes that the switches would do if none were elided", COUNT },
	[KP_COL_ELIDED] = {
		"elided", "Elided",
		"how many of them were not done, as the value was there already", COUNT },
	[KP_COL_SWITCH_NS] = {
		"switch_ns", "Switch",
		"time of PMU context switches, host events out to host events in", NS },
	[KP_COL_SWITCH_L2_NS] = {
		"switch_l2_ns", "L2 switch",
		"what of it lay before entries into a nested guest", NS },
	[KP_COL_OF_GUEST_PCT] = {
		"of_guest_pct", "Gst%", "the time in percent of the guest's own", PCT },
	[KP_COL_SWITCHED] = {
		"switched", "Paid",
		"exits before whose next entry the PMU context was switched", COUNT },
	[KP_COL_SWITCH_PCT] = {
		"switch_pct", "Switch%", "share of the switch in the handling's time", PCT },
	[KP_COL_HANDLING_NS] = {
		"handling_ns", "Handling",
		"time out of the guest, exit to entry, with the switch", NS },
	[KP_COL_HANDLING_MEAN_NS] = {
		"handling_mean_ns", "With", "mean time out of the guest, with the switch",
		KP_UNIT_NS, KP_VAL_F64, false },
	[KP_COL_PURE_NS] = {
		"pure_ns", "Pure", "time out of the guest, without the switch", NS },
	[KP_COL_PURE_MEAN_NS] = {
		"pure_mean_ns", "Pure", "mean time out of the guest, without the switch",
		KP_UNIT_NS, KP_VAL_F64, false },
	[KP_COL_PURE_P99_NS] = {
		"pure_p99_ns", "P99",
		"99th percentile of the time without the switch, at most 1/32 off", NS },
	[KP_COL_COST] = { "cost", "Cost", "exit: of an intercepted access; switch; all", TEXT },
	[KP_COL_COST_OF] = { "of", "Of", "register, or part of the switch", TEXT },
	[KP_COL_STRIP] = {
		"timeline", "From begin to end",
		"who has the counters, a character a slice", TEXT },
	[KP_COL_OWNED_GUEST_PCT] = {
		"owned_guest_pct", "Guest%", "share of the time in the guest", PCT },
	[KP_COL_OWNED_SWITCH_PCT] = {
		"owned_switch_pct", "Switch%", "share of the time in PMU context switches", PCT },
	[KP_COL_OWNED_HOST_PCT] = {
		"owned_host_pct", "Host%", "share of the time that is the host's", PCT },
	[KP_COL_FROM_NS] = { "from_ns", "From", "when it begins, in the recording's clock", NS },
	[KP_COL_LENGTH_NS] = { "length_ns", "Length", "how long it is", NS },
	[KP_COL_PMI_RAISED] = { "raised", "Raised", "PMIs raised for the guest", COUNT },
	[KP_COL_PMI_REQUESTED] = {
		"requested", "Requested",
		"PMIs that KVM was told of (kvm_handle_guest_mediated_pmi), where a probe tells",
		COUNT },
	[KP_COL_PMI_AS_NMI] = {
		"delivered_nmi", "NMI",
		"PMIs delivered to the guest as an NMI", COUNT },
	[KP_COL_PMI_AS_VECTOR] = {
		"delivered_vector", "Vector",
		"PMIs delivered to the guest as a vector", COUNT },
	[KP_COL_PMI_DELIVERED_PROBE] = {
		"delivered_probe", "Delivered",
		"PMIs delivered (kvm_pmu_deliver_pmi), where a probe tells", COUNT },
	[KP_COL_PMI_MASKED] = {
		"masked_pmis", "Masked",
		"PMIs that the guest's LVTPC masked", COUNT },
	[KP_COL_PMI_ENTERED] = {
		"entered", "Entered",
		"PMIs behind whose injection the guest was entered", COUNT },
	[KP_COL_PMI_MERGED] = {
		"merged", "Merged",
		"PMIs raised while another one was under way", COUNT },
	[KP_COL_PMI_UNSEEN] = {
		"unseen", "Unseen",
		"PMIs whose delivery is not in the recording", COUNT },
	[KP_COL_PMI_LATE] = {
		"late", "Late",
		"PMIs delivered only after the guest had run again", COUNT },
	[KP_COL_PMI_SPURIOUS] = { "spurious", "Spur", "PMIs without an overflow", COUNT },
	[KP_COL_TO_DELIVERY_NS] = {
		"to_delivery_mean_ns", "Deliver",
		"mean time from raise to delivery", KP_UNIT_NS, KP_VAL_F64, false },
	[KP_COL_TO_DELIVERY_MAX_NS] = {
		"to_delivery_max_ns", "Max",
		"longest time from raise to delivery", NS },
	[KP_COL_TO_INJECTION_NS] = {
		"to_injection_mean_ns", "Inject",
		"mean time from delivery to injection", KP_UNIT_NS, KP_VAL_F64, false },
	[KP_COL_TO_INJECTION_MAX_NS] = {
		"to_injection_max_ns", "Max",
		"longest time from delivery to injection", NS },
	[KP_COL_TO_ENTRY_NS] = {
		"to_entry_mean_ns", "Entry",
		"mean time from raise to the entry behind the injection",
		KP_UNIT_NS, KP_VAL_F64, false },
	[KP_COL_TO_ENTRY_MAX_NS] = {
		"to_entry_max_ns", "Max",
		"longest time from raise to the entry behind the injection", NS },
	[KP_COL_HANDLER] = { "handler", "Handler", "function that was called for the NMI", TEXT },
	[KP_COL_HANDLED] = { "handled", "Handled", "calls that found something to do", COUNT },
	[KP_COL_IN_WINDOW] = {
		"in_window", "In window",
		"calls while a guest's PMU context was loaded", COUNT },
	[KP_COL_SIDE] = { "side", "Side", "who wrote it: host or guest", TEXT },
	[KP_COL_VALUE_HEX] = {
		"written_value", "Value",
		"value that was written", KP_UNIT_NONE, KP_VAL_HEX, false },
	[KP_COL_DELIVERY] = {
		"delivery", "Delivery",
		"how PMIs are delivered: vector, NMI and so on", TEXT },
	[KP_COL_VECTOR_HEX] = {
		"vector_hex", "Vector",
		"interrupt vector, where one is used", KP_UNIT_NONE, KP_VAL_HEX, false },
	[KP_COL_MASKED] = {
		"masked", "Masked",
		"whether PMIs are masked", KP_UNIT_NONE, KP_VAL_BOOL, true },
	[KP_COL_FLAG] = { "flag", "What", "what is odd with the PMI", TEXT },
	[KP_COL_TIME_NS] = { "time_ns", "Time", "when, in the recording's clock", NS },
	[KP_COL_STATUS_HEX] = {
		"overflow_status", "Status",
		"overflow bits, or the NMI handler's address", KP_UNIT_NONE, KP_VAL_HEX, false },
	[KP_COL_WALL_PCT] = { "wall_pct", "Wall%", "share of the recording's time", PCT },
	[KP_COL_PMU_TYPE] = { "type", "Type", "the PMU's number in perf_event_attr.type", NUM },
	[KP_COL_CPUS] = { "cpus", "CPUs", "CPUs that it counts on", TEXT },
	[KP_COL_PMU_VERSION] = {
		"version", "Version", "of Intel's architectural or of AMD's PerfMon", NUM },
	[KP_COL_GENERAL] = { "general_counters", "General", "counters for any event", NUM },
	[KP_COL_FIXED] = { "fixed_counters", "Fixed", "counters of one event each", NUM },
	[KP_COL_WIDTH] = { "width_bits", "Bits", "width of the general counters", NUM },
	[KP_COL_HW_FILTERS] = {
		"hw_filters", "Filters",
		"what its counters tell apart: u user, k kernel, h hypervisor, G guests, H host",
		TEXT },
	[KP_COL_MEDIATED] = {
		"mediated", "Mediated", "whether KVM here can give it to guests mediated",
		KP_UNIT_NONE, KP_VAL_BOOL, true },
	[KP_COL_FORMATS] = { "formats", "Terms", "terms of its events, with their bits", TEXT },
	[KP_COL_CAPS] = { "caps", "Capabilities", "as its caps folder says", TEXT },
	[KP_COL_NEED] = { "need", "Id", "id of the requirement", TEXT },
	[KP_COL_NEED_TITLE] = { "title", "Requirement", "the requirement in words", TEXT },
	[KP_COL_MET] = {
		"met", "Met", "whether it is met", KP_UNIT_NONE, KP_VAL_BOOL, true },
	[KP_COL_WHY] = { "why", "Because", "what the answer was taken from", TEXT },
	[KP_COL_PARAMETER] = {
		"parameter", "Parameter", "module parameter, sysctl or kernel option", TEXT },
	[KP_COL_SETTING] = { "setting", "Value", "its value", TEXT },
	[KP_COL_GUEST_ACCESS] = {
		"guest_access", "Guest access",
		"direct: the guest reaches the hardware; intercepted: it leaves to KVM", TEXT },
	[KP_COL_CAPABILITY] = {
		"capability_value", "Value", "what KVM_CHECK_EXTENSION returns", NUM },
#include "column_ps.def"
	[KP_COL_FINDING] = { "finding", "Finding", "id of what was found", TEXT },
	[KP_COL_SEVERITY] = { "severity", "Severity", "problem, warning, note or missing", TEXT },
	[KP_COL_SUMMARY] = { "summary", "Summary", "the finding in one line", TEXT },
	[KP_COL_CAUSE] = { "cause", "Cause", "why it is so", TEXT },
	[KP_COL_FIX] = { "fix", "Fix", "what to do about it", TEXT },
	[KP_COL_EVIDENCE] = { "evidence", "Evidence", "a fact that the finding rests on", TEXT },
	[KP_COL_EVIDENCE_KIND] = {
		"evidence_kind", "Kind",
		"vm, vcpu, process, event, pmu, setting, kernel, message or command", TEXT },
	[KP_COL_PID] = { "pid", "PID", "process id", NUM },
	[KP_COL_WALL_GUEST_PCT] = {
		"wall_guest_pct", "Guest%", "share of wall time in the guest", PCT },
	[KP_COL_WALL_HOST_PCT] = {
		"wall_host_pct", "Host%",
		"share of wall time in the host: all but guest, switch and idle, or where idle "
		"time is unknown the handling of exits", PCT },
	[KP_COL_WALL_SWITCH_PCT] = {
		"wall_switch_pct", "Switch%", "share of wall time in PMU context switches", PCT },
	[KP_COL_WALL_OWNED_PCT] = {
		"wall_owned_pct", "Owned%",
		"share of wall time with a guest's own counters loaded: the host's events are off",
		PCT },
	[KP_COL_WALL_IDLE_PCT] = { "wall_idle_pct", "Idle%", "share of wall time idle", PCT },
	[KP_COL_NMI_RATE] = { "nmis_per_sec", "NMI/s", "NMIs of the host per second", RATE },
	[KP_COL_PMI_RATE] = {
		"pmis_per_sec", "PMI/s", "PMU interrupts of the host per second", RATE },
	[KP_COL_VPMI_RATE] = {
		"vpmis_per_sec", "VPMI/s",
		"PMU interrupts of guests that the host passes on, per second", RATE },
	[KP_COL_HISTORY] = {
		"history", "Last ticks", "what the CPU mostly did in each tick", TEXT },
	[KP_COL_VPMU_MODE] = {
		"vpmu_mode", "vPMU", "how the guest gets its PMU: mediated, emulated, none", TEXT },
	[KP_COL_BACKING_PMU] = {
		"backing_pmu", "Backing", "PMU of the host that the guest's counters come from",
		TEXT },
	[KP_COL_IPC] = {
		"ipc", "IPC", "guest instructions per cycle", KP_UNIT_NONE, KP_VAL_F64, false },
	[KP_COL_USER_EXIT_RATE] = {
		"user_exits_per_sec", "User/s", "returns to user space per second", RATE },
	[KP_COL_TOP_REASON] = { "top_reason", "Top exit", "most frequent exit reason", TEXT },
	[KP_COL_SWITCH_RATE] = {
		"switches_per_sec", "Switch/s", "PMU context switches per second", RATE },
	[KP_COL_SWITCH_MEAN_NS] = {
		"switch_mean_ns", "Sw mean", "mean cost of load and put together",
		KP_UNIT_NS, KP_VAL_F64, false },
	[KP_COL_SWITCH_P99_NS] = {
		"switch_p99_ns", "Sw P99",
		"99th percentile of load and put of a window together",
		NS },
	[KP_COL_PMU_TAX_PCT] = {
		"pmu_tax_pct", "Tax%",
		"share of wall time that PMU context switches of the vCPU took, with the host's "
		"events out and in", PCT },
	[KP_COL_GUEST_PMI_RATE] = {
		"guest_pmis_per_sec", "PMI/s", "PMU interrupts into the guest per second", RATE },
	[KP_COL_REG_EXIT_RATE] = {
		"register_exits_per_sec", "Reg/s",
		"exits for accesses to MSRs, system registers and RDPMC per second", RATE },
	[KP_COL_LATENCY] = {
		"latency", "Latency", "histogram of the durations on a logarithmic scale", TEXT },
	[KP_COL_INJECT_RATE] = {
		"injected_per_sec", "Inj/s", "injected into the guest per second", RATE },
	[KP_COL_ACCEPT_RATE] = {
		"accepted_per_sec", "Acc/s", "accepted by the guest's local APIC per second",
		RATE },
	[KP_COL_ABOUT] = { "about", "About", "what it is about", TEXT },
#include "column_bench.def"
	[KP_COL_STATE] = {
		"state", "State", "counted, not_counted (never on the PMU) or not_supported",
		TEXT },
	[KP_COL_HOST_COUNT] = { "host_count", "Host", "events of the host", COUNT },
	[KP_COL_GUEST_COUNT] = { "guest_count", "Guest", "events of guests", COUNT },
	[KP_COL_TOTAL_COUNT] = { "total_count", "Total", "of both, where both are known", COUNT },
	[KP_COL_HOST_STDERR_PCT] = {
		"host_stderr_pct", "+-%", "standard error of the host's mean in percent of it",
		PCT },
	[KP_COL_GUEST_STDERR_PCT] = {
		"guest_stderr_pct", "+-%", "standard error of the guests' mean in percent of it",
		PCT },
	[KP_COL_RATE] = { "per_sec", "Per second", "count per second of wall time",
			  KP_UNIT_PER_SEC, KP_VAL_F64, false },
	[KP_COL_RUNNING_PCT] = {
		"running_pct", "Run%",
		"share of the time it could count in which it was on the PMU", PCT },
	[KP_COL_SCALED] = {
		"scaled", "Scaled",
		"whether the count is an estimate, because the event shared a counter",
		KP_UNIT_NONE, KP_VAL_BOOL, true },
	[KP_COL_ENABLED_NS] = {
		"enabled_ns", "Enabled", "time the event was enabled, without host-blind time",
		NS },
	[KP_COL_RUNNING_NS] = { "running_ns", "Running", "time the event counted", NS },
	[KP_COL_GUEST_ENABLED_NS] = {
		"guest_enabled_ns", "Enabled", "time the guests' event was enabled", NS },
	[KP_COL_GUEST_RUNNING_NS] = {
		"guest_running_ns", "Running", "time the guests' event counted", NS },
	[KP_COL_DERIVED] = { "metric", "Metric", "what is derived from the counts", TEXT },
	[KP_COL_HOST_VALUE] = {
		"host_value", "Host", "its value of the host", KP_UNIT_NONE, KP_VAL_F64, false },
	[KP_COL_GUEST_VALUE] = {
		"guest_value", "Guest", "its value of guests", KP_UNIT_NONE, KP_VAL_F64, false },
	[KP_COL_TOTAL_VALUE] = {
		"total_value", "Total", "its value of both", KP_UNIT_NONE, KP_VAL_F64, false },
	[KP_COL_CLOCK_NS] = {
		"clock_ns", "Time", "time watched: of a CPU all, of a thread what it ran", NS },
	[KP_COL_BLIND_NS] = {
		"blind_ns", "Host-blind",
		"time in which a mediated guest had the PMU and host events stood still", NS },
	[KP_COL_BLIND_PCT] = { "blind_pct", "Blind%", "its share of the time watched", PCT },
	[KP_COL_PLACE_NS] = { "place_ns", "Time", "time that ran on CPUs of the PMU", NS },
	[KP_COL_PLACE_PCT] = { "place_pct", "Time%", "its share of the thread's time", PCT },
	[KP_COL_HELD_BY] = {
		"held_by", "Now",
		"who has the CPU's counter now: the guest while its own are loaded, else the host",
		TEXT },
	[KP_COL_HOST_EVENT] = {
		"host_event", "Host's event",
		"what the host counts with the same counter of the vCPU's CPU", TEXT },
	[KP_COL_PLACE_LOST_NS] = {
		"place_lost_ns", "PMU lost",
		"time on CPUs of a PMU that does not back the vCPU: its counters stand still", NS },
	[KP_COL_PLACE_MOVES] = {
		"place_moves", "Moves", "times that it came to one of those CPUs from another CPU",
		COUNT },
	[KP_COL_HOLDER] = {
		"holder", "Held by", "who opened the event: a process, KVM, the NMI watchdog",
		TEXT },
	[KP_COL_EVENT_STATE] = {
		"event_state", "State", "of a perf event: active, inactive, off, error", TEXT },
	[KP_COL_BLOCKS_MEDIATED] = {
		"blocks_mediated", "Blocks", "while it is open a mediated VM cannot start",
		KP_UNIT_NONE, KP_VAL_BOOL, true },
	[KP_COL_ARRIVALS] = {
		"arrivals", "Arrivals", "entries that came from the CPUs of another PMU", COUNT },
	[KP_COL_PMU_LOST_NS] = {
		"pmu_lost_ns", "PMU lost",
		"guest time in which the guest's counters stood still, on the CPUs of a PMU that "
		"does not back them", NS },
	[KP_COL_LOADS] = { "loads", "Loads", "PMU contexts of the guest that were loaded", COUNT },
	[KP_COL_IRQ_LINE] = {
		"interrupt", "Interrupt", "line of /proc/interrupts", TEXT },
	[KP_COL_IRQ_BEGIN] = {
		"begin_count", "Begin", "its count when the recording began, of all CPUs", COUNT },
	[KP_COL_IRQ_END] = { "end_count", "End", "its count when the recording ended", COUNT },
	[KP_COL_RECORDED] = { "recorded", "Recorded", "what the recording shows of it", COUNT },
	[KP_COL_UNRECORDED] = {
		"unrecorded", "Not", "what the host counted and the recording does not show",
		KP_UNIT_COUNT, KP_VAL_F64, false },
	[KP_COL_IRQ_NUMBER] = {
		"irq_number", "IRQ", "number of the interrupt in the host's Linux",
		KP_UNIT_NONE, KP_VAL_U64, true },
	[KP_COL_IN_GUEST] = {
		"in_guest", "In guest", "came while the guest ran, between entry and exit", COUNT },
	[KP_COL_PASSED_ON] = {
		"passed_on", "Guest's",
		"overflows of the guest's counters: it was told of its interrupt next", COUNT },
	[KP_COL_PUTS] = { "puts", "Puts", "PMU contexts of the guest that were put", COUNT },
};
/* clang-format on */

_Static_assert(KP_ARRAY_SIZE(kp_columns) == KP_COL_NR, "every column needs its row");
