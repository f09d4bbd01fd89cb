// SPDX-License-Identifier: GPL-2.0-only
/*
 * The records of owner.bpf.c as the kernel would write them, and what becomes of them.
 */
#include "kp_test.h"

#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf/owner_rec.h"
#include "collect/owner_parse.h"
#include "lib/buf.h"

#define KVM_A 0xffff888000001000ull
#define KVM_B 0xffff888000002000ull

static struct kp_rec_head head(unsigned int kind, size_t size, unsigned int pid, int fd)
{
	struct kp_rec_head h = { .kind = kind, .size = (unsigned int)size, .pid = pid, .fd = fd };

	h.tid = pid;
	snprintf(h.comm, sizeof(h.comm), "comm%u", pid);
	return h;
}

static void add_event(struct kp_buf *buf, unsigned int by, unsigned int pid, int fd,
		      const struct perf_event_attr *attr, unsigned int caps)
{
	struct kp_rec_event rec = {
		.head = head(KP_REC_EVENT, sizeof(rec), pid, fd),
		.by = by,
		.id = 100 + (unsigned int)fd,
		.type = attr->type,
		.config = attr->config,
		.period = attr->sample_period,
		.cpu = 3,
		.state = fd == 4 ? 0 : 1,
		.index = 32,
		.task = 77,
		.caps = caps,
		.knows_mediated = 1,
		.pmu = "cpu",
		.pmu_type = 4,
		.enabled_ns = 10,
		.running_ns = 5,
	};

	memcpy(&rec.attr_flags,
	       (const char *)attr + offsetof(struct perf_event_attr, read_format) +
		       sizeof(attr->read_format),
	       sizeof(rec.attr_flags));
	assert_int_equal(kp_buf_add(buf, &rec, sizeof(rec)), 0);
}

static void add_vm(struct kp_buf *buf, unsigned int pid, uint64_t kvm, unsigned int mediated)
{
	struct kp_rec_vm rec = {
		.head = head(KP_REC_VM, sizeof(rec), pid, 5),
		.kvm = kvm,
		.known = KP_REC_MEDIATED | KP_REC_FILTER | KP_REC_PAGES | KP_REC_VCPUS,
		.mediated = mediated,
		.pages = 3,
		.nr_vcpus = 2,
	};

	assert_int_equal(kp_buf_add(buf, &rec, sizeof(rec)), 0);
}

struct vcpu {
	uint64_t kvm, vcpu, global;
	unsigned int pid, id, known, mediated, offered, version;
};

static void add_vcpu(struct kp_buf *buf, const struct vcpu *v)
{
	struct kp_rec_vcpu rec = {
		.head = head(KP_REC_VCPU, sizeof(rec), v->pid, 6 + (int)v->id),
		.kvm = v->kvm,
		.vcpu = v->vcpu,
		.exits = 1000 + v->id,
		.global = v->global,
		.known = v->known | KP_REC_EXITS | KP_REC_RAN | KP_REC_GENERAL,
		.id = v->id,
		.ran_tid = v->pid + 1 + v->id,
		.mediated = v->mediated,
		.offered = v->offered,
		.loaded = v->mediated,
		.version = v->version,
		.nr_general = 6,
		.pmu = "armv8_cortex_a72",
	};

	assert_int_equal(kp_buf_add(buf, &rec, sizeof(rec)), 0);
}

static void add_counter(struct kp_buf *buf, unsigned int index, bool fixed, uint64_t selector)
{
	struct kp_rec_counter rec = {
		.head = head(KP_REC_COUNTER, sizeof(rec), 1, 6),
		.index = index,
		.fixed = fixed,
		.selector = selector,
		.selector_hw = selector & ~(1ull << 22),
		.value = 42,
	};

	assert_int_equal(kp_buf_add(buf, &rec, sizeof(rec)), 0);
}

static struct kp_owners *parse(struct kp_buf *buf)
{
	struct kp_owner_parse p = { 0 };
	struct kp_owners *o = calloc(1, sizeof(*o));

