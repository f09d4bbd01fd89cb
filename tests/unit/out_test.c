// SPDX-License-Identifier: GPL-2.0-only
/*
 * out_test.c - src/out: one document in every format, byte for byte; scaling; hostile strings;
 * errors.
 */
#include "kp_test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "out.h"
#include "out/ops.h"

struct doc {
	char *text;
	size_t size;
	FILE *f;
	struct kp_out *out;
};

static void doc_begin(struct doc *d, const char *format, enum kp_color color)
{
	struct kp_out_opts opts = {
		.format = format, .schema = "kvmpmu-test/3", .title = "A test", .color = color
	};

	*d = (struct doc){ 0 };
	d->f = open_memstream(&d->text, &d->size);
	assert_non_null(d->f);
	opts.stream = d->f;
	assert_int_equal(kp_out_new(&opts, &d->out), 0);
}

static void doc_end(struct doc *d, const char *want)
{
	assert_int_equal(kp_out_finish(d->out), 0);
	fclose(d->f);
	assert_string_equal(d->text, want);
	free(d->text);
}

static const enum kp_col cols[] = { KP_COL_REASON, KP_COL_COUNT, KP_COL_DATA(KP_COL_TIME_PCT),
				    KP_COL_TOTAL_NS, KP_COL_REASON_CODE };

static void write_rows(struct kp_out *out)
{
	kp_out_row(out,
		   (struct kp_val[]){ kp_val_str("EPT, \"quoted\""), kp_val_u64(1234567),
				      kp_val_f64(12.5), kp_val_u64(61234567), kp_val_hex(0x30) });
	kp_out_row(out, (struct kp_val[]){ kp_val_str("io"), kp_val_u64(7), kp_val_f64(NAN),
					   kp_val_none(), kp_val_none() });
}

static void write_doc(struct kp_out *out)
{
	static const enum kp_col none[] = { KP_COL_CPU };

	kp_out_field(out, "recording.host", "Host", KP_UNIT_NONE, kp_val_str("a"));
	kp_out_field(out, "recording.events", "Number of events", KP_UNIT_COUNT, kp_val_u64(12345));
	kp_out_field(out, "recording.clock", NULL, KP_UNIT_NONE, kp_val_none());
	kp_out_field(out, NULL, "For people", KP_UNIT_NS, kp_val_u64(1500));
	kp_out_note(out, "%s", "all is well");
	kp_out_table(out, "exits", "Exits", cols, KP_ARRAY_SIZE(cols));
	write_rows(out);
	kp_out_table_end(out);
	kp_out_table(out, "lost", "Lost", none, 1);
	kp_out_table_end(out);
}

static void test_text(void **state)
{
	struct doc d;

	(void)state;
	doc_begin(&d, "text", KP_COLOR_NEVER);
	write_doc(d.out);
	doc_end(&d, "A test\n"
		    "  Host              a\n"
		    "  Number of events  12,345\n"
		    "  For people        1.50us\n"
		    "\n"
		    "note: all is well\n"
		    "\n"
		    "Exits\n"
		    "Reason             Count   Total  Code\n"
		    "EPT, \"quoted\"  1,234,567  61.2ms  0x30\n"
		    "io                     7       -     -\n");
}

static void test_color(void **state)
{
	struct doc d;

	(void)state;
	doc_begin(&d, "text", KP_COLOR_ALWAYS);
	kp_out_note(d.out, "x");
	doc_end(&d, "\033[1mA test\033[0m\n\n\033[1mnote:\033[0m x\n");
}

static void test_json(void **state)
{
	struct doc d;

	(void)state;
	doc_begin(&d, "json", KP_COLOR_ALWAYS);
	write_doc(d.out);
	doc_end(&d, "{\n"
		    "  \"schema\": \"kvmpmu-test\",\n"
		    "  \"version\": 3,\n"
		    "  \"notes\": [\n    \"all is well\"\n  ],\n"
		    "  \"recording\": {\"host\": \"a\", \"events\": 12345, \"clock\": null},\n"
		    "  \"exits\": [\n"
		    "    {\"reason\": \"EPT, \\\"quoted\\\"\", \"count\": 1234567, "
		    "\"time_pct\": 12.5, \"total_ns\": 61234567, \"reason_code\": \"0x30\"},\n"
		    "    {\"reason\": \"io\", \"count\": 7, \"time_pct\": null, "
		    "\"total_ns\": null, \"reason_code\": null}\n"
		    "  ],\n"
		    "  \"lost\": []\n"
		    "}\n");
}

