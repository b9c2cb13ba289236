/* SPDX-License-Identifier: ISC */
/* Reloads: who asked for one, their order, and the answers.
 *
 * One reload is under way at a time.  A request that comes meanwhile waits for its end, since the files may have
 * changed after they were read; then one reload serves all who wait.  The service manager gets RELOADING at the start
 * and READY at the end of each. */
#include "reload.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "sitrep/base/log.h"
#include "sitrep/base/service.h"
#include "sitrep/config/config_check.h"

enum {
	REPORT_MAX = 64 * 1024 * 1024,
	/* Names of all who asked for one reload, in one log line. */
	NAMES_MAX = 512,
	/* The first places are for SIGHUP: one is served, one waits and stands for all further signals. */
	SIGNALS = 2,
};

static void start(struct reload *r);

/* ---- who asked ---- */

static struct buf name_askers(const struct reload *r)
{
	struct buf names = BUF_INIT(NAMES_MAX);

	for (size_t i = 0; i < RELOADS_MAX; i++)
		if (r->askers[i].state == ASKER_SERVED)
			(void)buf_printf(&names, "%s%s", names.len > 0 ? "; " : "", r->askers[i].who);
	return names;
}

static void name_peer(const struct control_peer *peer, char *who, size_t room)
{
	struct control_user user;

	if (control_peer_user(peer, &user))
		(void)snprintf(
			who, room, "control socket, uid %lld, pid %lld", (long long)user.uid, (long long)user.pid);
	else
		(void)snprintf(who, room, "control socket");
}

void reload_forget_peer(struct reload *r, const struct control_peer *peer)
{
	for (size_t i = 0; i < RELOADS_MAX; i++)
		if (r->askers[i].peer == peer)
			r->askers[i].peer = NULL;
}

/* ---- the end ---- */

static void log_end(const struct reload *r, struct str mistakes, const struct error *err)
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

static bool somebody_waits(const struct reload *r)
{
	for (size_t i = 0; i < RELOADS_MAX; i++)
		if (r->askers[i].state == ASKER_WAITS)
			return true;
	return false;
}

static void finish(struct reload *r, struct str mistakes, const struct error *err)
{
	log_end(r, mistakes, err);
	(void)service_ready(NULL);
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
		start(r);
}

static void on_changed(void *arg, const struct error *err)
{
	struct reload *r = arg;

	r->change = NULL;
	finish(r, STR_NONE, err);
}

/* ---- the beginning ---- */

static int begin_change(struct reload *r, struct buf *mistakes, struct error *err)
{
	struct config_mistakes found;
	struct config_names known;
	struct config *fresh = NULL;
	int result;

	config_mistakes_init(&found);
	config_names_init(&known);
	result = config_names_of(&known, r->parts.stages->config);
	if (result != 0)
		(void)error_sys(err, result, "cannot read the configuration");
	else
		result = config_load_checked(r->parts.stages->options->config_path, &known, &fresh, &found, err);
	config_names_release(&known);
	(void)config_mistakes_write(&found, mistakes);
	/* Errors are logged when the reload ends (log_end()). */
	if (result == 0)
		log_emit_lines(LOG_LEVEL_WARNING, "configuration", "warning", buf_str(mistakes));
	if (result == 0 && config_diff(r->parts.stages->config, fresh, &r->changes) < 0) {
		result = error_sys(err, -ENOMEM, "cannot compare the configurations");
		config_free(fresh);
	} else if (result == 0) {
		r->change = config_change_begin(&r->parts, fresh, on_changed, r, err);
		result = r->change != NULL ? 0 : err->code;
	}
	config_mistakes_release(&found);
	return result;
}

static void start(struct reload *r)
{
	struct buf mistakes = BUF_INIT(REPORT_MAX), names;
	struct error err = {0};

	for (size_t i = 0; i < RELOADS_MAX; i++)
		if (r->askers[i].state == ASKER_WAITS)
			r->askers[i].state = ASKER_SERVED;
	names = name_askers(r);
	log_emit(LOG_LEVEL_NOTICE, "reloading the configuration", "by", names.data != NULL ? names.data : "", NULL);
	buf_release(&names);
	(void)service_reloading();
	buf_init(&r->changes, REPORT_MAX);
	if (begin_change(r, &mistakes, &err) != 0)
		finish(r, buf_str(&mistakes), &err);
	buf_release(&mistakes);
}

int reload_ask(struct reload *r, struct control_peer *peer, struct error *err)
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
		return error_set(err, -EBUSY, "%d people wait for a reload already", RELOADS_MAX - SIGNALS);
	*a = (struct reload_asker){.state = ASKER_WAITS, .peer = peer, .who = "SIGHUP"};
	if (peer != NULL)
		name_peer(peer, a->who, sizeof(a->who));
	if (r->change == NULL)
		start(r);
	return 0;
}

/* ---- start and end of the daemon ---- */

static void on_first(void *arg, const struct error *err)
{
	struct reload *r = arg;

	r->change = NULL;
	r->first_error = *err;
}

int reload_first(struct reload *r, struct config *config, struct error *err)
{
	struct pollfd fd = {.fd = writer_fd(r->parts.stages->writer), .events = POLLIN};

	r->change = config_change_begin(&r->parts, config, on_first, r, err);
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

void reload_release(struct reload *r)
{
	config_change_free(r->change);
	buf_release(&r->changes);
}
