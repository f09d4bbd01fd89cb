// SPDX-License-Identifier: GPL-2.0-only
/*
 * settings.c - what is remembered between runs, as text in the user's configuration directory.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app.h"
#include "lib/buf.h"
#include "lib/str.h"

#define FILE_MAX_BYTES 65536

static uint32_t hidden_at_first(enum kp_tab id)
{
	const enum kp_col *cols;
	unsigned int nr = kp_table_cols(id, &cols), i;
	uint32_t bits = 0;

	for (i = 0; i < nr; i++)
		if (cols[i] != KP_COL_ID(cols[i]))
			bits |= KP_BIT(i);
	return bits;
}

void kp_settings_init(struct kp_settings *s)
{
	unsigned int id;

	*s = (struct kp_settings){ .screen = KP_SCREEN_OVERVIEW };
	for (id = 0; id < KP_TAB_NR; id++) {
		s->sort[id] = -1;
		s->hidden[id] = hidden_at_first((enum kp_tab)id);
	}
}

static void parse_hidden(struct kp_settings *s, enum kp_tab id, char *list)
{
	const enum kp_col *cols;
	unsigned int nr = kp_table_cols(id, &cols), i;
	char *key;

	s->hidden[id] = 0;
	while ((key = strsep(&list, ",")))
		for (i = 0; i < nr; i++)
			if (!strcmp(kp_columns[KP_COL_ID(cols[i])].key, key))
				s->hidden[id] |= KP_BIT(i);
}

/* "sort.vcpus=exits_per_sec", "reverse.vcpus=yes", "hidden.vcpus=tid,ipc" */
static void parse_table(struct kp_settings *s, const char *key, char *value)
{
	const char *dot = strchr(key, '.');
	unsigned int id;

	for (id = 0; dot && id < KP_TAB_NR; id++) {
		if (strcmp(dot + 1, kp_tab_keys[id]))
			continue;
		if (!strncmp(key, "sort.", 5))
			s->sort[id] = kp_column_find(value);
		else if (!strncmp(key, "reverse.", 8))
			s->reverse[id] = !strcmp(value, "yes");
		else if (!strncmp(key, "hidden.", 7))
			parse_hidden(s, (enum kp_tab)id, value);
	}
}

static void parse_screen(struct kp_settings *s, const char *name)
{
	unsigned int i;

	for (i = 0; i < KP_SCREEN_HELP; i++)
		if (!strcmp(kp_screens[i].name, name))
			s->screen = (enum kp_screen)i;
}

void kp_settings_parse(struct kp_settings *s, char *text)
{
	char *line, *value;

	while ((line = strsep(&text, "\n"))) {
		value = strchr(line, '=');
		if (!value || *line == '#')
			continue;
		*value++ = '\0';
		if (!strcmp(line, "screen"))
			parse_screen(s, value);
		else if (!strcmp(line, "since_start"))
			s->since_start = !strcmp(value, "yes");
		else if (!strcmp(line, "flat"))
			s->flat = !strcmp(value, "yes");
		else if (!strcmp(line, "exact"))
			s->exact = !strcmp(value, "yes");
		else
			parse_table(s, line, value);
	}
}

static int print_hidden(const struct kp_settings *s, enum kp_tab id, struct kp_buf *buf)
{
	const enum kp_col *cols;
	unsigned int nr = kp_table_cols(id, &cols), i;
	const char *sep = "";
	int err;

	if (s->hidden[id] == hidden_at_first(id))
		return 0;
	err = kp_buf_printf(buf, "hidden.%s=", kp_tab_keys[id]);
	for (i = 0; i < nr && !err; i++) {
		if (!(s->hidden[id] >> i & 1))
			continue;
		err = kp_buf_printf(buf, "%s%s", sep, kp_columns[KP_COL_ID(cols[i])].key);
		sep = ",";
	}
	return err ? err : kp_buf_printf(buf, "\n");
}

int kp_settings_print(const struct kp_settings *s, struct kp_buf *buf)
{
	unsigned int id;
	int err = kp_buf_printf(buf,
				"# kvmpmu top writes this file when it ends\n"
				"screen=%s\nsince_start=%s\nflat=%s\nexact=%s\n",
				kp_screens[s->screen].name, s->since_start ? "yes" : "no",
				s->flat ? "yes" : "no", s->exact ? "yes" : "no");

	for (id = 0; id < KP_TAB_NR && !err; id++) {
		if (s->sort[id] >= 0)
			err = kp_buf_printf(buf, "sort.%s=%s\n", kp_tab_keys[id],
					    kp_columns[s->sort[id]].key);
		if (!err && s->reverse[id])
			err = kp_buf_printf(buf, "reverse.%s=yes\n", kp_tab_keys[id]);
		if (!err)
			err = print_hidden(s, (enum kp_tab)id, buf);
	}
	return err;
}

/* XDG Base Directory Specification: an unset or relative variable means ~/.config. */
static int path_of(char *buf, size_t size, const char *name)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	int n;

	if (config && *config == '/')
		n = snprintf(buf, size, "%s%s", config, name);
	else if (home && *home == '/')
		n = snprintf(buf, size, "%s/.config%s", home, name);
	else
		return -ENOENT;
	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

int kp_settings_load(struct kp_settings *s)
{
	char path[4096], *text;
	ssize_t n;
	int fd, err = path_of(path, sizeof(path), "/kvmpmu/top.conf");

	if (err)
		return err;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	text = calloc(1, FILE_MAX_BYTES + 1);
	n = text ? read(fd, text, FILE_MAX_BYTES) : -1;
	if (n >= 0)
		kp_settings_parse(s, text);
	free(text);
	close(fd);
	return n < 0 ? -EIO : 0;
}

/* Written beside and renamed: whoever ends first does not leave half a file to the other. */
static int write_file(const char *path, const struct kp_buf *buf)
{
	char tmp[4200];
	int fd, err = 0;

	snprintf(tmp, sizeof(tmp), "%s.%d", path, (int)getpid());
	fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	if (write(fd, buf->data, buf->len) != (ssize_t)buf->len)
		err = -EIO;
	if (close(fd) || err || rename(tmp, path)) {
		err = err ? err : -errno;
		unlink(tmp);
	}
	return err;
}

int kp_settings_save(const struct kp_settings *s)
{
	static const char *const parents[] = { "", "/kvmpmu" };
	struct kp_buf buf = { 0 };
	char path[4096];
	size_t i;
	int err = 0;

	for (i = 0; i < KP_ARRAY_SIZE(parents) && !err; i++) {
		err = path_of(path, sizeof(path), parents[i]);
		if (!err && mkdir(path, 0700) && errno != EEXIST)
			err = -errno;
	}
	if (!err)
		err = path_of(path, sizeof(path), "/kvmpmu/top.conf");
	if (!err)
		err = kp_settings_print(s, &buf);
	if (!err)
		err = write_file(path, &buf);
	kp_buf_free(&buf);
	return err;
}