static void test_csv(void **state)
{
	struct doc d;

	(void)state;
	doc_begin(&d, "csv", KP_COLOR_ALWAYS);
	write_doc(d.out);
	doc_end(&d, "# kvmpmu-test/3\n"
		    "\n"
		    "# fields: values of the whole document\n"
		    "key,value\n"
		    "recording.host,a\n"
		    "recording.events,12345\n"
		    "recording.clock,\n"
		    "# note: all is well\n"
		    "\n"
		    "# exits: Exits\n"
		    "reason,count,time_pct,total_ns,reason_code\n"
		    "\"EPT, \"\"quoted\"\"\",1234567,12.5,61234567,0x30\n"
		    "io,7,,,\n"
		    "\n"
		    "# lost: Lost\n"
		    "cpu\n");
}

static void assert_cell(enum kp_unit unit, struct kp_val val, const char *want)
{
	struct kp_buf buf = { 0 };

	assert_int_equal(kp_out_cell(&buf, unit, val), 0);
	assert_string_equal(buf.data, want);
	kp_buf_free(&buf);
}

static void test_cells(void **state)
{
	(void)state;
	assert_cell(KP_UNIT_NS, kp_val_u64(0), "0ns");
	assert_cell(KP_UNIT_NS, kp_val_u64(999), "999ns");
	assert_cell(KP_UNIT_NS, kp_val_f64(12.345), "12.3ns");
	assert_cell(KP_UNIT_NS, kp_val_u64(1000), "1.00us");
	assert_cell(KP_UNIT_NS, kp_val_u64(9996), "10.0us");
	assert_cell(KP_UNIT_NS, kp_val_u64(99960), "100us");
	assert_cell(KP_UNIT_NS, kp_val_u64(999400), "999us");
	assert_cell(KP_UNIT_NS, kp_val_u64(999600), "1.00ms");
	assert_cell(KP_UNIT_NS, kp_val_u64(4930760000), "4.93s");
	assert_cell(KP_UNIT_NS, kp_val_u64(123456000000000), "123456s");
	assert_cell(KP_UNIT_COUNT, kp_val_u64(0), "0");
	assert_cell(KP_UNIT_COUNT, kp_val_u64(999), "999");
	assert_cell(KP_UNIT_COUNT, kp_val_u64(1000), "1,000");
	assert_cell(KP_UNIT_COUNT, kp_val_u64(UINT64_MAX), "18,446,744,073,709,551,615");
	assert_cell(KP_UNIT_PER_SEC, kp_val_f64(1234567), "1.23M");
	assert_cell(KP_UNIT_BYTES, kp_val_u64(65536), "64.0K");
	assert_cell(KP_UNIT_PERCENT, kp_val_f64(38.805970), "38.81");
	assert_cell(KP_UNIT_NONE, kp_val_bool(true), "yes");
	assert_cell(KP_UNIT_NONE, kp_val_hex(UINT64_MAX), "0xffffffffffffffff");
	assert_cell(KP_UNIT_COUNT, kp_val_f64(2012.5), "2012");
	assert_cell(KP_UNIT_COUNT, kp_val_f64(123456.7), "123,457");
	assert_cell(KP_UNIT_COUNT, kp_val_none(), "-");
	assert_cell(KP_UNIT_NS, kp_val_f64(INFINITY), "-");
}

static void assert_clean(const char *in, const char *want)
{
	struct kp_buf buf = { 0 };

	assert_int_equal(kp_out_clean(&buf, in), 0);
	assert_string_equal(buf.data, want);
	kp_buf_free(&buf);
}

