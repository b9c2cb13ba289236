/* SPDX-License-Identifier: ISC */
/* The thread uses the files, the configuration in force, which does not change, and memory of its own. */
#include "config_reading.h"

#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "sitrep/base/thread.h"
#include "sitrep/config/config_check.h"

enum { REPORT_MAX = 64 * 1024 * 1024 };

struct config_reading {
	const char *path;
	const struct config *in_force;
	config_loaded_fn *fn;
	void *arg;
	struct loaded_config loaded; /* the thread's until it has ended */
	pthread_t thread;
	int fd; /* readable when the thread is done */
	struct event *event;
};

void loaded_config_release(struct loaded_config *l)
{
	config_free(l->config);
	compiled_rules_release(&l->rules);
	buf_release(&l->mistakes);
	buf_release(&l->changes);
	l->config = NULL;
}

/* ---- the thread ---- */

static void read_config(struct config_reading *g)
{
	struct loaded_config *l = &g->loaded;
	struct config_mistakes found;
	struct config_names known;
	int result;

	config_mistakes_init(&found);
	config_names_init(&known);
	result = config_names_of(&known, g->in_force);
	if (result != 0)
		error_sys(&l->error, result, "cannot read the configuration");
	else
		result = config_load_checked(g->path, CONFIG_TO_RUN, &known, &l->config, &found, &l->error);
	config_names_release(&known);
	config_mistakes_write(&found, false, &l->mistakes);
	config_mistakes_release(&found);
	if (result == 0 && config_diff(g->in_force, l->config, &l->changes) < 0)
		result = error_sys(&l->error, -ENOMEM, "cannot compare the configurations");
	if (result == 0)
		result = compiled_rules_make(&l->rules, l->config, &l->error);
	if (result != 0) {
		config_free(l->config);
		l->config = NULL;
	}
}

static void *run_reading(void *arg)
{
	struct config_reading *g = arg;
	const uint64_t one = 1;

	read_config(g);
	/* The write fails only when the descriptor is readable already. */
	(void)!write(g->fd, &one, sizeof(one));
	return NULL;
}

/* ---- the loop's side ---- */

static void free_reading(struct config_reading *g)
{
	if (g->event != NULL)
		event_free(g->event);
	if (g->fd >= 0)
		close(g->fd);
	loaded_config_release(&g->loaded);
	free(g);
}

static void on_done(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct config_reading *g = arg;
	struct loaded_config loaded;
	config_loaded_fn *fn = g->fn;
	void *fn_arg = g->arg;

	pthread_join(g->thread, NULL);
	loaded = g->loaded;
	g->loaded = (struct loaded_config){0};
	free_reading(g);
	fn(fn_arg, &loaded);
}

struct config_reading *config_reading_begin(struct event_base *base, const char *path, const struct config *in_force,
	config_loaded_fn *fn, void *arg, struct error *err)
{
	struct config_reading *g = calloc(1, sizeof(*g));
	int result = -ENOMEM;

	if (g == NULL)
		return error_sys_null(err, result, "cannot read the configuration");
	*g = (struct config_reading){.path = path, .in_force = in_force, .fn = fn, .arg = arg};
	g->loaded = (struct loaded_config){.mistakes = BUF_INIT(REPORT_MAX), .changes = BUF_INIT(REPORT_MAX)};
	g->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (g->fd < 0)
		result = -errno;
	else
		g->event = event_new(base, g->fd, EV_READ, on_done, g);
	if (g->event != NULL && event_add(g->event, NULL) == 0)
		result = thread_start(&g->thread, run_reading, g);
	if (result == 0)
		return g;
	error_sys(err, result, "cannot read the configuration");
	free_reading(g);
	return NULL;
}

void config_reading_free(struct config_reading *g)
{
	if (g == NULL)
		return;
	pthread_join(g->thread, NULL);
	free_reading(g);
}