	assert_non_null(o);
	assert_int_equal(kp_owner_parse_add(&p, buf->data, buf->len), 0);
	kp_owner_parse_take(&p, o);
	kp_buf_free(buf);
	return o;
}

static void test_event(void **state)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_RAW,
					.config = 0xc0,
					.sample_freq = 4000,
					.freq = 1,
					.pinned = 1,
					.exclude_host = 1,
					.exclude_kernel = 1,
					.inherit = 1 };
	struct kp_buf buf = { 0 };
	struct kp_owners *o;

	add_event(&buf, KP_REC_BY_USER, 500, 9, &attr, 0x800);
	o = parse(&buf);
	assert_int_equal(o->nr_events, 1);
	assert_int_equal(o->events[0].kind, KP_OWNER_USER);
	assert_int_equal(o->events[0].id, 109);
	assert_int_equal(o->events[0].pid, 500);
	assert_string_equal(o->events[0].comm, "comm500");
	assert_int_equal(o->events[0].fd, 9);
	assert_string_equal(o->events[0].pmu, "cpu");
	assert_int_equal(o->events[0].type, PERF_TYPE_RAW);
	assert_int_equal(o->events[0].config, 0xc0);
	assert_int_equal(o->events[0].period, 4000);
	assert_int_equal(o->events[0].flags, KP_OWNER_FREQ | KP_OWNER_PINNED |
						     KP_OWNER_EXCLUDE_HOST |
						     KP_OWNER_EXCLUDE_KERNEL | KP_OWNER_INHERIT);
	assert_int_equal(o->events[0].cpu, 3);
	assert_int_equal(o->events[0].task_tid, 77);
	assert_int_equal(o->events[0].state, 1);
	assert_true(o->events[0].valid & KP_OWNER_HAS_INDEX);
	assert_int_equal(o->events[0].index, 32);
	assert_int_equal(o->events[0].running_ns, 5);
	kp_owners_free(o);
}

/* kernel/events/core.c, is_include_guest_event(): the PMU's capability and exclude_guest alone */
static void test_blocks(void **state)
{
	struct perf_event_attr all = { .exclude_host = 1 }, host = { .exclude_guest = 1 };
	struct kp_buf buf = { 0 };
	struct kp_owners *o;

	add_event(&buf, KP_REC_BY_USER, 1, 1, &all, 0x800);
	add_event(&buf, KP_REC_BY_USER, 1, 2, &host, 0x800);
	add_event(&buf, KP_REC_BY_USER, 1, 3, &all, 0x7ff);
	add_event(&buf, KP_REC_BY_USER, 1, 4, &host, 0x7ff);
	add_event(&buf, KP_REC_BY_WATCHDOG, 0, -1, &all, 0x800);
	o = parse(&buf);
	assert_int_equal(o->nr_events, 5);
	assert_int_equal(o->events[0].kind, KP_OWNER_WATCHDOG);
	assert_int_equal(o->events[0].blocks, KP_TRI_YES);
	assert_int_equal(o->events[1].blocks, KP_TRI_YES);
	assert_int_equal(o->events[1].stops, KP_TRI_NO);
	assert_int_equal(o->events[2].blocks, KP_TRI_NO);
	assert_int_equal(o->events[2].stops, KP_TRI_YES);
	assert_int_equal(o->events[3].blocks, KP_TRI_NO);
	assert_int_equal(o->events[4].stops, KP_TRI_NO);
	assert_false(o->events[4].valid & KP_OWNER_HAS_INDEX); /* inactive: on no counter */
	kp_owners_free(o);
}

static const struct vcpu amd = { .kvm = KVM_A,
				 .vcpu = 0xa0,
				 .pid = 1,
				 .known = KP_REC_X86 | KP_REC_MEDIATED,
				 .mediated = 1,
				 .offered = 1,
				 .version = 2,
				 .global = 0x5 | 1ull << 33 };