/* A comm may be any 15 bytes: they must neither drive the terminal nor break the JSON. */
static void test_hostile_strings(void **state)
{
	struct doc d;

	(void)state;
	assert_clean("plain", "plain");
	assert_clean("a\033[31mb\n\t\177", "a?[31mb???");
	assert_clean("\303\274ber \342\202\254 \360\237\220\247",
		     "\303\274ber \342\202\254 \360\237\220\247");
	assert_clean("\302\233x", "??x"); /* C1: CSI */
	assert_clean("\300\257\355\240\200\364\220\200\200\377", "??????????");
	assert_clean("cut\342\202", "cut??");
	doc_begin(&d, "json", KP_COLOR_NEVER);
	kp_out_field(d.out, "a", "A", KP_UNIT_NONE, kp_val_str("\377\033"));
	kp_out_note(d.out, "\377");
	doc_end(&d, "{\n  \"schema\": \"kvmpmu-test\",\n  \"version\": 3,\n"
		    "  \"notes\": [\n    \"?\"\n  ],\n  \"a\": \"??\"\n}\n");
}

static void test_long_note_wraps(void **state)
{
	struct doc d;

	(void)state;
	doc_begin(&d, "text", KP_COLOR_NEVER);
	kp_out_note(d.out,
		    "one two three four five six seven eight nine ten eleven twelve thirteen "
		    "fourteen");
	doc_end(&d,
		"A test\n\nnote: one two three four five six seven eight nine ten eleven twelve "
		"thirteen\n      fourteen\n");
}

static void test_errors(void **state)
{
	struct kp_out_opts opts = { .format = "xml", .schema = "a/1", .stream = stdout };
	struct kp_out *out = NULL;

	(void)state;
	assert_int_equal(kp_out_new(&opts, &out), -EINVAL);
	opts.format = "text";
	opts.stream = fopen("/dev/full", "w");
	assert_non_null(opts.stream);
	assert_int_equal(kp_out_new(&opts, &out), 0);
	write_doc(out);
	assert_int_equal(kp_out_finish(out), -ENOSPC);
	fclose(opts.stream);
	kp_out_free(NULL);
}

static void test_columns(void **state)
{
	int i, j;

	(void)state;
	for (i = 0; i < KP_COL_NR; i++) {
		assert_non_null(kp_columns[i].key);
		assert_non_null(kp_columns[i].title);
		assert_non_null(kp_columns[i].help);
		for (j = 0; j < i; j++)
			assert_string_not_equal(kp_columns[i].key, kp_columns[j].key);
		if (kp_columns[i].unit == KP_UNIT_NS)
			assert_non_null(strstr(kp_columns[i].key, "_ns"));
		if (kp_columns[i].unit == KP_UNIT_PERCENT)
			assert_non_null(strstr(kp_columns[i].key, "_pct"));
		assert_int_equal(kp_column_find(kp_columns[i].key), i);
	}
	assert_int_equal(kp_column_find("total"), KP_COL_TOTAL_NS);
	assert_int_equal(kp_column_find("count"), KP_COL_COUNT);
	assert_int_equal(kp_column_find("tot"), -1);
}

/* Keys are API: each is in the manual, in the list of members. */
static void test_manual(void **state)
{
	char *text = calloc(1, 1 << 20), key[64];
	FILE *f = fopen(KP_TESTS_DIR "/../man/kvmpmu-json.5", "r");
	int i, missing = 0;

	(void)state;
	assert_non_null(f);
	assert_non_null(text);
	assert_true(fread(text, 1, (1 << 20) - 1, f) > 0);
	fclose(f);
	for (i = 0; i < KP_COL_NR; i++) {
		snprintf(key, sizeof(key), "\n.BR %s \"", kp_columns[i].key);
		if (strstr(text, key))
			continue;
		print_error("not in man/kvmpmu-json.5, MEMBERS OF ROWS: .BR %s \"\n%s.\n",
			    kp_columns[i].key, kp_columns[i].help);
		missing++;
	}
	free(text);
	assert_int_equal(missing, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_color),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_csv),
		cmocka_unit_test(test_cells),
		cmocka_unit_test(test_hostile_strings),
		cmocka_unit_test(test_long_note_wraps),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_columns),		cmocka_unit_test(test_manual),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
