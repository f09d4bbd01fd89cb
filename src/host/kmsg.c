// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmsg.c - what the kernel's log says about PMU and KVM: lines with one of a table of fragments,
 * out of /dev/kmsg, or of a snapshot's file of the same format. Reading takes nothing out of the
 * log.
 */
#include "host/parts.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/vec.h"

#define RECORD_MAX   8192 /* more than PRINTK_MESSAGE_MAX */
#define MESSAGES_MAX 4096

/*
 * Linux 7.3: arch/x86/events/core.c, kernel/events/core.c, kernel/watchdog_perf.c,
 * drivers/perf/arm_pmu.c, arch/x86/kvm, arch/arm64/kvm. Other lines are nobody's business: they are
 * neither kept nor saved in snapshots.
 */
static const char *const fragments[] = {
	"mediated vPMU",
	"Performance Events:",
	"PMU driver",
	"generic counters:",
	"fixed-purpose counters:",
	"hw-PMU resources",
	"perfctr msr",
	"software events only",
	"hardware sampling interrupt",
	"hw perfevents:",
	"perf: interrupt took too long",
	"perf: Dynamic interrupt throttling disabled",
	"NMI watchdog:",
	"kvm pmu:",
	"pmu event creation failed",
	"passthrough LBR",
	"PEBS disabled",
	"VHE mode initialized",
	"uhhuh. NMI received",
	"Dazed and confused",
	"arch/x86/kvm/pmu.c:",
	"arch/x86/kvm/vmx/pmu_intel.c:",
	"arch/x86/kvm/svm/pmu.c:",
	"arch/x86/events/",
	"arch/arm64/kvm/pmu",
	"kernel/events/core.c:",
};

typedef KP_VEC(struct kp_host_message) message_vec;

static bool concerns_us(const char *text)
{
	size_t i;

	for (i = 0; i < KP_ARRAY_SIZE(fragments); i++)
		if (strstr(text, fragments[i]))
			return true;
	return false;
}

/*
 * "PRIORITY,SEQUENCE,MICROSECONDS,FLAGS[,more];text", then lines that begin with a blank
 * (Documentation/ABI/testing/dev-kmsg). The priority's low three bits are the level.
 */
static int parse(const char *record, struct kp_host_message *m, const char **text)
{
	unsigned int prio;

	*text = strchr(record, ';');
	if (!*text || sscanf(record, "%u,%" SCNu64 ",%" SCNu64, &prio, &m->seq, &m->time_us) != 3)
		return -EINVAL;
	m->level = prio & 7;
	(*text)++;
	return 0;
}

/* A record that is no record is left out: snapshots come from anywhere. */
static int add(struct kp_host_messages *out, message_vec *vec, uint64_t first, char *record)
{
	struct kp_host_message m;
	const char *text;

	record[strcspn(record, "\n")] = '\0';
	if (parse(record, &m, &text) || m.seq < first)
		return 0;
	if (m.seq >= out->next_seq)
		out->next_seq = m.seq + 1;
	if (vec->nr >= MESSAGES_MAX || !concerns_us(text))
		return 0;
	m.text = strdup(text);
	if (!m.text)
		return -ENOMEM;
	if (!kp_vec_push(vec, m))
		return 0;
	free(m.text);
	return -ENOMEM;
}

/* Each read() gives one record; EPIPE: some were overwritten meanwhile, the next is the oldest. */
static int read_live(struct kp_host_messages *out, message_vec *vec, uint64_t first)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC), err = 0;
	char record[RECORD_MAX];
	ssize_t n;

	if (fd < 0) {
		out->err = -errno;
		return 0;
	}
	while (!err) {
		n = read(fd, record, sizeof(record) - 1);
		if (n < 0 && (errno == EPIPE || errno == EINTR))
			continue;
		if (n < 0 && errno != EAGAIN)
			out->err = -errno;
		if (n <= 0)
			break;
		record[n] = '\0';
		err = add(out, vec, first, record);
	}
	close(fd);
	return err;
}

static int read_file(const struct kp_sysroot *root, struct kp_host_messages *out, message_vec *vec,
		     uint64_t first)
{
	char *text, *line, *save = NULL;
	int err = 0;

	out->err = kp_sysroot_read(root, &text, NULL, KP_SNAP_KMSG);
	if (out->err)
		return 0;
	for (line = strtok_r(text, "\n", &save); line && !err; line = strtok_r(NULL, "\n", &save))
		err = add(out, vec, first, line);
	free(text);
	return err;
}

int kp_host_messages_read(const struct kp_sysroot *root, uint64_t first,
			  struct kp_host_messages *out)
{
	message_vec vec = { 0 };
	int err;

	*out = (struct kp_host_messages){ .next_seq = first };
	if (kp_sysroot_live(root))
		err = read_live(out, &vec, first);
	else
		err = read_file(root, out, &vec, first);
	out->at = vec.at;
	out->nr = vec.nr;
	if (err)
		kp_host_messages_free(out);
	return err;
}

void kp_host_messages_free(struct kp_host_messages *messages)
{
	size_t i;

	for (i = 0; i < messages->nr; i++)
		free(messages->at[i].text);
	free(messages->at);
	messages->at = NULL;
	messages->nr = 0;
}

const struct kp_host_message *kp_host_messages_find(const struct kp_host_messages *messages,
						    size_t from, const char *fragment)
{
	size_t i;

	for (i = from; i < messages->nr; i++)
		if (strstr(messages->at[i].text, fragment))
			return &messages->at[i];
	return NULL;
}

char *kp_host_messages_text(const struct kp_sysroot *root)
{
	struct kp_host_messages messages;
	struct kp_buf buf = { 0 };
	size_t i;

	if (kp_host_messages_read(root, 0, &messages))
		return NULL;
	for (i = 0; i < messages.nr; i++)
		if (kp_buf_printf(&buf, "%u,%" PRIu64 ",%" PRIu64 ",-;%s\n", messages.at[i].level,
				  messages.at[i].seq, messages.at[i].time_us, messages.at[i].text))
			break;
	if (!messages.err && !buf.data && kp_buf_reserve(&buf, 0))
		buf.data = NULL; /* an empty file says that there was nothing to say */
	kp_host_messages_free(&messages);
	return buf.data;
}
