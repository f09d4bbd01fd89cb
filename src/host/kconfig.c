// SPDX-License-Identifier: GPL-2.0-only
/*
 * kconfig.c - the running kernel's configuration, from /proc/config.gz or /boot/config-RELEASE.
 */
#include "host/parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "lib/buf.h"

#define CONFIG_MAX_BYTES (8u << 20)

static int gunzip(const char *data, size_t size, struct kp_buf *out)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)data, .avail_in = (uInt)size };
	int ret = inflateInit2(&z, 16 + MAX_WBITS), err = 0;

	if (ret != Z_OK)
		return -ENOMEM;
	while (ret == Z_OK && !err) {
		err = out->len > CONFIG_MAX_BYTES ? -EFBIG : kp_buf_reserve(out, 65536);
		if (err)
			break;
		z.next_out = (Bytef *)out->data + out->len;
		z.avail_out = 65536;
		ret = inflate(&z, Z_NO_FLUSH);
		out->len += 65536 - z.avail_out;
	}
	inflateEnd(&z);
	if (!err && ret != Z_STREAM_END)
		err = -EBADMSG;
	return err;
}

char *kp_host_config_text(const struct kp_sysroot *root, const struct kp_host *host)
{
	struct kp_buf buf = { 0 };
	size_t size;
	char *text;
	int err;

	if (!kp_sysroot_read(root, &text, &size, "/proc/config.gz")) {
		err = gunzip(text, size, &buf);
		free(text);
		if (!err && buf.data) {
			buf.data[buf.len] = '\0';
			return buf.data;
		}
		kp_buf_free(&buf);
	}
	/* the release comes from a file: it must not lead elsewhere */
	if (!host->osrelease || strchr(host->osrelease, '/') ||
	    kp_sysroot_read(root, &text, NULL, "/boot/config-%s", host->osrelease))
		return NULL;
	return text;
}

const char *kp_host_config_get(const struct kp_host_detail *d, const char *name, char *buf,
			       size_t size)
{
	size_t len = strlen(name);
	const char *line;

	if (!d->config)
		return NULL;
	for (line = d->config; line && *line; line = strchr(line, '\n'), line += !!line) {
		if (strncmp(line, name, len) || line[len] != '=')
			continue;
		snprintf(buf, size, "%.*s", (int)strcspn(line + len + 1, "\n"), line + len + 1);
		return buf;
	}
	return "n";
}
