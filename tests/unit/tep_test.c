// SPDX-License-Identifier: GPL-2.0-only
/*
 * tep_test.c - src/decode/tep*.c and names.c: the formats of real kernels, old and new, of every
 * architecture, become the right events, and print formats print.
 */
#include "kp_test.h"

#include <stdlib.h>
#include <string.h>

#include "arch.h"
#include "decode_helper.h"

static void test_x86_exit(void **state)
{
	const struct kp_format_file file = { "kvm", "x86/kvm.kvm_exit", NULL };
	struct rig r;

	rig_open(&r, &file, "x86_64", 1744, false);
	rig_field(&r, 8, 4, 0x7c);
	rig_field(&r, 16, 8, 0xffffffff81000000);
	rig_field(&r, 24, 4, KP_ISA_SVM);
	rig_field(&r, 32, 8, 1);
	rig_field(&r, 40, 8, 2);
	rig_field(&r, 48, 4, 3);
	rig_field(&r, 52, 4, 4);
	rig_field(&r, 56, 4, 5);
	rig_field(&r, 64, 8, 6);
	assert_int_equal(rig_decode(&r), KP_DECODE_EVENT);
	assert_int_equal(r.ev.kind, KP_EV_EXIT);
	assert_int_equal(r.ev.code, 0x7c);
	assert_int_equal(r.ev.ip, 0xffffffff81000000);
	assert_int_equal(r.ev.isa, KP_ISA_SVM);
	assert_int_equal(r.ev.value, 1);
	assert_int_equal(r.ev.value2, 2);
	assert_int_equal(r.ev.extra, 3);
	assert_int_equal(r.ev.vcpu, 5);
	assert_int_equal(r.ev.mode, KP_MODE_HOST_KERNEL);
	assert_true(kp_event_has(&r.ev, KP_HAS_TIME | KP_HAS_CODE | KP_HAS_IP | KP_HAS_ISA |
						KP_HAS_VALUE | KP_HAS_VALUE2 | KP_HAS_EXTRA |
						KP_HAS_VCPU));
	assert_string_equal(kp_decoder_exit_name(r.dec, r.ev.isa, r.ev.code), "msr");
	rig_text(&r, "vcpu 5 reason msr rip 0xffffffff81000000 info1 0x0000000000000001 info2 "
		     "0x0000000000000002 intr_info 0x00000003 error_code 0x00000004 requests "
		     "0x0000000000000006");
	rig_close(&r);
}

static void test_x86_exit_3_4(void **state)
{
	const struct kp_format_file file = { "kvm", "made/x86-3.4.kvm.kvm_exit", NULL };
	struct rig r;

	rig_open(&r, &file, "x86_64", 600, false);
	rig_field(&r, 12, 4, 10);
	rig_field(&r, 16, 8, 0x1234);
	rig_field(&r, 24, 4, KP_ISA_VMX);
	rig_field(&r, 32, 8, 1);
	rig_field(&r, 40, 8, 2);
	assert_int_equal(rig_decode(&r), KP_DECODE_EVENT);
	assert_int_equal(r.ev.kind, KP_EV_EXIT);
	assert_int_equal(r.ev.code, 10);
	assert_int_equal(r.ev.ip, 0x1234);
	assert_int_equal(r.ev.isa, KP_ISA_VMX);
	assert_false(r.ev.valid & (KP_HAS_VCPU | KP_HAS_EXTRA));
	assert_string_equal(kp_decoder_exit_name(r.dec, KP_ISA_VMX, 10), "CPUID");
	/* only the recording's own print format knows this one, and only for its isa */
	assert_string_equal(kp_decoder_exit_name(r.dec, KP_ISA_VMX, 999), "FUTURE");
	assert_string_equal(kp_decoder_exit_name(r.dec, KP_ISA_SVM, 999), "0x3e7");
	rig_close(&r);
}

