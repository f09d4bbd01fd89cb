// SPDX-License-Identifier: GPL-2.0-only
/*
 * model_tables_test.c - src/model: vCPUs that only threads tell, userspace exits, registers,
 * interrupts, hot addresses, and the bounds of every table.
 */
#include "model_events.h"

static bool vcpu_from_tid(void *ctx, uint32_t pid, uint32_t tid, uint32_t *vcpu)
{
	(void)ctx;
	*vcpu = tid - 10;
	return pid == VM && tid >= 10;
}

static void test_vcpu_from_thread(void **state)
{
	struct kp_model *m = MODEL(.vcpu = 3, .by = KP_BY_VCPU | KP_BY_REASON,
				   .vcpu_id = vcpu_from_tid);
	uint32_t tid;
	struct kp_snap *s;

	(void)state;
	for (tid = 8; tid < 15; tid++) {
		add(m, event(KP_EV_ENTRY, tid, 100));
		add(m, exit_of(tid, 2, 100 + tid, KP_ISA_ARM64));
	}
	s = snap(m);
	assert_int_equal(s->nr_exits, 1);
	assert_int_equal(s->exits[0].vcpu, 3);
	assert_int_equal(s->exits[0].stat.total_ns, 13);
	assert_int_equal(s->nr_vcpus, 1);
	assert_int_equal(s->vcpus[0].vcpu, 3);
	done(m, s);
}

static struct kp_event user_exit(uint32_t tid, uint32_t code, uint64_t time_ns, uint64_t error)
{
	struct kp_event ev = event(KP_EV_USER_EXIT, tid, time_ns);

	ev.code = code;
	ev.value = error;
	ev.valid |= KP_HAS_CODE | KP_HAS_VALUE;
	return ev;
}

static void test_userspace_pairs(void **state)
{
	struct kp_model *m = MODEL(ALL);
	struct kp_snap *s;

	(void)state;
	add(m, user_exit(1, 2, 100, 0));
	add(m, user_exit(1, 5, 130, 0)); /* 2: 30 */
	add(m, user_exit(1, 2, 135, 4)); /* 5: 5 */
	s = snap(m);
	assert_int_equal(s->pairing, KP_PAIR_USERSPACE);
	assert_stat(&row(s, 2)->stat, 1, 30, 30, 30);
	assert_stat(&row(s, 5)->stat, 1, 5, 5, 5);
	assert_int_equal(s->nr_users, 2);
	assert_int_equal(s->users[0].code, 2);
	assert_int_equal(s->users[0].count, 2);
	assert_int_equal(s->users[0].errors, 1);
	assert_false(s->vcpus[0].has_entry_exit);
	assert_int_equal(s->vcpus[0].user_exits, 3);
	kp_snap_free(s);
	/* one kvm_entry shows that the real events fire */
	add(m, ENTRY(1, 200));
	s = snap(m);
	assert_int_equal(s->pairing, KP_PAIR_EXIT_ENTRY);
	assert_int_equal(s->nr_exits, 0);
	assert_int_equal(s->nr_users, 2);
	done(m, s);
}

static void test_registers_and_irqs(void **state)
{
	struct kp_model *m = MODEL(ALL);
	struct kp_event ev;
	struct kp_snap *s;

	(void)state;
	add(m, ENTRY(1, 90));
	ev = event(KP_EV_MSR, 1, 100);
	ev.valid |= KP_HAS_CODE | KP_HAS_FLAGS;
	ev.code = 0x186;
	add(m, ev);
	ev.flags = KP_F_WRITE;
	add(m, ev);
	ev.flags = KP_F_WRITE | KP_F_FAULT;
	add(m, ev);
	ev = event(KP_EV_INJ_VIRQ, 1, 100);
	ev.valid |= KP_HAS_CODE;
	ev.code = 236;
	add(m, ev);
	ev.kind = KP_EV_APIC_ACCEPT;
	add(m, ev);
	add(m, ev);
	ev.tid = 77; /* a kernel thread that is no vCPU */
	ev.pid = 77;
	add(m, ev);
	ev.kind = KP_EV_VGIC_IRQ;
	ev.code = 23;
	add(m, ev); /* the line goes down */
	s = snap(m);
	assert_int_equal(s->nr_regs, 2);
	assert_true(s->regs[0].write);
	assert_int_equal(s->regs[0].count, 2);
	assert_int_equal(s->regs[0].faults, 1);
	assert_false(s->regs[1].write);
	assert_int_equal(s->nr_irqs, 2);
	assert_true(s->irqs[0].has_vm);
	assert_int_equal(s->irqs[0].injected, 1);
	assert_int_equal(s->irqs[0].accepted, 2);
	assert_false(s->irqs[1].has_vm);
	assert_int_equal(s->irqs[1].accepted, 1);
	done(m, s);
}

