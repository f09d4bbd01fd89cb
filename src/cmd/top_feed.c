// SPDX-License-Identifier: GPL-2.0-only
/*
 * top_feed.c - the hand-over between the thread that collects and the one that shows: one frame
 * forward, wishes back, and nobody waits for anybody longer than a lock.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "top.h"

int kp_feed_init(struct kp_feed *feed)
{
	pthread_condattr_t attr;

	*feed = (struct kp_feed){ .seek_ns = -1, .speed = 1 };
	feed->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (feed->fd < 0)
		return -errno;
	pthread_mutex_init(&feed->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&feed->changed, &attr);
	pthread_condattr_destroy(&attr);
	return 0;
}

void kp_feed_free(struct kp_feed *feed)
{
	kp_frame_free(feed->latest);
	kp_frame_free(feed->taken);
	feed->latest = feed->taken = NULL;
	if (feed->fd > 0) {
		close(feed->fd);
		pthread_cond_destroy(&feed->changed);
		pthread_mutex_destroy(&feed->lock);
	}
	feed->fd = -1;
}

static void signal_fd(struct kp_feed *feed)
{
	const uint64_t one = 1;

	if (write(feed->fd, &one, sizeof(one)) < 0)
		return; /* full: it is readable already */
}

void kp_feed_put(struct kp_feed *feed, struct kp_frame *f)
{
	pthread_mutex_lock(&feed->lock);
	while (feed->every && feed->latest && !feed->stop)
		pthread_cond_wait(&feed->changed, &feed->lock);
	kp_frame_free(feed->latest);
	f->paused = feed->paused;
	f->speed = feed->speed;
	f->interval_ns = feed->interval_ns;
	feed->ended = f->ended;
	feed->latest = f;
	signal_fd(feed);
	pthread_cond_broadcast(&feed->changed);
	pthread_mutex_unlock(&feed->lock);
}

void kp_feed_fail(struct kp_feed *feed, int err, const char *text)
{
	pthread_mutex_lock(&feed->lock);
	feed->failed = err;
	snprintf(feed->error, sizeof(feed->error), "%s", text);
	signal_fd(feed);
	pthread_cond_broadcast(&feed->changed);
	pthread_mutex_unlock(&feed->lock);
}

const struct kp_frame *kp_feed_take(struct kp_feed *feed)
{
	const struct kp_frame *f = NULL;
	uint64_t n;

	pthread_mutex_lock(&feed->lock);
	if (read(feed->fd, &n, sizeof(n)) < 0)
		n = 0; /* nothing new, which the next line finds as well */
	if (feed->latest) {
		kp_frame_free(feed->taken);
		f = feed->taken = feed->latest;
		feed->latest = NULL;
		pthread_cond_broadcast(&feed->changed);
	}
	pthread_mutex_unlock(&feed->lock);
	return f;
}

void kp_feed_control(struct kp_feed *feed, enum kp_ui_action action, int64_t arg)
{
	pthread_mutex_lock(&feed->lock);
	switch (action) {
	case KP_UI_PAUSE:
		feed->paused = arg;
		feed->steps = 0;
		break;
	case KP_UI_STEP:
		feed->steps++;
		break;
	case KP_UI_INTERVAL:
		feed->interval_ns = (uint64_t)arg;
		break;
	case KP_UI_SPEED:
		feed->speed = (double)arg / 1000;
		break;
	case KP_UI_SEEK:
		feed->seek_ns = arg > 0 ? arg : 0;
		break;
	case KP_UI_RESET:
		feed->reset = true;
		break;
	}
	pthread_cond_broadcast(&feed->changed);
	pthread_mutex_unlock(&feed->lock);
}

void kp_feed_finish(struct kp_feed *feed)
{
	pthread_mutex_lock(&feed->lock);
	feed->finish = true;
	pthread_cond_broadcast(&feed->changed);
	pthread_mutex_unlock(&feed->lock);
}

void kp_feed_stop(struct kp_feed *feed)
{
	pthread_mutex_lock(&feed->lock);
	feed->stop = true;
	pthread_cond_broadcast(&feed->changed);
	pthread_mutex_unlock(&feed->lock);
}