static void test_x86_vcpu(void **state)
{
	struct vcpu v = amd;
	struct kp_buf buf = { 0 };
	struct kp_owners *o;

	add_vm(&buf, 1, KVM_A, 1);
	add_vcpu(&buf, &v);
	add_counter(&buf, 0, false, 0x5300c0);
	add_counter(&buf, 1, false, 0x5300c0); /* not in GLOBAL_CTRL */
	add_counter(&buf, 2, false, 0x1300c0); /* no ENABLE */
	add_counter(&buf, 1, true, 0x3);
	add_counter(&buf, 2, true, 0x3); /* not in GLOBAL_CTRL */
	o = parse(&buf);
	assert_int_equal(o->nr_vms, 1);
	assert_int_equal(o->vms[0].mediated, KP_TRI_YES);
	assert_int_equal(o->vms[0].filter, KP_TRI_NO);
	assert_int_equal(o->vms[0].memory_bytes, 3 * sysconf(_SC_PAGESIZE));
	assert_int_equal(o->nr_vcpus, 1);
	assert_int_equal(o->vcpus[0].mode, KP_VPMU_MEDIATED);
	assert_true(o->vcpus[0].valid & KP_VCPU_HAS_LOADED);
	assert_true(o->vcpus[0].loaded);
	assert_int_equal(o->vcpus[0].tid, 2);
	assert_int_equal(o->vcpus[0].exits, 1000);
	assert_int_equal(o->vcpus[0].nr, 5);
	assert_true(o->vcpus[0].counters[0].enabled);
	assert_int_equal(o->vcpus[0].counters[0].selector_hw, 0x1300c0);
	assert_false(o->vcpus[0].counters[1].enabled);
	assert_false(o->vcpus[0].counters[2].enabled);
	assert_true(o->vcpus[0].counters[3].enabled);
	assert_true(o->vcpus[0].counters[3].fixed);
	assert_false(o->vcpus[0].counters[4].enabled);
	kp_owners_free(o);
}

/*
 * Version 1 has no GLOBAL_CTRL: the selectors alone decide. No PMU at all: nothing is known of
 * it.
 */
static void test_modes(void **state)
{
	struct vcpu v1 = amd, none = amd;
	struct kp_buf buf = { 0 };
	struct kp_owners *o;

	v1.version = 1;
	v1.mediated = 0;
	v1.global = 0;
	none.vcpu = 0xa1;
	none.id = 1;
	none.offered = none.version = 0;
	add_vcpu(&buf, &v1);
	add_counter(&buf, 4, false, 0x5300c0);
	add_vcpu(&buf, &none);
	o = parse(&buf);
	assert_int_equal(o->nr_vms, 1); /* its file is closed, its vCPUs hold it */
	assert_int_equal(o->vcpus[0].mode, KP_VPMU_EMULATED);
	assert_true(o->vcpus[0].counters[0].enabled);
	assert_false(o->vcpus[0].valid & KP_VCPU_HAS_LOADED);
	assert_int_equal(o->vcpus[1].mode, KP_VPMU_NONE);
	kp_owners_free(o);
}

static void test_arm64(void **state)
{
	struct vcpu v = { .kvm = KVM_B,
			  .vcpu = 0xb0,
			  .pid = 2,
			  .known = KP_REC_ARM64,
			  .offered = 1,
			  .global = 0x80000002 };
	struct kp_buf buf = { 0 };
	struct kp_owners *o;

	add_vcpu(&buf, &v);
	add_counter(&buf, 0, false, 0x8);
	add_counter(&buf, 1, false, 0x11);
	add_counter(&buf, 0, true, 0);
	o = parse(&buf);
	assert_int_equal(o->vcpus[0].mode, KP_VPMU_EMULATED);
	assert_string_equal(o->vcpus[0].pmu, "armv8_cortex_a72");
	assert_false(o->vcpus[0].counters[0].enabled);
	assert_true(o->vcpus[0].counters[1].enabled);
	assert_true(o->vcpus[0].counters[2].enabled);
	kp_owners_free(o);
}

