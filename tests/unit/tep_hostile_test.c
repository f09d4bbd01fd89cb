// SPDX-License-Identifier: GPL-2.0-only
/*
 * tep_hostile_test.c - src/decode/tep_check.c: formats that no kernel wrote. What can be read of
 * them is read, and nothing that they say is done.
 */
#include "kp_test.h"

#include <stdlib.h>
#include <string.h>

#include "decode_helper.h"

#define HEAD(n, id)                                                                    \
	"name: " n "\nID: " #id "\nformat:\n"                                          \
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"         \
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"         \
	"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n" \
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
#define FIELD_A	  "\tfield:int a;\toffset:8;\tsize:4;\tsigned:1;\n"
#define FIELD_ARR "\tfield:u8 arr[4];\toffset:12;\tsize:4;\tsigned:0;\n"
#define FIELD_DYN "\tfield:__data_loc char[] dyn;\toffset:16;\tsize:4;\tsigned:0;\n"

static void check_text(const char *format, const char *text)
{
	const struct kp_format_file file = { "made", NULL, format };
	struct rig r;

	rig_open(&r, &file, "x86_64", 9, false);
	rig_field(&r, 8, 4, (uint32_t)-3);
	rig_field(&r, 12, 4, 0x04030201);
	rig_field(&r, 16, 4, 0xffffffff); /* a string where there is nothing */
	assert_int_equal(rig_decode(&r), KP_DECODE_EVENT);
	assert_int_equal(r.ev.kind, KP_EV_TRACEPOINT);
	rig_text(&r, text);
	rig_close(&r);
}

static void test_unsafe_print(void **state)
{
	static const char fields[] = " a=-3 arr=01020304 dyn=-";
	/* safe, so that the rest means something */
	check_text(HEAD("m", 9) FIELD_A FIELD_ARR FIELD_DYN "\nprint fmt: \"a %d\", REC->a\n",
		   "a -3");
	check_text(HEAD("m", 9) FIELD_A FIELD_ARR FIELD_DYN "\nprint fmt: \"%d\", REC->arr[2]\n",
		   "3");
	check_text(HEAD("m", 9) FIELD_A FIELD_ARR FIELD_DYN
		   "\nprint fmt: \"<%s>\", __get_str(dyn)\n",
		   "<>");
	/*
	 * division by zero, index outside, width without end, memory behind a pointer, a loop of
	 * 2^32
	 */
	check_text(HEAD("m", 9) FIELD_A FIELD_ARR FIELD_DYN "\nprint fmt: \"%d\", REC->a / 0\n",
		   fields);
	check_text(HEAD("m", 9) FIELD_A FIELD_ARR FIELD_DYN "\nprint fmt: \"%d\", 1 / REC->a\n",
		   fields);
	check_text(HEAD("m", 9) FIELD_A FIELD_ARR FIELD_DYN "\nprint fmt: \"%d\", REC->a % 0\n",
		   fields);
	check_text(HEAD("m", 9) FIELD_A FIELD_ARR FIELD_DYN
		   "\nprint fmt: \"%d\", REC->arr[123456789]\n",
		   fields);
	check_text(HEAD("m", 9) FIELD_A FIELD_ARR FIELD_DYN
		   "\nprint fmt: \"%d\", REC->arr[REC->a]\n",
		   fields);
	check_text(HEAD("m", 9) FIELD_A FIELD_ARR FIELD_DYN
		   "\nprint fmt: \"%999999999d\", REC->a\n",
		   fields);
	check_text(HEAD("m", 9) FIELD_A FIELD_ARR FIELD_DYN
		   "\nprint fmt: \"%*d\", REC->a, REC->a\n",
		   fields);
	check_text(HEAD("m", 9) FIELD_A FIELD_ARR FIELD_DYN "\nprint fmt: \"%pI4\", REC->a\n",
		   fields);
	check_text(HEAD("m", 9) FIELD_A FIELD_ARR FIELD_DYN
		   "\nprint fmt: \"%s\", __print_hex(REC->arr, REC->a)\n",
		   fields);
	check_text(HEAD("m", 9) FIELD_A FIELD_ARR FIELD_DYN
		   "\nprint fmt: \"%s\", some_function(REC->a)\n",
		   fields);
	check_text(HEAD("m", 9) FIELD_A FIELD_ARR FIELD_DYN, fields);
}

static char *deep(const char *open, const char *close, size_t levels)
{
	size_t i, at = 0;
	char *s = calloc(levels, strlen(open) + strlen(close) + 1);

	assert_non_null(s);
	s = realloc(s, levels * (strlen(open) + strlen(close)) + 4096);
	assert_non_null(s);
	at += (size_t)sprintf(s, "%s",
			      HEAD("m", 9) FIELD_A FIELD_ARR FIELD_DYN "\nprint fmt: \"%d\", ");
	for (i = 0; i < levels; i++)
		at += (size_t)sprintf(s + at, "%s", open);
	at += (size_t)sprintf(s + at, "REC->a");
	for (i = 0; i < levels; i++)
		at += (size_t)sprintf(s + at, "%s", close);
	sprintf(s + at, "\n");
	return s;
}

