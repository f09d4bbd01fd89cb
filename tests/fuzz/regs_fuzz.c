// SPDX-License-Identifier: GPL-2.0-only
/*
 * regs_fuzz.c - every decoder of registers, selectors, exits and syndromes with any number: bytes
 * of the input are a stream of {what, 32-bit number, 64-bit value} and, behind a zero byte, a name.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "arch.h"
#include "decode/arm64_sysreg.h"
#include "evname.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define RECORD 13

static void decode_regs(const struct kp_arch *arch, uint32_t reg, uint64_t value)
{
	struct kp_regfield fields[KP_REGFIELDS_MAX];
	const struct kp_reg *r;
	unsigned int index, version;
	char name[64];

	if (!arch->regs)
		return;
	kp_arch_reg_name(arch, reg, name, sizeof(name));
	kp_arch_reg_is_pmu(arch, reg);
	r = kp_reg_find(arch->regs, reg, &index);
	if (!r)
		return;
	for (version = 0; version < 8; version++)
		if (kp_bits_decode(r->fields, version, value, fields) > KP_REGFIELDS_MAX)
			abort();
}

static void decode_exit(const struct kp_arch *arch, uint8_t isa, uint32_t code, uint64_t value)
{
	struct kp_regfield fields[KP_REGFIELDS_MAX];
	const struct kp_bits *bits;
	const char *name;
	int which;

	arch->exit_name(isa, code);
	arch->exit_is_pmu(isa, code);
	for (which = 0; arch->exit_datum && which < KP_EXIT_DATA; which++)
		if (arch->exit_datum(isa, code, (enum kp_exit_datum)which, &name, &bits))
			kp_bits_decode(bits, 0, value, fields);
}

static void decode_esr(uint64_t value)
{
	struct kp_regfield fields[KP_REGFIELDS_MAX];
	char text[24]; /* shorter than some texts */

	if (kp_esr_decode(value, fields) > KP_REGFIELDS_MAX)
		abort();
	kp_esr_text(value, text, sizeof(text));
}

static void decode_event(struct kp_evnames *names, uint32_t which, uint64_t value, uint64_t extra)
{
	const struct kp_cpu *cpu = NULL;
	struct kp_evname name;
	unsigned int iter = 0, p;

	for (which %= 100; (cpu = kp_cpu_next(&iter)) && which; which--)
		;
	for (p = 0; cpu && p <= cpu->nr_pmus; p++)
		if (!kp_evname_of(names, cpu, p, value, extra, &name) &&
		    strnlen(name.name, sizeof(name.name)) == sizeof(name.name))
			abort();
}

static void decode_name(struct kp_evnames *names, const char *text)
{
	static const char *const models[] = { "skylake", "zen4", "zen5", "cortex-a53", "intel" };
	struct kp_evcode code;
	char err[64];
	uint32_t reg;
	size_t i;

	for (i = 0; kp_archs[i]; i++)
		if (kp_archs[i]->regs)
			kp_reg_by_name(kp_archs[i]->regs, text, &reg);
	kp_cpu_of_cpuid(text);
	for (i = 0; i < KP_ARRAY_SIZE(models); i++)
		kp_evname_encode(names, kp_cpu_find(models[i]), 0, text, &code, err, sizeof(err));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct kp_evnames *names; /* tables of libpfm4 are slow to index: once a process */
	char text[256];
	uint64_t value;
	uint32_t number;
	size_t i;

	if (!names && kp_evnames_new(&names))
		return 0;
	for (; size >= RECORD && data[0]; data += RECORD, size -= RECORD) {
		memcpy(&number, data + 1, sizeof(number));
		memcpy(&value, data + 5, sizeof(value));
		for (i = 0; kp_archs[i]; i++) {
			decode_regs(kp_archs[i], number, value);
			decode_exit(kp_archs[i], data[0], number, value);
		}
		decode_esr(value);
		if (data[0] & 1)
			decode_event(names, data[0] >> 1, value, number);
	}
	if (size > 1 && !data[0]) {
		size = kp_min_u64(size - 1, sizeof(text) - 1);
		memcpy(text, data + 1, size);
		text[size] = '\0';
		decode_name(names, text);
	}
	return 0;
}