/* 32-bit: unsigned long has 4 bytes; and a machine that nobody named */
static void test_i686_unnamed(void **state)
{
	const struct kp_format_file file = { "kvm", "made/i686.kvm.kvm_exit", NULL };
	struct rig r;

	rig_open(&r, &file, NULL, 602, false);
	assert_string_equal(kp_decoder_arch(r.dec)->name, "x86");
	rig_field(&r, 8, 4, 31);
	rig_field(&r, 12, 4, 0xc0001234);
	rig_field(&r, 16, 4, 1);
	rig_field(&r, 28, 8, 7);
	assert_int_equal(rig_decode(&r), KP_DECODE_EVENT);
	assert_int_equal(r.ev.ip, 0xc0001234);
	assert_string_equal(kp_decoder_exit_name(r.dec, r.ev.isa, r.ev.code), "MSR_READ");
	rig_close(&r);
}

static void test_short_raw(void **state)
{
	const struct kp_format_file file = { "kvm", "x86/kvm.kvm_exit", NULL };
	struct rig r;

	rig_open(&r, &file, "x86_64", 1744, false);
	rig_field(&r, 48, 4, 3); /* vcpu_id at 56 is not there */
	assert_int_equal(rig_decode(&r), -EBADMSG);
	rig_close(&r);
}

static void test_msr(void **state)
{
	const struct kp_format_file file = { "kvm", "x86/kvm.kvm_msr", NULL };
	struct rig r;

	rig_open(&r, &file, "x86_64", 1740, false);
	rig_field(&r, 8, 4, 1);
	rig_field(&r, 12, 4, 0xc0010200);
	rig_field(&r, 16, 8, 0x530076);
	rig_field(&r, 24, 1, 1);
	assert_int_equal(rig_decode(&r), KP_DECODE_EVENT);
	assert_int_equal(r.ev.kind, KP_EV_MSR);
	assert_int_equal(r.ev.code, 0xc0010200);
	assert_int_equal(r.ev.value, 0x530076);
	assert_int_equal(r.ev.flags, KP_F_WRITE | KP_F_FAULT);
	assert_true(r.ev.valid & KP_HAS_FLAGS);
	assert_memory_equal(r.ev.reserved, "\0\0\0\0\0\0", 7);
	rig_text(&r, "msr_write c0010200 = 0x530076 (#GP)");
	rig_close(&r);
}

/* struct simple - one number in, one number out, for the plainer tracepoints */
struct simple {
	const char *system, *path;
	uint64_t id;
	uint16_t kind;
	struct {
		uint8_t offset, size;
		uint64_t value;
	} in[6];
	uint64_t ip, value, value2;
	uint32_t code, extra;
	uint16_t vcpu;
	uint8_t flags;
	const char *text;
};

