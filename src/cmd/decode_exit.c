// SPDX-License-Identifier: GPL-2.0-only
/*
 * decode_exit.c - 'kvmpmu decode' of exits: reasons with the numbers that come with them, and
 * arm64's exception syndromes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cmd/decode_item.h"
#include "decode/arm64_sysreg.h"
#include "decode/x86_exit.h"
#include "lib/str.h"

#define USER_EXITS 64 /* KVM_EXIT_* are few; include/uapi/linux/kvm.h */

/* Every reason of an ISA, to look names up in: false ends it. */
static const char *user_name(uint8_t isa, uint32_t code)
{
	return kp_user_exit_name(code);
}

static bool user_next(uint32_t *code)
{
	for (; *code < USER_EXITS; (*code)++)
		if (kp_user_exit_name(*code))
			return true;
	return false;
}

static const char *vmx_name(uint8_t isa, uint32_t code)
{
	return kp_vmx_exit_name(code);
}

static const char *svm_name(uint8_t isa, uint32_t code)
{
	return kp_svm_exit_name(code);
}

/* On the command line an arm64 reason is the exception class; a packed code works as well. */
static const char *arm64_name(uint8_t isa, uint32_t code)
{
	return code < 64 ? kp_esr_class_name((uint8_t)code)
			 : kp_arch_by_name("arm64")->exit_name(KP_ISA_ARM64, code);
}

static const char *arm64_help(uint32_t code)
{
	return code < 64 ? kp_esr_class_help((uint8_t)code) : NULL;
}

static bool arm64_next(uint32_t *code)
{
	for (; *code < 64; (*code)++)
		if (kp_esr_class_name((uint8_t)*code))
			return true;
	return false;
}

static const struct isa {
	const char *name;
	const char *arch;
	uint8_t isa;
	const char *(*reason)(uint8_t isa, uint32_t code);
	bool (*next)(uint32_t *code);
	const char *(*help)(uint32_t code);
} isas[] = {
	{ "vmx", "intel", KP_ISA_VMX, vmx_name, kp_vmx_exit_next, kp_vmx_exit_help },
	{ "svm", "amd", KP_ISA_SVM, svm_name, kp_svm_exit_next, kp_svm_exit_help },
	{ "arm64", "arm64", KP_ISA_ARM64, arm64_name, arm64_next, arm64_help },
	{ "user", NULL, KP_ISA_UNKNOWN, user_name, user_next, NULL },
};

static const struct isa *find_isa(const struct kp_decode *d)
{
	size_t i;

	for (i = 0; i < KP_ARRAY_SIZE(isas); i++) {
		if (d->isa_name ? !strcmp(isas[i].name, d->isa_name)
				: d->arch && isas[i].arch && !strcmp(isas[i].arch, d->arch->name))
			return &isas[i];
	}
	return NULL;
}

static bool find_reason(const struct isa *isa, const char *name, uint32_t *code)
{
	for (*code = 0; isa->next(code); (*code)++) {
		if (!strcasecmp(isa->reason(isa->isa, *code), name))
			return true;
		if (*code == UINT32_MAX)
			break;
	}
	return false;
}

/* A name without --isa: whoever has it. */
static int resolve_reason(const struct kp_decode *d, const char *text, const struct isa **isa,
			  uint32_t *code)
{
	uint64_t n;
	size_t i;

	*isa = find_isa(d);
	if (d->isa_name && !*isa)
		return kp_decode_error("--isa %s: vmx, svm, arm64 or user", d->isa_name);
	if (!kp_str_u64(text, &n)) {
		if (!*isa)
			return kp_decode_error("an exit's number needs --isa (vmx, svm, ...)");
		if (n > UINT32_MAX && n < UINT64_MAX - UINT32_MAX)
			return kp_decode_error("exit reasons have 32 bits, %s has more", text);
		*code = (uint32_t)n;
		return 0;
	}
	if (*isa)
		return find_reason(*isa, text, code)
			       ? 0
			       : kp_decode_error("%s has no exit '%s'; 'kvmpmu decode --list exit' "
						 "shows them",
						 (*isa)->name, text);
	for (i = 0; i < KP_ARRAY_SIZE(isas); i++) {
		*isa = &isas[i];
		if (find_reason(*isa, text, code))
			return 0;
	}
	return kp_decode_error("no exit '%s' is known; see 'kvmpmu decode --list exit'", text);
}

