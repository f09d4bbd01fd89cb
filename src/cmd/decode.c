// SPDX-License-Identifier: GPL-2.0-only
/*
 * decode.c - 'kvmpmu decode': what a number in a trace means. Options, operands from arguments or
 * stdin; the kinds are in decode_*.c.
 */
#include "cmd/decode_item.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/str.h"

static const struct kp_decode_kind kinds[] = {
	{ "msr", "MSR [VALUE]", "an MSR, by number or name", 1, 2, kp_decode_msr },
	{ "evtsel", "VALUE [EXTRA]", "an event selector; EXTRA: off-core response and the like", 1,
	  2, kp_decode_evtsel },
	{ "sysreg", "REGISTER [VALUE]", "an arm64 system register, by name or S3_3_C9_C12_0", 1, 2,
	  kp_decode_sysreg },
	{ "vmcs", "FIELD [VALUE]", "a VMCS field, by name or encoding", 1, 2, kp_decode_vmcs },
	{ "exit", "CODE [INFO1 [INFO2 [INTR]]]", "an exit reason, by number or name", 1, 4,
	  kp_decode_exit },
	{ "esr", "VALUE", "an arm64 exception syndrome", 1, 1, kp_decode_esr },
	{ "lvtpc", "VALUE", "the local vector of counter overflows", 1, 1, kp_decode_lvtpc },
	{ "perf-caps", "VALUE", "IA32_PERF_CAPABILITIES", 1, 1, kp_decode_perf_caps },
	{ "attr", "EVENT", "a perf event: its fields, and what :G and :H mean", 1, 1,
	  kp_decode_attr },
	{ "encode", "EVENT", "the reverse: from an event's name to its selector", 1, 1,
	  kp_decode_encode },
};

#define OPERANDS_MAX 6
#define WORDS_MAX     16 /* of a line: options and operands */
#define LINE_MAX_SIZE 4096
#define ITEMS_MAX     65536u /* of one document; text is written as it comes */