/* clang-format off */
static const struct simple x86_simple[] = {
	{ "kvm", "x86/kvm.kvm_entry", 1756, KP_EV_ENTRY,
	  { { 8, 4, 2 }, { 16, 8, 0xfff0 }, { 24, 1, 1 }, { 32, 4, 0 } },
	  .ip = 0xfff0, .vcpu = 2,
	  .text = "vcpu 2, rip 0xfff0 intr_info 0x00000000 error_code 0x00000000[immediate exit]" },
	{ "kvm", "x86/kvm.kvm_pio", 1751, KP_EV_PIO,
	  { { 8, 4, 1 }, { 12, 4, 0x3f8 }, { 16, 4, 1 }, { 20, 4, 1 }, { 24, 4, 0x41 } },
	  .code = 0x3f8, .value = 0x41, .extra = 1, .flags = KP_F_WRITE,
	  .text = "pio_write at 0x3f8 size 1 count 1 val 0x41 " },
	{ "kvm", "x86/kvm.kvm_mmio", 1679, KP_EV_MMIO,
	  { { 8, 4, 0 }, { 12, 4, 4 }, { 16, 8, 0xfee00000 }, { 24, 8, 9 } },
	  .value = 0xfee00000, .value2 = 9, .extra = 4, .flags = KP_F_UNSATISFIED,
	  .text = "mmio unsatisfied-read len 4 gpa 0xfee00000 val 0x9" },
	{ "kvm", "x86/kvm.kvm_inj_virq", 1743, KP_EV_INJ_VIRQ,
	  { { 8, 4, 0xec }, { 12, 1, 1 }, { 13, 1, 0 } },
	  .code = 0xec, .flags = KP_F_SOFT,
	  .text = "Soft/INTn 0xec" },
	{ "kvm", "x86/kvm.kvm_apic_accept_irq", 1736, KP_EV_APIC_ACCEPT,
	  { { 8, 4, 3 }, { 12, 2, 0x400 }, { 14, 2, 1 }, { 16, 1, 0xf5 } },
	  .code = 0xf5, .value = 4, .extra = 3, .flags = KP_F_LEVEL,
	  .text = "apicid 3 vec 245 (NMI|level)" },
	{ "kvm", "x86/kvm.kvm_userspace_exit", 1683, KP_EV_USER_EXIT,
	  { { 8, 4, 2 }, { 12, 4, 0 } },
	  .code = 2,
	  .text = "reason KVM_EXIT_IO (2)" },
	/* no text: libtraceevent compares errno without its sign */
	{ "kvm", "x86/kvm.kvm_userspace_exit", 1683, KP_EV_USER_EXIT,
	  { { 8, 4, 10 }, { 12, 4, (uint32_t)-4 } },
	  .code = 10, .value = 4 },
	{ "msr", "x86/msr.write_msr", 1419, KP_EV_HOST_WRMSR,
	  { { 8, 4, 0x38f }, { 16, 8, 0x70000000f }, { 24, 4, 0 } },
	  .code = 0x38f, .value = 0x70000000f, .extra = KP_PMU_GLOBAL_CTRL,
	  .text = "38f, value 70000000f" },
	{ "msr", "x86/msr.write_msr", 1419, KP_EV_HOST_WRMSR,
	  { { 8, 4, 0xc001020b }, { 16, 8, 1 }, { 24, 4, 0 } },
	  .code = 0xc001020b, .value = 1, .extra = KP_PMU_COUNTER },
	{ "msr", "x86/msr.write_msr", 1419, KP_EV_HOST_WRMSR,
	  { { 8, 4, 0x48 }, { 16, 8, 1 }, { 24, 4, 0 } },
	  .code = 0x48, .value = 1, .extra = KP_PMU_NONE },
	{ "msr", "x86/msr.rdpmc", 1418, KP_EV_HOST_RDPMC,
	  { { 8, 4, 0x40000002 }, { 16, 8, 5 }, { 24, 4, 0 } },
	  .code = 0x40000002, .value = 5, .extra = KP_PMU_FIXED_COUNTER,
	  .text = "40000002, value 5" },
	{ "nmi", "x86/nmi.nmi_handler", 96, KP_EV_NMI,
	  { { 8, 8, 0xffffffff81000000 }, { 16, 8, 1500 }, { 24, 4, 1 } },
	  .ip = 0xffffffff81000000, .value = 1500, .extra = 1,
	  .text = "0xffffffff81000000() delta_ns: 1500 handled: 1" },
};

