// SPDX-License-Identifier: GPL-2.0-only
/*
 * names.c - names of exit reasons out of the recording's own print format, for architectures and
 * kernels that no table here knows; numbers for what has no name anywhere. Bounded, and safe to ask
 * from one thread while another learns.
 */
#include "tep.h"

#include <stdlib.h>

/*
 * A reason is told by the field that becomes the event's code; on arm64, whose code is packed from
 * two fields, the second one names traps. Keys: isa, which field, value.
 */
enum which { FIELD_CODE, FIELD_EXTRA, NUMBER };

#define ARM_EXCEPTION_TRAP 2

static uint64_t key_of(uint8_t isa, enum which which, uint32_t value)
{
	if (isa == KP_ISA_ARM64)
		value &= 0xff; /* all that KP_ARM64_EXIT() keeps */
	else if (isa == KP_ISA_VMX)
		value &= 0xffff; /* flags above the basic reason */
	return (uint64_t)isa << 40 | (uint64_t)which << 32 | value;
}

static void names_lock(struct kp_names *n)
{
	while (atomic_flag_test_and_set_explicit(&n->lock, memory_order_acquire))
		;
}

static void names_unlock(struct kp_names *n)
{
	atomic_flag_clear_explicit(&n->lock, memory_order_release);
}

void kp_names_init(struct kp_names *n)
{
	*n = (struct kp_names){ .lock = ATOMIC_FLAG_INIT };
}

void kp_names_free(struct kp_names *n)
{
	size_t i;

	for (i = 0; i < n->list.nr; i++)
		free(n->list.at[i]);
	kp_vec_free(&n->list);
	kp_hash_free(&n->index);
}

/* Takes @name over. A name once given stays: somebody may hold it. */
static const char *names_add(struct kp_names *n, uint64_t key, char *name)
{
	if (!name)
		return NULL;
	if (n->list.nr >= KP_NAMES_MAX || kp_vec_push(&n->list, name)) {
		free(name);
		return NULL;
	}
	(void)kp_hash_put(&n->index, key, (uintptr_t)name);
	return name;
}

static const char *names_find(struct kp_names *n, uint64_t key)
{
	uint64_t *at = kp_hash_get(&n->index, key);

	return at ? (const char *)(uintptr_t)*at : NULL;
}

/* ---- learning ---- */

/* struct lesson - @isa: of the branch that is walked; @row: which fields matter */
struct lesson {
	struct kp_names *names;
	const struct kp_tp *row;
	uint8_t isa;
	int left; /* nodes still to be looked at */
};

/* The field below casts and masks: REC->exit_reason & 0xffff */
static const char *field_name(const struct tep_print_arg *arg)
{
	int i;

	for (i = 0; arg && i < 8; i++) {
		if (arg->type == TEP_PRINT_FIELD)
			return arg->field.name;
		if (arg->type == TEP_PRINT_TYPE)
			arg = arg->typecast.item;
		else if (arg->type == TEP_PRINT_OP && arg->op.op && !strcmp(arg->op.op, "&"))
			arg = arg->op.left;
		else
			return NULL;
	}
	return NULL;
}

static bool row_has(const struct kp_tp *row, const char *name, uint32_t valid)
{
	const struct kp_tp_field *f;

	for (f = row->fields; f->name; f++)
		if (f->valid == valid &&
		    (!strcmp(f->name, name) || (f->alt && !strcmp(f->alt, name))))
			return true;
	return false;
}

static void learn_symbols(const struct lesson *l, const struct tep_print_arg *arg)
{
	const struct tep_print_flag_sym *sym;
	const char *field = field_name(arg->symbol.field);
	enum which which;
	uint64_t key;

	if (!field)
		return;
	if (row_has(l->row, field, KP_HAS_CODE))
		which = FIELD_CODE;
	else if (l->isa == KP_ISA_ARM64 && row_has(l->row, field, KP_HAS_EXTRA))
		which = FIELD_EXTRA;
	else
		return;
	for (sym = arg->symbol.symbols; sym; sym = sym->next) {
		if (!sym->value || !sym->str)
			continue;
		key = key_of(l->isa, which, (uint32_t)strtoull(sym->value, NULL, 0));
		if (!names_find(l->names, key))
			names_add(l->names, key, strndup(sym->str, 64));
	}
}

/* REC->isa == N ? a : b, as on x86: a is for isa N, b for the other one. */
static uint8_t isa_condition(const struct tep_print_arg *arg)
{
	const char *name;

	if (!arg || arg->type != TEP_PRINT_OP || !arg->op.op || strcmp(arg->op.op, "=="))
		return 0;
	name = field_name(arg->op.left);
	if (!name || strcmp(name, "isa") || !arg->op.right || arg->op.right->type != TEP_PRINT_ATOM)
		return 0;
	return (uint8_t)strtoul(arg->op.right->atom.atom, NULL, 0);
}

static void learn_arg(struct lesson *l, const struct tep_print_arg *arg);

static void learn_op(struct lesson *l, const struct tep_print_arg *arg)
{
	const struct tep_print_arg *right = arg->op.right;
	uint8_t isa = isa_condition(arg->op.left), outer = l->isa;

	if (isa && arg->op.op && !strcmp(arg->op.op, "?") && right && right->type == TEP_PRINT_OP) {
		l->isa = isa;
		learn_arg(l, right->op.left);
		l->isa = isa == KP_ISA_VMX ? KP_ISA_SVM : KP_ISA_VMX;
		learn_arg(l, right->op.right);
		l->isa = outer;
		return;
	}
	learn_arg(l, arg->op.left);
	learn_arg(l, right);
}

static void learn_arg(struct lesson *l, const struct tep_print_arg *arg)
{
	if (!arg || l->left-- <= 0)
		return;
	if (arg->type == TEP_PRINT_SYMBOL)
		learn_symbols(l, arg);
	else if (arg->type == TEP_PRINT_TYPE)
		learn_arg(l, arg->typecast.item);
	else if (arg->type == TEP_PRINT_OP)
		learn_op(l, arg);
}

void kp_names_learn(struct kp_names *n, const struct kp_tp *tp, uint8_t isa,
		    const struct tep_event *event)
{
	struct lesson l = { .names = n, .row = tp, .isa = isa, .left = 2048 };
	const struct tep_print_arg *arg;

	names_lock(n);
	for (arg = event->print_fmt.args; arg; arg = arg->next)
		learn_arg(&l, arg);
	names_unlock(n);
}

/* ---- asking ---- */

static const char *known(struct kp_names *n, uint8_t isa, uint32_t code)
{
	if (isa != KP_ISA_ARM64)
		return names_find(n, key_of(isa, FIELD_CODE, code));
	if ((code & 0xff) == ARM_EXCEPTION_TRAP)
		return names_find(n, key_of(isa, FIELD_EXTRA, code >> 8));
	return names_find(n, key_of(isa, FIELD_CODE, code));
}

const char *kp_names_get(struct kp_names *n, uint8_t isa, uint32_t code)
{
	const char *name;
	char *text;

	names_lock(n);
	name = known(n, isa, code);
	if (!name)
		name = names_find(n, key_of(0, NUMBER, code));
	if (!name) {
		if (asprintf(&text, "0x%x", code) < 0)
			text = NULL;
		name = names_add(n, key_of(0, NUMBER, code), text);
	}
	names_unlock(n);
	return name ? name : "0x?";
}
