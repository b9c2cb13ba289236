/* SPDX-License-Identifier: ISC */
/* sitrepd: arguments, start-up and shutdown.
 *
 * Start-up order: read and check the configuration; make or check the state folder; open the parse worker's program;
 * bind all sockets; open the database; start the workers; poll the first feed.  A failure is logged in one line, with
 * exit status 1. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <malloc.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/listener.h"
#include "sitrep/base/log.h"
#include "sitrep/base/next_steps.h"
#include "sitrep/base/paths.h"
#include "sitrep/base/service.h"
#include "sitrep/config/command_line.h"
#include "sitrep/config/config.h"
#include "sitrep/config/config_check.h"
#include "sitrep/config/option.h"
#include "sitrep/engine/engine.h"
#include "sitrep/ingest/writer.h"
#include "sitrep/store/check.h"
#include "sitrep/store/file_access.h"
#include "sitrep/store/stored_names.h"

enum { TEXT_MAX = 4 * 1024 * 1024 };

struct arguments {
	const char *program;
	const char *config;
	const char *state_dir;
	bool check;
	bool verify;
};

/* Sockets and the worker's program, borrowed by the engine. */
struct sockets {
	struct listener **http;
	size_t http_count;
	struct listener *stream;
	struct listener *control;
	int worker_program;
};

static void usage(FILE *out)
{
	(void)fputs("usage: sitrepd [-c FILE] [--state-dir DIR] [--check | --verify]\n"
		    "\n"
		    "Polls the configured feeds, keeps each item once, groups the copies of one story,\n"
		    "serves the merged feeds over HTTP and streams new items on a Unix socket.\n"
		    "Runs in the foreground and logs to standard error.\n\n",
		out);
	arguments_write(out, sitrepd_options);
	(void)fputs("\nSIGHUP reloads the configuration, SIGTERM ends the daemon in order.\n"
		    "See sitrepd(8), sitrepd.conf(5).\n",
		out);
}