static const struct simple arm64_simple[] = {
	{ "kvm", "arm64/kvm.kvm_entry", 65, KP_EV_ENTRY,
	  { { 8, 8, 0x4000 } },
	  .ip = 0x4000,
	  .text = "PC: 0x0000000000004000" },
	{ "kvm", "arm64/kvm.kvm_exit", 64, KP_EV_EXIT,
	  { { 8, 4, 2 }, { 12, 4, 0x18 }, { 16, 8, 0x5000 } },
	  .ip = 0x5000, .code = KP_ARM64_EXIT(2, 0x18),
	  .text = "TRAP: HSR_EC: 0x0018 (SYS64), PC: 0x0000000000005000" },
	{ "kvm", "arm64/kvm.kvm_exit", 64, KP_EV_EXIT,
	  { { 8, 4, 0 }, { 12, 4, 0 }, { 16, 8, 0x5000 } },
	  .ip = 0x5000, .code = 0,
	  .text = "IRQ: HSR_EC: 0x0000 (UNKNOWN), PC: 0x0000000000005000" },
	{ "kvm", "arm64/kvm.kvm_sys_access", 67, KP_EV_SYSREG,
	  { { 8, 8, 0x6000 }, { 16, 1, 1 }, { 32, 1, 3 }, { 33, 1, 3 }, { 34, 1, 9 },
	    { 35, 1, 12 } },
	  .ip = 0x6000, .code = KP_SYSREG(3, 3, 9, 12, 0), .flags = KP_F_WRITE },
	{ "kvm", "arm64/kvm.vgic_update_irq_pending", 72, KP_EV_VGIC_IRQ,
	  { { 8, 8, 1 }, { 16, 4, 23 }, { 20, 1, 1 } },
	  .vcpu = 1, .code = 23, .value = 1,
	  .text = "VCPU: 1, IRQ 23, level: 1" },
	{ "irq", "arm64/irq.irq_handler_entry", 101, KP_EV_IRQ,
	  { { 8, 4, 20 }, { 12, 4, 16 | 8 << 16 }, { 16, 8, 0x756d702d6d7261 } },
	  .code = 20, .flags = KP_F_PMU,
	  .text = "irq=20 name=arm-pmu" },
	{ "irq", "arm64/irq.irq_handler_exit", 100, KP_EV_IRQ_END,
	  { { 8, 4, 20 }, { 12, 4, 1 } },
	  .code = 20, .value = 1,
	  .text = "irq=20 ret=handled" },
	{ "sched", "arm64/sched.sched_switch", 253, KP_EV_SCHED,
	  { { 8, 4, 0x414141 }, { 24, 4, 10 }, { 28, 4, 120 }, { 32, 8, 1 }, { 56, 4, 11 },
	    { 60, 4, 120 } },
	  .extra = 10, .code = 11, .value = 1,
	  .text = "prev_comm=AAA prev_pid=10 prev_prio=120 prev_state=S ==> next_comm= next_pid=11 "
		  "next_prio=120" },
	{ "sched", "arm64/sched.sched_migrate_task", 252, KP_EV_MIGRATE,
	  { { 8, 4, 28 | 3 << 16 }, { 12, 4, 77 }, { 20, 4, 1 }, { 24, 4, 3 }, { 28, 4, 0x4242 } },
	  .extra = 77, .code = 1, .value = 3,
	  .text = "comm=BB pid=77 prio=0 orig_cpu=1 dest_cpu=3" },
};
/* clang-format on */

static void check_simple(const struct simple *s, const char *machine, bool swapped)
{
	const struct kp_format_file file = { s->system, s->path, NULL };
	struct rig r;
	size_t i;

	rig_open(&r, &file, machine, s->id, swapped);
	rig_field(&r, 36, 4, 0); /* formats end in padding, as in the kernel */
	for (i = 0; i < KP_ARRAY_SIZE(s->in) && s->in[i].size; i++)
		rig_field(&r, s->in[i].offset, s->in[i].size, s->in[i].value);
	assert_int_equal(rig_decode(&r), KP_DECODE_EVENT);
	assert_int_equal(r.ev.kind, s->kind);
	assert_int_equal(r.ev.ip, s->ip);
	assert_int_equal(r.ev.value, s->value);
	assert_int_equal(r.ev.value2, s->value2);
	assert_int_equal(r.ev.code, s->code);
	assert_int_equal(r.ev.extra, s->extra);
	assert_int_equal(r.ev.vcpu, s->vcpu);
	assert_int_equal(r.ev.flags, s->flags);
	if (s->text)
		rig_text(&r, s->text);
	rig_close(&r);
}

static void test_simple(void **state)
{
	size_t i;

	for (i = 0; i < KP_ARRAY_SIZE(x86_simple); i++)
		check_simple(&x86_simple[i], "x86_64", false);
	for (i = 0; i < KP_ARRAY_SIZE(arm64_simple); i++)
		check_simple(&arm64_simple[i], "aarch64", false);
}