int kp_decode_error(const char *fmt, ...)
{
	va_list ap;

	fputs("kvmpmu decode: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return -EINVAL;
}

int kp_decode_number(const char *what, const char *s, uint64_t *out)
{
	if (!kp_str_u64(s, out))
		return 0;
	return kp_decode_error("%s '%s' is not a number of 64 bits, such as 64 or 0x40", what, s);
}

static const struct kp_decode_kind *find_kind(const char *name)
{
	size_t i;

	for (i = 0; i < KP_ARRAY_SIZE(kinds); i++)
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	return NULL;
}

/* ---- --model and --arch ---- */

static int add_model(struct kp_decode *d, const char *name)
{
	const struct kp_cpu *cpu = strchr(name, ',') || !strncmp(name, "0x", 2)
					   ? kp_cpu_of_cpuid(name)
					   : kp_cpu_find(name);

	if (!cpu)
		return kp_decode_error("no model '%s' is known; 'kvmpmu decode --list models' "
				       "shows them",
				       name);
	if (d->nr_cpus == KP_DECODE_CPUS_MAX)
		return kp_decode_error("at most %d models at once", KP_DECODE_CPUS_MAX);
	if (d->nr_cpus && strcmp(d->cpus[0]->arch, cpu->arch))
		return kp_decode_error("models of two architectures: %s is %s, %s is %s",
				       d->cpus[0]->name, d->cpus[0]->arch, cpu->name, cpu->arch);
	d->cpus[d->nr_cpus++] = cpu;
	return 0;
}

static int resolve_models(struct kp_decode *d)
{
	char *copy, *save = NULL, *name;
	int err = 0;

	if (!d->model_list)
		return 0;
	if (strchr(d->model_list, ',') && kp_cpu_of_cpuid(d->model_list))
		return add_model(d, d->model_list); /* perf's cpuid has commas of its own */
	copy = strdup(d->model_list);
	if (!copy)
		return -ENOMEM;
	for (name = strtok_r(copy, ",", &save); name && !err; name = strtok_r(NULL, ",", &save))
		err = add_model(d, name);
	free(copy);
	return err;
}

static int resolve(struct kp_decode *d)
{
	int err = resolve_models(d);

	if (err)
		return err;
	if (d->arch_name) {
		d->arch = kp_arch_by_name(d->arch_name);
		if (!d->arch)
			return kp_decode_error("no architecture '%s': intel, amd, arm64, riscv, "
					       "loongarch, s390, powerpc",
					       d->arch_name);
		if (d->nr_cpus && strcmp(d->cpus[0]->arch, d->arch_name))
			return kp_decode_error("--model %s is not of --arch %s", d->cpus[0]->name,
					       d->arch_name);
	} else if (d->nr_cpus) {
		d->arch = kp_arch_by_name(d->cpus[0]->arch);
	}
	if (d->format && strcmp(d->format, "text") && strcmp(d->format, "json") &&
	    strcmp(d->format, "csv"))
		return kp_decode_error("--format=%s: text, json or csv", d->format);
	return 0;
}

/* ---- one item ---- */

static int describe_input(struct kp_item *it, int argc, char **argv)
{
	char text[512] = "";
	size_t len = 0;
	int i;

	for (i = 0; i < argc && len < sizeof(text); i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", i ? " " : "",
					argv[i]);
	return kp_item_str(&it->input, "%s", text);
}

static bool is_text(const struct kp_decode *d)
{
	return !d->format || !strcmp(d->format, "text");
}

static void forget(struct kp_decode *d)
{
	struct kp_item *it;

	kp_vec_for_each (it, &d->items)
		kp_item_free(it);
	d->items.nr = 0;
}

static int show_and_forget(struct kp_decode *d)
{
	int err = kp_items_show(d);

	forget(d);
	return err;
}

static int decode_one(struct kp_decode *d, const struct kp_decode_kind *kind, int argc, char **argv)
{
	struct kp_item it = { .kind = kind->name };
	int err;

	if (argc < kind->min || argc > kind->max)
		return kp_decode_error("%s takes %s", kind->name, kind->args);
	if (d->items.nr >= ITEMS_MAX) {
		kp_decode_error("over %u items in one document; split the input, or use "
				"--format=text",
				ITEMS_MAX);
		return -E2BIG;
	}
	err = describe_input(&it, argc, argv);
	if (!err)
		err = kind->run(d, &it, argc, argv);
	if (!err)
		err = kp_vec_push(&d->items, it);
	if (err)
		kp_item_free(&it);
	return err ? err : is_text(d) ? show_and_forget(d) : 0;
}

/* ---- options ---- */

static const struct kp_usage usage = {
	.synopsis = "kvmpmu decode [OPTIONS] KIND OPERANDS...\n"
		    "kvmpmu decode [OPTIONS] KIND < FILE\n"
		    "kvmpmu decode [OPTIONS] - < FILE\n"
		    "kvmpmu decode --list [WHAT]",
	.text = "Says what a number in a trace means: registers with all their fields, event\n"
		"selectors, exit reasons, syndromes. Without operands, or with '-', reads one\n"
		"item a line from standard input; without KIND, '-' takes it from each line.\n"
		"A line may begin with options, which go for that line alone.\n"
		"\n"
		"Kinds:\n"
		"  msr MSR [VALUE]               an MSR, by number or name\n"
		"  evtsel VALUE [EXTRA]          an event selector (--arch, --model)\n"
		"  sysreg REGISTER [VALUE]       an arm64 system register, name or S3_3_C9_C12_0\n"
		"  vmcs FIELD [VALUE]            a VMCS field, by name or encoding\n"
		"  exit CODE [INFO1 [INFO2 [INTR]]]  an exit reason, by number or name (--isa)\n"
		"  esr VALUE                     an arm64 exception syndrome\n"
		"  lvtpc VALUE                   the local vector of counter overflows\n"
		"  perf-caps VALUE               IA32_PERF_CAPABILITIES\n"
		"  attr EVENT                    a perf event: its fields, what :G and :H mean\n"
		"  encode EVENT                  from an event's name to its selector (--model)",
	.footer = "Examples:\n"
		  "  kvmpmu decode msr 0xc0010200 0x200005300c0\n"
		  "  kvmpmu decode evtsel --model sapphire-rapids 0x5300c0\n"
		  "  kvmpmu decode sysreg pmevtyper3_el0 0x8000008 --model cortex-a53,cortex-a72\n"
		  "  kvmpmu decode exit --isa svm 0x7c 1\n"
		  "  kvmpmu decode encode --model zen4 RETIRED_INSTRUCTIONS:u:G",
};

/* Options may stand before, between and behind the operands. */
static int parse(struct kp_decode *d, int argc, char **argv, char **operands, int *nr, bool *help)
{
	const struct kp_opt opts[] = {
		{ 0, "arch", "ARCH", KP_OPT_STR, &d->arch_name, NULL, false,
		  "intel, amd or arm64; default: the model's, or the one that fits" },
		{ 'm', "model", "MODEL[,MODEL]", KP_OPT_STR, &d->model_list, NULL, false,
		  "processor, by name or cpuid; two: of a hybrid machine" },
		{ 0, "pmu", "PMU", KP_OPT_STR, &d->pmu_name, NULL, false,
		  "one of a hybrid model's: cpu_core, cpu_atom, cpu_lowpower" },
		{ 0, "perfmon", "VERSION", KP_OPT_U64, &d->perfmon, NULL, false,
		  "architectural perfmon version; newer fields are then reserved" },
		{ 0, "isa", "ISA", KP_OPT_STR, &d->isa_name, NULL, false,
		  "of an exit: vmx, svm, arm64, user" },
		{ 0, "format", "FORMAT", KP_OPT_STR, &d->format, NULL, false,
		  "text (default), json or csv" },
		{ 'l', "list", NULL, KP_OPT_FLAG, &d->list, NULL, false,
		  "list what is known: models, msr, sysreg, vmcs, exit, esr, events" },
		{ 0 },
	};
	int i = 0, n;

	for (;;) {
		n = kp_opts_parse(argc - i, argv + i, opts, &usage, help);
		if (n < 0 || *help)
			return n < 0 ? n : 0;
		i += n;
		if (i >= argc)
			return 0;
		if (*nr == OPERANDS_MAX)
			return kp_decode_error("too many operands; see 'kvmpmu decode --help'");
		operands[(*nr)++] = argv[i];
		argv[i] = (char *)kp_cmd_decode.name; /* what messages call the command */
	}
}

/* ---- stdin: one item a line, after options of its own ---- */

static int decode_words(struct kp_decode *d, const struct kp_decode_kind *kind, int argc,
			char **argv)
{
	const char *format = d->format;
	char *operands[OPERANDS_MAX];
	bool help = false;
	int nr = 0, first = 0, err;

	err = parse(d, argc, argv, operands, &nr, &help);
	if (err)
		return -EINVAL;
	if (help || d->list || d->format != format)
		return kp_decode_error("--help, --list and --format belong on the command line");
	err = resolve(d);
	if (err)
		return err;
	if (!kind) {
		kind = nr ? find_kind(operands[0]) : NULL;
		if (!kind)
			return kp_decode_error("'%s' is no kind; 'kvmpmu decode --help' lists them",
					       nr ? operands[0] : "");
		first = 1;
	}
	return decode_one(d, kind, nr - first, operands + first);
}

/* What a line's options say goes for that line alone. */
static int decode_line(struct kp_decode *d, const struct kp_decode_kind *kind, char *line)
{
	char *words[1 + WORDS_MAX + 1] = { (char *)kp_cmd_decode.name }, *save = NULL, *w;
	struct kp_decode own;
	int nr = 1, err;

	/* an event's name may hold anything but white space */
	for (w = strtok_r(line, " \t\r\n", &save); w; w = strtok_r(NULL, " \t\r\n", &save)) {
		if (nr > WORDS_MAX)
			return kp_decode_error("over %d words", WORDS_MAX);
		words[nr++] = w;
	}
	if (nr == 1 || words[1][0] == '#')
		return 0;
	own = *d;
	own.nr_cpus = 0; /* resolved anew from the names */
	own.arch = NULL;
	err = decode_words(&own, kind, nr, words);
	d->items = own.items;
	return err;
}

/* The rest of a line that nobody wrote by hand. */
static int skip_line(void)
{
	int c;

	while ((c = getchar()) != EOF && c != '\n')
		;
	return kp_decode_error("a line has over %d characters", LINE_MAX_SIZE - 2);
}

static int decode_stdin(struct kp_decode *d, const struct kp_decode_kind *kind)
{
	char line[LINE_MAX_SIZE];
	size_t number = 0, bad = 0;
	bool whole;
	int err = 0;

	while (fgets(line, sizeof(line), stdin)) {
		number++;
		whole = strchr(line, '\n') || feof(stdin);
		err = whole ? decode_line(d, kind, line) : skip_line();
		if (err == -EINVAL) {
			kp_decode_error("line %zu left out", number);
			bad++;
			err = 0;
		}
		if (err)
			break;
	}
	if (!err && ferror(stdin))
		err = errno ? -errno : -EIO;
	return err ? err : bad ? -EINVAL : 0;
}

static int decode_all(struct kp_decode *d, int nr, char **operands)
{
	const struct kp_decode_kind *kind;

	if (d->list)
		return kp_decode_list(d, nr ? operands[0] : NULL);
	if (!nr)
		return kp_decode_error("decode what? see 'kvmpmu decode --help'");
	if (nr == 1 && !strcmp(operands[0], "-"))
		return decode_stdin(d, NULL);
	kind = find_kind(operands[0]);
	if (!kind)
		return kp_decode_error("'%s' is nothing that can be decoded; see "
				       "'kvmpmu decode --help'",
				       operands[0]);
	if (nr > 1 && strcmp(operands[1], "-"))
		return decode_one(d, kind, nr - 1, operands + 1);
	if (nr == 1 && isatty(STDIN_FILENO))
		return kp_decode_error("%s takes %s, or lines on standard input", kind->name,
				       kind->args);
	return decode_stdin(d, kind);
}

static void free_all(struct kp_decode *d)
{
	forget(d);
	kp_vec_free(&d->items);
	kp_evnames_free(d->names);
}

static int run(const struct kp_ctx *ctx, int argc, char **argv)
{
	struct kp_decode d = { .ctx = ctx };
	char *operands[OPERANDS_MAX];
	int nr = 0, err, show;
	bool help = false;

	err = parse(&d, argc, argv, operands, &nr, &help);
	if (err || help)
		return err ? KP_EXIT_USAGE : KP_EXIT_OK;
	err = resolve(&d);
	if (!err)
		err = kp_evnames_new(&d.names);
	if (!err)
		err = decode_all(&d, nr, operands);
	show = d.items.nr || (!err && !d.list && !is_text(&d)) ? kp_items_show(&d) : 0;
	free_all(&d);
	if (err == -EINVAL)
		return KP_EXIT_USAGE;
	err = err ? err : show;
	if (err && err != -EPIPE && err != -E2BIG) /* the latter was said already */
		kp_err("decode: %s", strerror(-err));
	return err ? KP_EXIT_FAILED : KP_EXIT_OK;
}

const struct kp_cmd kp_cmd_decode = {
	.name = "decode",
	.summary = "say what a number in a trace means",
	.run = run,
};