static void test_hot(void **state)
{
	struct kp_model *m = MODEL(ALL);
	struct kp_event ev = event(KP_EV_SAMPLE, 1, 100);
	struct kp_snap *s;

	(void)state;
	ev.valid |= KP_HAS_IP | KP_HAS_PERIOD | KP_HAS_ATTR;
	ev.ip = 0x1000;
	ev.period = 10;
	ev.mode = KP_MODE_HOST_KERNEL;
	add(m, ev);
	add(m, in_vm(ev, 300)); /* the same kernel, another process */
	ev.mode = KP_MODE_GUEST_KERNEL;
	ev.period = 5;
	add(m, ev);
	add(m, in_vm(ev, 300)); /* another guest */
	s = snap(m);
	assert_int_equal(s->nr_hot, 3);
	assert_int_equal(s->hot[0].samples, 2);
	assert_int_equal(s->hot[0].period, 20);
	assert_int_equal(s->hot[1].period, 5);
	assert_int_equal(s->nr_attrs, 1);
	assert_int_equal(s->attrs[0].count, 4);
	done(m, s);
}

static void test_row_limit(void **state)
{
	struct kp_model *m = MODEL(ALL, .max_rows = 4);
	struct kp_snap *s;
	uint32_t i;

	(void)state;
	add(m, ENTRY(1, 1));
	for (i = 0; i < 10; i++) {
		add(m, EXIT(1, i, 10 * i + 10));
		add(m, ENTRY(1, 10 * i + 15));
	}
	s = snap(m);
	assert_int_equal(s->nr_exits, 5);
	assert_true(s->exits[4].other);
	assert_int_equal(s->exits[4].has, 0);
	assert_stat(&s->exits[4].stat, 6, 30, 5, 5);
	assert_stat(&s->total, 10, 50, 5, 5);
	done(m, s);
}

static void test_thread_limit(void **state)
{
	struct kp_model *m = MODEL(ALL);
	struct kp_snap *s;
	uint32_t i;

	(void)state;
	for (i = 0; i < 20000; i++)
		add(m, entry_of(i + 1, 0, 100));
	s = snap(m);
	assert_int_equal(s->nr_vcpus, 16384);
	assert_int_equal(s->untracked, 20000 - 16384);
	done(m, s);
}

static void test_odd_events(void **state)
{
	struct kp_model *m = MODEL(ALL, .by = KP_BY_VM | KP_BY_VCPU | KP_BY_CPU | KP_BY_REASON);
	struct kp_event ev;
	struct kp_snap *s;
	unsigned int kind;

	(void)state;
	for (kind = 0; kind < KP_EV_MAX + 5; kind++) {
		ev = event(kind, 1, 100);
		add(m, ev);
		ev.valid = 0;
		add(m, ev);
		ev.valid = UINT32_MAX;
		ev.attr = UINT16_MAX;
		ev.cpu = ev.code = ev.extra = UINT32_MAX;
		ev.value = ev.value2 = ev.period = ev.ip = UINT64_MAX;
		add(m, ev);
	}
	s = snap(m);
	assert_int_equal(s->events, 3 * (KP_EV_MAX + 5));
	assert_int_equal(s->untracked, 5); /* kinds that make a thread a vCPU's, with no thread */
	done(m, s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vcpu_from_thread),   cmocka_unit_test(test_userspace_pairs),
		cmocka_unit_test(test_registers_and_irqs), cmocka_unit_test(test_hot),
		cmocka_unit_test(test_row_limit),	   cmocka_unit_test(test_thread_limit),
		cmocka_unit_test(test_odd_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