/* aarch64_be, read on a little-endian machine: nothing changes but the bytes */
static void test_foreign_byte_order(void **state)
{
	size_t i;

	for (i = 0; i < 3; i++)
		check_simple(&arm64_simple[i], "aarch64_be", true);
	check_simple(&x86_simple[7], "x86_64", true);
}

/* ---- architectures whose exits the print format names ---- */

static void check_exit(const char *path, const char *system, const char *machine, uint64_t id,
		       size_t offset, size_t size, uint64_t code, size_t total, bool swapped,
		       const char *name)
{
	const struct kp_format_file file = { system, path, NULL };
	struct rig r;

	rig_open(&r, &file, machine, id, swapped);
	rig_field(&r, offset, size, code);
	rig_field(&r, total, 8, 0);
	assert_int_equal(rig_decode(&r), KP_DECODE_EVENT);
	assert_int_equal(r.ev.kind, KP_EV_EXIT);
	assert_int_equal(r.ev.code, (uint32_t)code);
	assert_string_equal(kp_decoder_exit_name(r.dec, r.ev.isa, r.ev.code), name);
	rig_close(&r);
	/* the same without a machine: told by the fields */
	rig_open(&r, &file, NULL, id, swapped);
	assert_ptr_equal(kp_decoder_arch(r.dec), kp_arch_find(machine, NULL));
	rig_close(&r);
}

static void test_other_archs(void **state)
{
	check_exit("made/s390.kvm.kvm_s390_sie_exit", "kvm", "s390x", 617, 32, 1, 4, 40, true,
		   "Instruction");
	check_exit("made/powerpc.kvm_hv.kvm_guest_exit", "kvm_hv", "ppc64le", 615, 12, 4, 0x300, 40,
		   false, "DATA_STORAGE");
	check_exit("made/powerpc.kvm_hv.kvm_guest_exit", "kvm_hv", "ppc64", 615, 12, 4, 0xabc, 40,
		   true, "0xabc");
	check_exit("made/riscv.kvm.kvm_exit", "kvm", "riscv64", 611, 16, 8, 22, 48, false,
		   "EXC_VIRTUAL_INST_FAULT");
	check_exit("made/loongarch.kvm.kvm_exit", "kvm", "loongarch64", 613, 24, 4, 64, 32, false,
		   "IDLE");
}

static void test_arm64_4_4(void **state)
{
	const struct kp_format_file file = { "kvm", "made/arm64-4.4.kvm.kvm_exit", NULL };
	struct rig r;

	rig_open(&r, &file, "aarch64", 603, false);
	rig_field(&r, 8, 4, 2);
	rig_field(&r, 12, 4, 0x24);
	rig_field(&r, 16, 8, 0);
	assert_int_equal(rig_decode(&r), KP_DECODE_EVENT);
	assert_int_equal(r.ev.code, KP_ARM64_EXIT(2, 0x24));
	rig_close(&r);
}

/* ---- the name of an interrupt's handler, a string of variable length ---- */

#define ENTRY_FORMAT(location)                                            \
	"name: irq_handler_entry\nID: 88\nformat:\n"                      \
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n" \
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"      \
	"\tfield:int irq;\toffset:8;\tsize:4;\tsigned:1;\n"              \
	"\tfield:" location " char[] name;\toffset:12;\tsize:4;\tsigned:0;\n\n" \
	"print fmt: \"irq=%d name=%s\", REC->irq, __get_str(name)\n"

/**
 * struct name_case - @place: offset and length as the record says; @name lies at byte 16
 * @flags: of the event, where its name could be read (@known)
 */
struct name_case {
	uint32_t place;
	char name[18];
	bool relative, known;
	uint8_t flags;
};

