/* Reading the configuration anew: who asked, what is told to whom, and in what order.
 *
 * One reload is under way at a time.  What is asked for meanwhile begins when that has ended, once for all who wait,
 * since the files may have changed after they were read.  The service manager is told RELOADING when one begins and
 * READY when it has ended, whoever asked. */
#include "engine_internal.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "sitrep/base/log.h"
#include "sitrep/base/service.h"
#include "sitrep/base/utf8.h"
#include "sitrep/config/config_check.h"

enum {
	REPORT_MAX = 64 * 1024 * 1024,
	/* All who asked for one reload, in a line of the log. */
	NAMES_MAX = 512,
	/* Signals have the first places: one is being served and one waits for the next reload, which answers all that
	 * come before it begins. */
	SIGNALS = 2,
};

static void start(struct engine *e);

/* ---- who asked ---- */

static struct buf name_askers(const struct engine_reload *r)
{
	struct buf names = BUF_INIT(NAMES_MAX);

	for (size_t i = 0; i < ENGINE_RELOADS_MAX; i++)
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

void engine_reload_forget(struct engine *e, const struct control_peer *peer)
{
	for (size_t i = 0; i < ENGINE_RELOADS_MAX; i++)
		if (e->reload.askers[i].peer == peer)
			e->reload.askers[i].peer = NULL;
}

/* ---- the end ---- */

static void log_lines(enum log_level level, const char *key, struct str text)
{
	struct str line;

	while (str_split(&text, '\n', &line)) {
		char copy[LOG_VALUE_MAX];

		if (str_empty(line))
			continue;
		line = utf8_cut(line, sizeof(copy) - 1);
		memcpy(copy, line.data, line.len);
		copy[line.len] = '\0';
		log_emit(level, "configuration", key, copy, NULL);
	}
}

static void log_end(const struct engine *e, struct str mistakes, const struct error *err)
{
	struct buf names = name_askers(&e->reload);
	const char *by = names.data != NULL ? names.data : "";

	if (err->code == 0) {
		log_lines(LOG_LEVEL_NOTICE, "change", buf_str(&e->reload.changes));
		log_emit(LOG_LEVEL_NOTICE, "configuration reloaded", "by", by, NULL);
	} else {
		log_lines(LOG_LEVEL_ERROR, "mistake", mistakes);
		log_emit(LOG_LEVEL_ERROR, "reload failed, keeping the current configuration", "by", by, "reason",
			err->text, NULL);
	}
	buf_release(&names);
}

static bool somebody_waits(const struct engine *e)
{
	for (size_t i = 0; i < ENGINE_RELOADS_MAX; i++)
		if (e->reload.askers[i].state == ASKER_WAITS)
			return true;
	return false;
}

static void finish(struct engine *e, struct str mistakes, const struct error *err)
{
	struct engine_reload *r = &e->reload;

	log_end(e, mistakes, err);
	(void)service_ready(NULL);
	for (size_t i = 0; i < ENGINE_RELOADS_MAX; i++) {
		struct control_peer *peer = r->askers[i].peer;

		if (r->askers[i].state != ASKER_SERVED)
			continue;
		r->askers[i] = (struct engine_reload_asker){.state = ASKER_NONE};
		if (peer != NULL && err->code == 0)
			control_reloaded(peer, buf_str(&r->changes));
		else if (peer != NULL)
			control_reload_refused(peer, mistakes, err->text);
	}
	buf_release(&r->changes);
	if (!e->stopping && somebody_waits(e))
		start(e);
}

static void on_changed(struct engine *e, const struct error *err)
{
	e->reload.change = NULL;
	finish(e, STR_NONE, err);
}

/* ---- the beginning ---- */

static int begin_change(struct engine *e, struct buf *mistakes, struct error *err)
{
	struct config_mistakes found;
	struct config_names known;
	struct config *fresh = NULL;
	int result;

	config_mistakes_init(&found);
	config_names_init(&known);
	result = config_names_of(&known, e->config);
	if (result != 0)
		(void)error_sys(err, result, "cannot read the configuration");
	else
		result = config_load_checked(e->options->config_path, &known, &fresh, &found, err);
	config_names_release(&known);
	(void)config_mistakes_write(&found, mistakes);
	/* Mistakes are logged when the reload ends. */
	if (result == 0)
		log_lines(LOG_LEVEL_WARNING, "warning", buf_str(mistakes));
	if (result == 0 && config_diff(e->config, fresh, &e->reload.changes) < 0) {
		result = error_sys(err, -ENOMEM, "cannot compare the configurations");
		config_free(fresh);
	} else if (result == 0) {
		e->reload.change = engine_change_begin(e, fresh, on_changed, err);
		result = e->reload.change != NULL ? 0 : err->code;
	}
	config_mistakes_release(&found);
	return result;
}

static void start(struct engine *e)
{
	struct engine_reload *r = &e->reload;
	struct buf mistakes = BUF_INIT(REPORT_MAX), names;
	struct error err = {0};

	for (size_t i = 0; i < ENGINE_RELOADS_MAX; i++)
		if (r->askers[i].state == ASKER_WAITS)
			r->askers[i].state = ASKER_SERVED;
	names = name_askers(r);
	log_emit(LOG_LEVEL_NOTICE, "reloading the configuration", "by", names.data != NULL ? names.data : "", NULL);
	buf_release(&names);
	(void)service_reloading();
	buf_init(&r->changes, REPORT_MAX);
	if (begin_change(e, &mistakes, &err) != 0)
		finish(e, buf_str(&mistakes), &err);
	buf_release(&mistakes);
}

int engine_reload(struct engine *e, struct control_peer *peer, struct error *err)
{
	size_t first = peer == NULL ? 0 : SIGNALS, end = peer == NULL ? SIGNALS : ENGINE_RELOADS_MAX;
	struct engine_reload_asker *a = NULL;

	if (e->stopping)
		return error_set(err, -ESHUTDOWN, "the daemon is ending");
	for (size_t i = first; i < end; i++) {
		if (e->reload.askers[i].state == ASKER_NONE)
			a = &e->reload.askers[i];
		else if (peer == NULL && e->reload.askers[i].state == ASKER_WAITS)
			return 0;
	}
	if (a == NULL)
		return error_set(err, -EBUSY, "%d people wait for a reload already", ENGINE_RELOADS_MAX - SIGNALS);
	*a = (struct engine_reload_asker){.state = ASKER_WAITS, .peer = peer, .who = "SIGHUP"};
	if (peer != NULL)
		name_peer(peer, a->who, sizeof(a->who));
	if (e->reload.change == NULL)
		start(e);
	return 0;
}

/* ---- start and end of the daemon ---- */

static void on_first(struct engine *e, const struct error *err)
{
	e->reload.change = NULL;
	e->reload.first_error = *err;
}

int engine_first_config(struct engine *e, struct config *config, struct error *err)
{
	struct pollfd fd = {.fd = writer_fd(e->writer), .events = POLLIN};

	e->reload.change = engine_change_begin(e, config, on_first, err);
	if (e->reload.change == NULL)
		return err->code;
	while (e->reload.change != NULL) {
		struct poll_report *first;
		int64_t cursor;

		if (poll(&fd, 1, -1) < 0 && errno != EINTR)
			return error_sys(err, -errno, "cannot wait for the writer");
		first = writer_collect(e->writer, &cursor);
		for (struct poll_report *r = first; r != NULL; r = r->next)
			if (r->done != NULL)
				r->done(r->done_arg, &r->error);
		poll_reports_free(first);
	}
	if (e->reload.first_error.code != 0)
		*err = e->reload.first_error;
	return e->reload.first_error.code;
}

void engine_release_reload(struct engine *e)
{
	engine_change_free(e->reload.change);
	buf_release(&e->reload.changes);
}