/* VMX: bits above the basic reason (SDM volume 3C, 25.9.1) */
static int note_vmx_flags(struct kp_item *it, uint32_t code)
{
	static const struct {
		uint32_t bit;
		const char *text;
	} flags[] = {
		{ 1u << 31, "the VM entry failed" },
		{ 1u << 29, "from VMX root operation" },
		{ 1u << 28, "a pending MTF VM exit" },
		{ 1u << 27, "in enclave mode" },
		{ 1u << 26, "by a bus lock" },
		{ 1u << 25, "a shadow stack was busy" },
	};
	size_t i;
	int err = 0;

	for (i = 0; i < KP_ARRAY_SIZE(flags) && !err; i++)
		if (code & flags[i].bit)
			err = kp_item_note(it, "bit %d: %s", __builtin_ctz(flags[i].bit),
					   flags[i].text);
	return err;
}

static int add_datum(struct kp_decode *d, struct kp_item *it, const struct isa *isa, uint32_t code,
		     enum kp_exit_datum which, const char *text)
{
	const struct kp_arch *arch = isa->arch ? kp_arch_by_name(isa->arch) : NULL;
	struct kp_regfield fields[KP_REGFIELDS_MAX];
	const struct kp_bits *bits;
	const char *name;
	uint64_t v;
	int err = kp_decode_number("exit information", text, &v);

	if (err)
		return err;
	if (!arch || !arch->exit_datum || !arch->exit_datum(isa->isa, code, which, &name, &bits))
		return kp_decode_error("exits of %s carry no such information", isa->name);
	fields[0] = (struct kp_regfield){ .hi = 63, .lo = 0, .name = name, .value = v };
	err = kp_item_fields(it, fields, 1);
	if (!err && bits)
		err = kp_item_fields(it, fields, kp_bits_decode(bits, 0, v, fields));
	return err;
}

int kp_decode_exit(struct kp_decode *d, struct kp_item *it, int argc, char **argv)
{
	const struct isa *isa;
	const char *name;
	uint32_t code;
	int i, err = resolve_reason(d, argv[0], &isa, &code);

	if (err)
		return err;
	name = isa->reason(isa->isa, code);
	it->has_number = true;
	it->number = code;
	err = kp_item_str(&it->arch, "%s", isa->name);
	if (!err && name)
		err = kp_item_str(&it->name, "%s", name);
	if (!err && !name)
		err = kp_item_note(it, "no exit reason of %s has this number", isa->name);
	if (!err && isa->help && isa->help(code))
		err = kp_item_str(&it->meaning, "%s", isa->help(code));
	if (!err && isa->isa == KP_ISA_VMX)
		err = note_vmx_flags(it, code);
	for (i = 1; i < argc && !err; i++)
		err = add_datum(d, it, isa, code, (enum kp_exit_datum)(i - 1), argv[i]);
	return err;
}

int kp_decode_esr(struct kp_decode *d, struct kp_item *it, int argc, char **argv)
{
	struct kp_regfield fields[KP_REGFIELDS_MAX];
	char text[128];
	const char *name;
	int err = kp_decode_number("syndrome", argv[0], &it->value);

	if (err)
		return err;
	it->has_value = true;
	name = kp_esr_class_name(it->value >> 26 & 0x3f);
	err = kp_item_str(&it->arch, "arm64");
	if (!err)
		err = name ? kp_item_str(&it->name, "%s", name)
			   : kp_item_note(it, "this exception class is not allocated");
	if (!err && kp_esr_text(it->value, text, sizeof(text)))
		err = kp_item_str(&it->meaning, "%s", text);
	else if (!err && name)
		err = kp_item_str(&it->meaning, "%s",
				  kp_esr_class_help(it->value >> 26 & 0x3f));
	return err ? err : kp_item_fields(it, fields, kp_esr_decode(it->value, fields));
}