static const struct name_case names[] = {
	{ 16 | 8 << 16, "arm-pmu", .known = true, .flags = KP_F_PMU },
	{ 0 | 8 << 16, "arm-pmu", .relative = true, .known = true, .flags = KP_F_PMU },
	{ 16 | 24 << 16, "arm-pmu\0behind it", .known = true, .flags = KP_F_PMU },
	{ 16 | 12 << 16, "arm-pmu-old", .known = true },
	{ 16 | 7 << 16, "arm-pmu", .known = true, .flags = KP_F_PMU }, /* no zero behind it */
	{ 16 | 6 << 16, "arm-pmu", .known = true },
	{ 16 | 11 << 16, "arch_timer", .known = true },
	{ 16, "arm-pmu", .known = true, .flags = 0 }, /* empty */
	{ 0xffff | 8 << 16, "arm-pmu", .known = false }, /* outside */
	{ 36 | 8 << 16, "arm-pmu", .known = false },
	{ 0xfff8 | 8 << 16, "arm-pmu", .relative = true },
};

static void check_name(const struct name_case *c, bool swapped)
{
	const struct kp_format_file file = { "irq", NULL,
					     c->relative ? ENTRY_FORMAT("__rel_loc")
							 : ENTRY_FORMAT("__data_loc") };
	struct rig r;
	size_t i;

	rig_open(&r, &file, "aarch64", 88, swapped);
	rig_field(&r, 8, 4, 20);
	rig_field(&r, 12, 4, c->place);
	for (i = 0; i < 24; i++)
		rig_field(&r, 16 + i, 1, i < 18 ? (uint8_t)c->name[i] : 0);
	assert_int_equal(rig_decode(&r), KP_DECODE_EVENT);
	assert_int_equal(r.ev.kind, KP_EV_IRQ);
	assert_int_equal(r.ev.code, 20);
	assert_int_equal(r.ev.flags, c->flags);
	assert_int_equal(!!(r.ev.valid & KP_HAS_FLAGS), c->known);
	assert_false(r.ev.valid & KP_HAS_VALUE);
	assert_int_equal(r.ev.value, 0);
	rig_close(&r);
}

static void test_irq_names(void **state)
{
	size_t i;

	for (i = 0; i < KP_ARRAY_SIZE(names); i++) {
		check_name(&names[i], false);
		check_name(&names[i], true);
	}
}

static void collect(void *ctx, const struct kp_field *f)
{
	char *out = ctx, *end = out + strlen(out);

	switch (f->type) {
	case KP_FIELD_SIGNED:
		sprintf(end, "%s:d:%lld ", f->name, (long long)f->number);
		break;
	case KP_FIELD_UNSIGNED:
		sprintf(end, "%s:u:%llu ", f->name, (unsigned long long)f->number);
		break;
	case KP_FIELD_STRING:
		sprintf(end, "%s:s:%.*s ", f->name, (int)f->size, (const char *)f->bytes);
		break;
	case KP_FIELD_BYTES:
		sprintf(end, "%s:b:%zu ", f->name, f->size);
		break;
	case KP_FIELD_NONE:
		sprintf(end, "%s:- ", f->name);
		break;
	}
}

static void test_fields(void **state)
{
	const struct kp_format_file file = { "sched", "arm64/sched.sched_migrate_task", NULL };
	char out[512] = "";
	struct rig r;

	rig_open(&r, &file, "aarch64", 252, false);
	rig_field(&r, 8, 4, 28 | 3 << 16);
	rig_field(&r, 12, 4, 77);
	rig_field(&r, 28, 4, 0x4242);
	assert_int_equal(rig_decode(&r), KP_DECODE_EVENT);
	kp_decode_fields(r.dec, &r.raw, collect, out);
	assert_string_equal(out, "comm:s:BB pid:d:77 prio:d:0 orig_cpu:d:0 dest_cpu:d:0 ");
	rig_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_x86_exit),
		cmocka_unit_test(test_x86_exit_3_4),
		cmocka_unit_test(test_i686_unnamed),
		cmocka_unit_test(test_short_raw),
		cmocka_unit_test(test_msr),
		cmocka_unit_test(test_simple),
		cmocka_unit_test(test_foreign_byte_order),
		cmocka_unit_test(test_other_archs),
		cmocka_unit_test(test_arm64_4_4),
		cmocka_unit_test(test_irq_names),
		cmocka_unit_test(test_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
