/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The lab's test runner: the only process besides kvmpmu and its guests in an emulated machine,
 * linked statically. This header is the contract between the runner's parts and the machines'
 * tests.
 */
#ifndef KP_LAB_RUNNER_H
#define KP_LAB_RUNNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#define LAB_OUT_DIR "/out"	/* what is left here goes to the host as artefacts */
#define LAB_MAX_ARGS 48

/* One test in progress. Owned by the runner; a test only reports into it. */
struct lab_test;

/* A row of a machine's test table. */
struct lab_case {
	const char *name;
	void (*run)(struct lab_test *t);
};

struct lab_machine {
	const char *name;		/* as in machines/NAME.conf */
	const struct lab_case *cases;	/* ends with a null name */
};

extern const struct lab_machine lab_machines[];	/* ends with a null name */

/* ------------------------------------------------------------------ results (tap.c) */

/*
 * Run @machine's cases whose name has @only in it, in order, TAP on stdout; returns the number that
 * failed.
 */
unsigned int lab_cases_run(const struct lab_machine *machine, const char *only);

/* Record that the test failed unless @ok, with the reason; returns @ok. */
bool lab_check(struct lab_test *t, bool ok, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* How many checks failed so far, and going back to that number: before the same is tried again. */
unsigned int lab_failed(const struct lab_test *t);
void lab_forgive(struct lab_test *t, unsigned int failed);

/* The test cannot be run here; the reason is printed and nothing counts as passed. */
void lab_skip(struct lab_test *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A comment in the TAP output: measured numbers that a reader wants beside the result. */
void lab_note(struct lab_test *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* ------------------------------------------------------------------ programs (exec.c) */

struct lab_exec {
	const char *name;	/* of the artefacts NAME.out and NAME.err */
	unsigned int timeout_s;	/* 0: a minute */
	const char *argv[LAB_MAX_ARGS];
};

/*
 * Run a program to its end, with stdout and stderr going to LAB_OUT_DIR/NAME.out and .err. Returns
 * its exit status, 128 + the signal that ended it, or -errno (-ETIMEDOUT: it was killed).
 */
int lab_exec(const struct lab_exec *ex);

/* The same in the background: lab_exec_start() returns the pid or -errno. */
int lab_exec_start(const struct lab_exec *ex);
int lab_exec_wait(int pid, unsigned int timeout_s);
/* SIGTERM, and wait. Nothing for a @pid that is none. */
void lab_exec_end(int pid);

/* What a program that ran under @name wrote; the caller frees. NULL where there is none. */
char *lab_exec_stdout(const char *name);
char *lab_exec_stderr(const char *name);

/* ------------------------------------------------------------------ files (files.c) */

/* A small file's content, the caller frees; NULL with errno set. */
char *lab_file_read(const char *path);
int lab_file_write(const char *path, const char *text);
bool lab_file_exists(const char *path);
/* Send everything below @dir to the host through the virtio port; 0 or -errno. */
int lab_tar_send(const char *dir, const char *port);

/* ------------------------------------------------------------------ JSON (json.c) */

/* What a program printed under @name, parsed; a failure is recorded in @t and gives NULL. */
json_t *lab_json_load(struct lab_test *t, const char *name);

/*
 * Follow a path through objects and arrays: "vms.0.vcpus.1.exits". A step "key=value" takes the
 * first element of an array whose member "key" is that string. Borrowed; NULL where it leads
 * nowhere.
 */
json_t *lab_json_get(json_t *root, const char *path);

/* A number at a path; false (and a failure in @t) where there is none or it is null. */
bool lab_json_number(struct lab_test *t, json_t *root, const char *path, double *value);

#endif
