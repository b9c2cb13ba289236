/* SPDX-License-Identifier: ISC */
/* One reload is under way at a time.  A request that comes meanwhile waits for its end, since the files may have
 * changed after they were read; then one reload serves all who wait.  The service manager gets RELOADING at the start
 * and READY at the end of each. */
#include "config_reload.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "sitrep/base/log.h"
#include "sitrep/base/service.h"

enum {
	/* Bytes of the names of all requesters of one reload, in one log line. */
	NAMES_MAX = 512,
	/* The first places are for SIGHUP: one is served, one waits and stands for all further signals. */
	SIGNALS = 2,
};

static void start_reload(struct config_reload *r);

/* ---- requesters ---- */

static struct buf name_askers(const struct config_reload *r)
{
	struct buf names = BUF_INIT(NAMES_MAX);

	for (size_t i = 0; i < RELOADS_MAX; i++)
		if (r->askers[i].state == ASKER_SERVED)
			buf_printf(&names, "%s%s", names.len > 0 ? "; " : "", r->askers[i].who);
	return names;
}

static void name_peer(const struct control_peer *peer, char *who, size_t room)
{
	struct control_user user;

	if (control_peer_user(peer, &user))
		snprintf(who, room, "control socket, uid %lld, pid %lld", (long long)user.uid, (long long)user.pid);
	else
		snprintf(who, room, "control socket");
}

void config_reload_forget_peer(struct config_reload *r, const struct control_peer *peer)
{
	for (size_t i = 0; i < RELOADS_MAX; i++)
		if (r->askers[i].peer == peer)
			r->askers[i].peer = NULL;
}

/* ---- the end ---- */

static void log_end(const struct config_reload *r, struct str mistakes, const struct error *err)
{
	struct buf names = name_askers(r);
	const char *by = names.data != NULL ? names.data : "";

	if (err->code == 0) {
		log_emit_lines(LOG_LEVEL_NOTICE, "configuration", "change", buf_str(&r->changes));
		log_emit(LOG_LEVEL_NOTICE, "configuration reloaded", "by", by, NULL);
	} else {
		log_emit_lines(LOG_LEVEL_ERROR, "configuration", "mistake", mistakes);
		log_emit(LOG_LEVEL_ERROR, "reload failed, keeping the current configuration", "by", by, "reason",
			err->text, NULL);
	}
	buf_release(&names);
}

static bool somebody_waits(const struct config_reload *r)
{
	for (size_t i = 0; i < RELOADS_MAX; i++)
		if (r->askers[i].state == ASKER_WAITS)
			return true;
	return false;
}

static void end_reload(struct config_reload *r, struct str mistakes, const struct error *err)
{
	log_end(r, mistakes, err);
	service_ready(NULL);
	for (size_t i = 0; i < RELOADS_MAX; i++) {
		struct control_peer *peer = r->askers[i].peer;

		if (r->askers[i].state != ASKER_SERVED)
			continue;
		r->askers[i] = (struct reload_asker){.state = ASKER_NONE};
		if (peer != NULL && err->code == 0)
			control_reloaded(peer, buf_str(&r->changes));
		else if (peer != NULL)
			control_reload_refused(peer, mistakes, err->text);
	}
	buf_release(&r->changes);
	if (!r->polling->stopping && somebody_waits(r))
		start_reload(r);
}

static void on_changed(void *arg, const struct error *err)
{
	struct config_reload *r = arg;

	r->change = NULL;
	end_reload(r, STR_NONE, err);
}

/* ---- the beginning: the files are read and compiled in a thread, then the change begins ---- */

static void on_loaded(void *arg, struct loaded_config *l)
{
	struct config_reload *r = arg;

	r->reading = NULL;
	r->changes = l->changes;
	l->changes = (struct buf){0};
	if (r->polling->stopping && l->config != NULL)
		error_set(&l->error, -ESHUTDOWN, "the daemon is ending");
	if (l->error.code == 0) {
		log_emit(LOG_LEVEL_INFO, "configuration is read", NULL);
		/* Errors are logged when the reload ends (log_end()). */
		log_emit_lines(LOG_LEVEL_WARNING, "configuration", "warning", buf_str(&l->mistakes));
		r->change = config_change_begin(&r->parts, l->config, &l->rules, on_changed, r, &l->error);
		l->config = NULL;
	}
	if (r->change == NULL)
		end_reload(r, buf_str(&l->mistakes), &l->error);
	loaded_config_release(l);
}

static void start_reload(struct config_reload *r)
{
	const struct stages *s = r->parts.stages;
	struct error err = {0};
	struct buf names;

	for (size_t i = 0; i < RELOADS_MAX; i++)
		if (r->askers[i].state == ASKER_WAITS)
			r->askers[i].state = ASKER_SERVED;
	names = name_askers(r);
	log_emit(LOG_LEVEL_NOTICE, "reloading the configuration", "by", names.data != NULL ? names.data : "", NULL);
	buf_release(&names);
	service_reloading();
	r->reading = config_reading_begin(s->base, s->options->config_path, s->config, on_loaded, r, &err);
	if (r->reading == NULL)
		end_reload(r, STR_NONE, &err);
}

int config_reload_ask(struct config_reload *r, struct control_peer *peer, struct error *err)
{
	size_t first = peer == NULL ? 0 : SIGNALS, end = peer == NULL ? SIGNALS : RELOADS_MAX;
	struct reload_asker *a = NULL;

	if (r->polling->stopping)
		return error_set(err, -ESHUTDOWN, "the daemon is ending");
	for (size_t i = first; i < end; i++) {
		if (r->askers[i].state == ASKER_NONE)
			a = &r->askers[i];
		else if (peer == NULL && r->askers[i].state == ASKER_WAITS)
			return 0;
	}
	if (a == NULL)
		return error_set(
			err, -EBUSY, "%d requests for a reload wait already, try again later", RELOADS_MAX - SIGNALS);
	*a = (struct reload_asker){.state = ASKER_WAITS, .peer = peer, .who = "SIGHUP"};
	if (peer != NULL)
		name_peer(peer, a->who, sizeof(a->who));
	if (r->change == NULL && r->reading == NULL)
		start_reload(r);
	return 0;
}

/* ---- start and end of the daemon ---- */

static void on_first(void *arg, const struct error *err)
{
	struct config_reload *r = arg;

	r->change = NULL;
	r->first_error = *err;
}

int config_reload_first(struct config_reload *r, struct config *config, struct error *err)
{
	struct pollfd fd = {.fd = writer_fd(r->parts.stages->writer), .events = POLLIN};
	struct compiled_rules rules;

	if (compiled_rules_make(&rules, config, err) != 0) {
		config_free(config);
		return err->code;
	}
	r->change = config_change_begin(&r->parts, config, &rules, on_first, r, err);
	if (r->change == NULL)
		return err->code;
	while (r->change != NULL) {
		struct poll_report *first;
		int64_t cursor;

		if (poll(&fd, 1, -1) < 0 && errno != EINTR)
			return error_sys(err, -errno, "cannot wait for the writer");
		first = writer_collect(r->parts.stages->writer, &cursor);
		for (struct poll_report *report = first; report != NULL; report = report->next)
			if (report->done != NULL)
				report->done(report->done_arg, &report->error);
		poll_reports_free(first);
	}
	if (r->first_error.code != 0)
		*err = r->first_error;
	return r->first_error.code;
}

void config_reload_release(struct config_reload *r)
{
	config_reading_free(r->reading);
	config_change_free(r->change);
	buf_release(&r->changes);
}