static int print_options(int (*write)(struct buf *out))
{
	struct buf out = BUF_INIT(TEXT_MAX);
	int result = write(&out);

	if (result == 0 && fwrite(out.data, 1, out.len, stdout) != out.len)
		result = -EIO;
	buf_release(&out);
	return result == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* -1: continue; else the exit status. */
static int parse_arguments(int argc, char **argv, struct arguments *args)
{
	int option;

	while ((option = arguments_next(sitrepd_options, false, argc, argv)) >= 0) {
		switch ((enum sitrepd_option)option) {
		case SITREPD_CONFIG:
			args->config = optarg;
			break;
		case SITREPD_STATE_DIR:
			args->state_dir = optarg;
			break;
		case SITREPD_CHECK:
			args->check = true;
			break;
		case SITREPD_VERIFY:
			args->verify = true;
			break;
		case SITREPD_HELP_CONFIG:
			return print_options(option_write_help);
		case SITREPD_SAMPLE_CONFIG:
			return print_options(option_write_sample);
		case SITREPD_VERSION:
			(void)puts("sitrepd " SITREP_VERSION);
			return EXIT_SUCCESS;
		case SITREPD_OPTIONS:
			break;
		}
	}
	if (option == ARGUMENTS_HELP) {
		usage(stdout);
		return EXIT_SUCCESS;
	}
	if (option == ARGUMENTS_END && optind == argc)
		return -1;
	if (option == ARGUMENTS_END)
		(void)fprintf(stderr, "sitrepd: unknown argument %s\n", argv[optind]);
	usage(stderr);
	return EXIT_FAILURE;
}

static int fail(const struct error *err)
{
	log_emit(LOG_LEVEL_ERROR, "cannot start", "reason", err->text, NULL);
	return EXIT_FAILURE;
}

/* ---- configuration ---- */

static void print_mistakes(const struct config_mistakes *mistakes)
{
	struct buf text = BUF_INIT(TEXT_MAX);

	if (config_mistakes_write(mistakes, &text) == 0 && text.len > 0)
		log_write(text.data, text.len);
	buf_release(&text);
}

static void log_warnings(const struct config_mistakes *mistakes)
{
	struct buf text = BUF_INIT(TEXT_MAX);

	(void)config_mistakes_write(mistakes, &text);
	log_emit_lines(LOG_LEVEL_WARNING, "configuration", "warning", buf_str(&text));
	buf_release(&text);
}

/* goes_on: warnings are logged, since the daemon starts.  Mistakes, and warnings of --check, are printed. */
static struct config *load_config(const char *path, struct config_names *known, bool goes_on, struct error *err)
{
	struct config_mistakes mistakes;
	struct config *config = NULL;

	config_mistakes_init(&mistakes);
	if (config_load_checked(path, known, &config, &mistakes, err) == 0 && goes_on)
		log_warnings(&mistakes);
	else
		print_mistakes(&mistakes);
	config_mistakes_release(&mistakes);
	return config;
}

/* A database that cannot be read is ignored here: the error is reported when it is opened for writing.  One with wrong
 * owners or modes is not even opened, since a reader would leave a WAL beside it. */
static struct config *load_named(const char *path, const char *state_dir, struct error *err)
{
	struct config_names known;
	struct config *config;
	struct error ignored = {0};

	config_names_init(&known);
	if (file_access_check(state_dir, &ignored) == 0)
		(void)stored_names_load(state_dir, &known, &ignored);
	config = load_config(path, &known, true, err);
	config_names_release(&known);
	return config;
}

static int check_only(const char *path)
{
	struct error err = {0};
	struct config *config = load_config(path, NULL, false, &err);

	if (config == NULL) {
		(void)fprintf(stderr, "sitrepd: %s\n", err.text);
		return EXIT_FAILURE;
	}
	(void)printf("%s: good, %zu feeds, %zu alerts, %zu outputs\n", path, config->feeds.count, config->alerts.count,
		config->outputs.count);
	if (config->keep_size > 0 && config->keep_size < writer_least_size(config->feeds.count))
		(void)fprintf(stderr,
			"%s: warning: [keep] size is too small for %zu feeds, at least %lldM are needed\n", path,
			config->feeds.count,
			(long long)((writer_least_size(config->feeds.count) + (1 << 20) - 1) >> 20));
	config_free(config);
	return EXIT_SUCCESS;
}

/* ---- the database ---- */

static void print_finding(void *arg, const char *finding, const char *cost)
{
	(void)arg;
	(void)printf("%s (%s)\n", finding, cost);
}

static int verify_only(const char *state_dir)
{
	struct error err = {0};
	int findings = verify_database(state_dir, print_finding, NULL, &err);

	if (findings < 0) {
		(void)fprintf(stderr, "sitrepd: %s\n", err.text);
		return EXIT_FAILURE;
	}
	if (findings == 0)
		(void)printf("%s/sitrepd.db: good\n", state_dir);
	else
		(void)printf("%s/sitrepd.db: %d findings; sitrepd(8), RESTORING, tells how to restore a backup\n",
			state_dir, findings);
	return findings == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- checks before the database is opened ---- */

static int check_state_dir(const char *path, struct error *err)
{
	int made = paths_make_dir(path, 0700);

	/* If the folder exists, file_access_check() has the better error. */
	if (made != 0 && access(path, F_OK) != 0 && errno == ENOENT)
		return error_sys(err, made, "cannot make the state folder %s", path);
	return file_access_check(path, err);
}

/* Looked for beside this program (as in the build folder), then in the installed place. */
static int open_worker_program(struct error *err)
{
	static const char name[] = "sitrep-parse";
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - sizeof(name));
	int fd = -1;

	if (n > 0) {
		char *slash;

		path[n] = '\0';
		slash = strrchr(path, '/');
		memcpy(slash != NULL ? slash + 1 : path, name, sizeof(name));
		fd = open(path, O_PATH | O_CLOEXEC);
	}
	if (fd < 0)
		fd = open(SITREP_LIBEXECDIR "/sitrep-parse", O_PATH | O_CLOEXEC);
	if (fd < 0)
		return error_sys(err, -errno, "cannot find the parse worker " SITREP_LIBEXECDIR "/sitrep-parse");
	return fd;
}

static int open_http(struct sockets *d, const struct config *c, struct service_fds *given, struct error *err)
{
	size_t room = c->http_listen.count + SERVICE_FDS_MAX;
	int fd;

	if (!c->http_enabled)
		return 0;
	d->http = calloc(room, sizeof(struct listener *));
	if (d->http == NULL)
		return error_sys(err, -ENOMEM, "cannot listen");
	while ((fd = service_take_fd(given, "http")) >= 0) {
		d->http[d->http_count] = listener_adopt(fd, err);
		if (d->http[d->http_count++] == NULL)
			return err->code;
	}
	if (d->http_count > 0)
		return 0;
	for (size_t i = 0; i < c->http_listen.count; i++) {
		const struct config_listen *l = &c->http_listen.items[i];

		d->http[d->http_count] = l->path != NULL ? listener_open_unix(l->path, c->http_socket_mode, NULL, err)
							 : listener_open_tcp(l->host, l->port, err);
		if (d->http[d->http_count++] == NULL)
			return err->code;
	}
	return 0;
}

static struct listener *open_socket(struct service_fds *given, const char *name, const char *path, unsigned mode,
	const char *group, struct error *err)
{
	int fd = service_take_fd(given, name);
	char *slash;
	char *dir;

	if (fd >= 0)
		return listener_adopt(fd, err);
	dir = strdup(path);
	if (dir == NULL) {
		(void)error_sys(err, -ENOMEM, "cannot listen on %s", path);
		return NULL;
	}
	slash = strrchr(dir, '/');
	if (slash != NULL && slash != dir) {
		*slash = '\0';
		(void)paths_make_dir(dir, 0755); /* the bind reports the error */
	}
	free(dir);
	return listener_open_unix(path, mode, group, err);
}

static int open_sockets(
	struct sockets *d, const struct config *c, const char *state_dir, struct service_fds *given, struct error *err)
{
	char *runtime_dir = paths_runtime_dir(state_dir);
	char *stream_path = runtime_dir != NULL ? paths_stream_socket(c->stream_path, runtime_dir) : NULL;
	char *control_path = stream_path != NULL ? paths_control_socket(c->control_path, stream_path) : NULL;
	int result = -ENOMEM;

	if (control_path == NULL) {
		(void)error_sys(err, result, "cannot listen");
		goto out;
	}
	d->worker_program = open_worker_program(err);
	if (d->worker_program < 0) {
		result = d->worker_program;
		goto out;
	}
	result = open_http(d, c, given, err);
	if (result != 0)
		goto out;
	if (c->stream_enabled) {
		d->stream = open_socket(given, "stream", stream_path, c->stream_mode, c->stream_group, err);
		if (d->stream == NULL) {
			result = err->code;
			goto out;
		}
	}
	d->control = open_socket(given, "control", control_path, c->control_mode, c->control_group, err);
	if (d->control == NULL)
		result = err->code;
out:
	free(control_path);
	free(stream_path);
	free(runtime_dir);
	return result;
}

static void close_sockets(struct sockets *d)
{
	for (size_t i = 0; i < d->http_count; i++)
		listener_free(d->http[i]);
	free(d->http);
	listener_free(d->stream);
	listener_free(d->control);
	if (d->worker_program >= 0)
		(void)close(d->worker_program);
}

/* The first http:// address, or NULL. */
static const char *page_address(const struct sockets *d)
{
	for (size_t i = 0; i < d->http_count; i++)
		if (strncmp(listener_name(d->http[i]), "http://", 7) == 0)
			return listener_name(d->http[i]);
	return NULL;
}

static void say_where(const struct sockets *d, const char *program)
{
	for (size_t i = 0; i < d->http_count; i++) {
		const char *name = listener_name(d->http[i]);
		char feed[512];

		(void)snprintf(feed, sizeof(feed), "%s/feed.atom", name);
		log_emit(LOG_LEVEL_NOTICE, "serving", "page", name, "feed", feed, NULL);
	}
	if (d->stream != NULL)
		log_emit(LOG_LEVEL_NOTICE, "streaming", "socket", listener_name(d->stream), NULL);
	log_emit(LOG_LEVEL_INFO, "listening for commands", "socket", listener_name(d->control), NULL);
	next_steps_log(program, page_address(d), d->stream != NULL ? listener_name(d->stream) : NULL,
		listener_name(d->control));
}

/* Each subscriber and each transfer needs a descriptor. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max < 65536 ? limit.rlim_max : 65536;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* The loop and the writer pass buffers to each other.  With one heap, memory that one thread frees is free for the
 * other at once.  Pieces of 128 KiB or more are mapped, so freeing them returns them to the kernel. */
static void tune_memory(void)
{
	(void)mallopt(M_ARENA_MAX, 1);
	(void)mallopt(M_MMAP_THRESHOLD, 128 * 1024);
	(void)mallopt(M_TRIM_THRESHOLD, 512 * 1024);
}

static int run(const char *program, const char *config_path, const char *state_dir, struct service_fds *given,
	struct error *err)
{
	struct sockets sockets = {.worker_program = -1};
	struct engine_options options = {.config_path = config_path, .state_dir = state_dir};
	struct engine *engine = NULL;
	struct config *config = load_named(config_path, state_dir, err);
	int result;

	if (config == NULL)
		return err->code;
	log_set_level((enum log_level)config->log_level);
	result = check_state_dir(state_dir, err);
	if (result == 0)
		result = open_sockets(&sockets, config, state_dir, given, err);
	if (result != 0) {
		config_free(config);
		goto out;
	}
	options.worker_program_fd = sockets.worker_program;
	options.http = sockets.http;
	options.http_count = sockets.http_count;
	options.stream = sockets.stream;
	options.control = sockets.control;
	engine = engine_new(&options, config, err);
	if (engine == NULL) {
		result = err->code;
		goto out;
	}
	say_where(&sockets, program);
	result = engine_run(engine, err);
out:
	engine_free(engine);
	close_sockets(&sockets);
	return result;
}

int main(int argc, char **argv)
{
	struct arguments args = {.program = argc > 0 ? argv[0] : ""};
	struct service_fds given = {0};
	struct error err = {0};
	char *config_path, *state_dir;
	int status = parse_arguments(argc, argv, &args);

	if (status >= 0)
		return status;
	log_init("sitrepd");
	(void)signal(SIGPIPE, SIG_IGN);
	/* A write beyond RLIMIT_FSIZE then fails with EFBIG, and is handled as a full disk is. */
	(void)signal(SIGXFSZ, SIG_IGN);
	(void)umask(0077);
	raise_descriptor_limit();
	tune_memory();
	config_path = paths_config(args.config);
	state_dir = paths_state_dir(args.state_dir);
	if (config_path == NULL || state_dir == NULL)
		status = fail((error_sys(&err, -ENOMEM, "cannot start"), &err));
	else if (args.check)
		status = check_only(config_path);
	else if (args.verify)
		status = verify_only(state_dir);
	else if (service_listen_fds(&given, &err) != 0 || run(args.program, config_path, state_dir, &given, &err) != 0)
		status = fail(&err);
	else
		status = EXIT_SUCCESS;
	(void)service_close_rest(&given);
	log_flush();
	free(config_path);
	free(state_dir);
	return status;
}