/* A parser that calls itself for each of these would run out of stack. */
static void test_deep_print(void **state)
{
	char *s;

	s = deep("(", ")", 20000);
	check_text(s, " a=-3 arr=01020304 dyn=-");
	free(s);
	s = deep("1+", "", 20000);
	check_text(s, " a=-3 arr=01020304 dyn=-");
	free(s);
	s = deep("(", "", 20);
	check_text(s, " a=-3 arr=01020304 dyn=-");
	free(s);
}

static void check_no_fields(const char *format)
{
	const struct kp_format_file file = { "kvm", NULL, format };
	struct rig r;

	rig_open(&r, &file, "x86_64", 9, false);
	assert_non_null(kp_decoder_warning(r.dec, 0));
	rig_field(&r, 64, 8, 1);
	assert_int_equal(rig_decode(&r), KP_DECODE_EVENT);
	assert_int_equal(r.ev.kind, KP_EV_TRACEPOINT);
	rig_text(&r, "");
	rig_close(&r);
}

static void test_no_formats(void **state)
{
	check_no_fields("garbage");
	check_no_fields("name: kvm_exit\nID: 9\n");
	check_no_fields(HEAD("kvm_exit", 9) "\tfield:int \001;\toffset:8;\tsize:4;\n");
	check_no_fields(HEAD("kvm_exit", 9) "\tfield:int a((((((;\toffset:8;\tsize:4;\n");
}

/* Fields at absurd places are no fields. */
static void test_absurd_fields(void **state)
{
	/* clang-format off */
	static const char format[] = HEAD("kvm_exit", 9)
		"\tfield:unsigned int exit_reason;\toffset:4294967290;\tsize:4;\tsigned:0;\n"
		"\tfield:unsigned long guest_rip;\toffset:70000;\tsize:8;\tsigned:0;\n"
		"\tfield:u32 isa;\toffset:8;\tsize:3;\tsigned:0;\n"
		"\tfield:u64 info1;\toffset:16;\tsize:2147483647;\tsigned:0;\n"
		"\tfield:u64 info2[2];\toffset:24;\tsize:8;\tsigned:0;\n"
		"\tfield:unsigned int vcpu_id;\toffset:12;\tsize:4;\tsigned:0;\n"
		"\nprint fmt: \"%d %d\", REC->exit_reason, REC->guest_rip\n";
	/* clang-format on */
	const struct kp_format_file file = { "kvm", NULL, format };
	char *out = NULL;
	size_t size;
	struct rig r;
	FILE *f;

	rig_open(&r, &file, "x86_64", 9, false);
	rig_field(&r, 12, 4, 3);
	rig_field(&r, 32, 8, 1);
	assert_int_equal(rig_decode(&r), KP_DECODE_EVENT);
	assert_int_equal(r.ev.kind, KP_EV_EXIT);
	assert_int_equal(r.ev.vcpu, 3);
	assert_false(r.ev.valid & (KP_HAS_CODE | KP_HAS_IP | KP_HAS_VALUE | KP_HAS_VALUE2));
	f = open_memstream(&out, &size);
	assert_non_null(f);
	assert_int_equal(kp_decode_print(r.dec, &r.raw, &r.ev, f), 0);
	fclose(f);
	assert_null(strstr(out, "guest_rip"));
	assert_non_null(strstr(out, " vcpu_id=0x3"));
	free(out);
	rig_close(&r);
}

/* The container cut at every byte: what was whole before still decodes, and nothing crashes. */
static void test_cut_container(void **state)
{
	const struct kp_format_file files[] = {
		{"kvm",	 "x86/kvm.kvm_entry", NULL },
		      { "kvm",  "x86/kvm.kvm_msr", NULL },
		  { 0}
	};
	struct kp_attr attr = {
		.attr = {.type = PERF_TYPE_TRACEPOINT, .config = 1756}
	};
	struct kp_meta meta = { .generation = 1, .attrs = &attr, .nr_attrs = 1 };
	struct kp_decoder *dec;
	size_t size, cut;
	void *whole = make_tracing(files, false, &size);
	int ret;

	for (cut = 0; cut < size - 16; cut++) {
		meta.tracing = malloc(cut ? cut : 1);
		assert_non_null(meta.tracing);
		memcpy(meta.tracing, whole, cut);
		meta.tracing_size = cut;
		ret = kp_decoder_new(&meta, &dec);
		assert_int_equal(ret, -EBADMSG);
		assert_non_null(dec);
		assert_non_null(kp_decoder_warning(dec, 0));
		kp_decoder_free(dec);
		free(meta.tracing);
	}
	free(whole);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unsafe_print),  cmocka_unit_test(test_deep_print),
		cmocka_unit_test(test_no_formats),    cmocka_unit_test(test_absurd_fields),
		cmocka_unit_test(test_cut_container),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