/* Of counters that an arm64 guest never wrote, KVM's reset value is no program. */
static void test_arm64_untouched(void **state)
{
	struct vcpu v = { .kvm = KVM_B,
			  .vcpu = 0xb0,
			  .pid = 2,
			  .known = KP_REC_ARM64,
			  .offered = 1,
			  .global = 0x4 };
	struct kp_buf buf = { 0 };
	struct kp_owners *o;

	add_vcpu(&buf, &v);
	add_counter(&buf, 0, false, 0xc800c0de);
	add_counter(&buf, 1, false, 0x2000c0de); /* not bits of the reset value */
	add_counter(&buf, 2, false, 0xc800c0de); /* enabled all the same */
	add_counter(&buf, 3, false, 0xc8000011);
	o = parse(&buf);
	assert_int_equal(o->vcpus[0].nr, 3);
	assert_int_equal(o->vcpus[0].counters[0].index, 1);
	assert_int_equal(o->vcpus[0].counters[1].index, 2);
	assert_int_equal(o->vcpus[0].counters[2].index, 3);
	kp_owners_free(o);
}

/*
 * A child that inherited a VM's files shows the same objects again, with all that hangs on them.
 */
static void test_shared_files(void **state)
{
	struct perf_event_attr attr = { .exclude_host = 1 };
	struct vcpu a1 = amd, a0 = amd, child = amd;
	struct kp_buf buf = { 0 };
	struct kp_owners *o;

	a1.vcpu = 0xa1;
	a1.id = 1;
	child.pid = 9;
	add_vm(&buf, 1, KVM_A, 0);
	add_vcpu(&buf, &a1);
	add_vcpu(&buf, &a0);
	add_counter(&buf, 0, false, 0x5300c0);
	add_event(&buf, KP_REC_BY_KVM, 1, 6, &attr, 0);
	add_vm(&buf, 9, KVM_A, 0);
	add_vcpu(&buf, &child);
	add_counter(&buf, 0, false, 0x5300c0);
	add_event(&buf, KP_REC_BY_KVM, 9, 6, &attr, 0);
	add_event(&buf, KP_REC_BY_USER, 9, 3, &attr, 0);
	o = parse(&buf);
	assert_int_equal(o->nr_vms, 1);
	assert_int_equal(o->vms[0].pid, 1);
	assert_int_equal(o->nr_vcpus, 2);
	assert_int_equal(o->vcpus[0].vcpu, 0);
	assert_int_equal(o->vcpus[0].nr, 1);
	assert_int_equal(o->vcpus[1].vcpu, 1);
	assert_int_equal(o->nr_events, 2);
	assert_int_equal(o->events[0].kind, KP_OWNER_KVM);
	assert_int_equal(o->events[0].pid, 1);
	assert_int_equal(o->events[0].fd, -1);
	assert_int_equal(o->events[1].pid, 9);
	kp_owners_free(o);
}

static void bad(const void *data, size_t size)
{
	struct kp_owner_parse p = { 0 };

	assert_int_equal(kp_owner_parse_add(&p, data, size), -EBADMSG);
	kp_owner_parse_free(&p);
}

static void test_damaged(void **state)
{
	struct perf_event_attr attr = { 0 };
	struct kp_buf buf = { 0 };
	struct kp_rec_head h;

	add_event(&buf, KP_REC_BY_USER, 1, 1, &attr, 0);
	bad(buf.data, buf.len - 1);
	bad(buf.data, sizeof(h) - 1);
	memcpy(&h, buf.data, sizeof(h));
	h.size = sizeof(h); /* too short for its kind */
	bad(&h, sizeof(h));
	h.size = 0;
	bad(&h, sizeof(h));
	h.kind = 99;
	h.size = sizeof(h);
	bad(&h, sizeof(h));
	kp_buf_free(&buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_event),	 cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_x86_vcpu), cmocka_unit_test(test_modes),
		cmocka_unit_test(test_arm64),	 cmocka_unit_test(test_arm64_untouched),
		cmocka_unit_test(test_shared_files),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
