/* SPDX-License-Identifier: ISC */
/* sitrepd: arguments, start-up and shutdown.
 *
 * Start-up order: read and check the configuration; make or check the state folder; open the parse worker's program;
 * bind all sockets; open the database; start the workers; poll the first feed.  A failure is logged in one line, with
 * exit status 1, or 78 for a mistake in the configuration. */
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
#include "sitrep/base/file.h"
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

#define SERVICE_UNIT "sitrepd.service"
/* Set for the process that checks the configuration as the service sees it. */
#define AS_SERVICE "SITREPD_AS_SERVICE"

struct arguments {
	const char *program;
	const char *config;
	const char *state_dir;
	bool check;
	bool as_service;
	bool verify;
};

/* Sockets and the worker's program, borrowed by the engine. */
struct sockets {
	struct listener **http; /* for all, then for monitors */
	size_t http_count, monitor_count;
	struct listener *stream;
	struct listener *control;
	int worker_program;
};

static const char usage_line[] = "usage: sitrepd [-c FILE] [--state-dir DIR] [--check [--as-service] | --verify]\n";

static void usage(void)
{
	fputs(usage_line, stdout);
	fputs("\n"
	      "Polls the configured feeds, keeps each item once, groups the copies of one story,\n"
	      "serves the merged feeds over HTTP and streams new items on a Unix socket.\n"
	      "Runs in the foreground and logs to standard error.\n\n",
		stdout);
	arguments_write(stdout, sitrepd_options);
	fputs("\nSIGHUP reloads the configuration, SIGTERM stops the daemon.\n"
	      "See sitrepd(8), sitrepd.conf(5).\n",
		stdout);
}

static int print_options(int (*write)(struct buf *out))
{
	struct buf out = BUF_INIT(TEXT_MAX);
	int result = write(&out);

	if (result == 0)
		fwrite(out.data, 1, out.len, stdout);
	buf_release(&out);
	return result == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* -1: continue; else the exit status. */
static int parse_arguments(int argc, char **argv, struct arguments *args)
{
	char mistake[ARGUMENTS_MISTAKE_MAX];
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
		case SITREPD_AS_SERVICE:
			args->as_service = true;
			break;
		case SITREPD_VERIFY:
			args->verify = true;
			break;
		case SITREPD_HELP_CONFIG:
			return print_options(option_write_help);
		case SITREPD_SAMPLE_CONFIG:
			return print_options(option_write_sample);
		case SITREPD_VERSION:
			puts("sitrepd " SITREP_VERSION);
			return EXIT_SUCCESS;
		case SITREPD_OPTIONS:
			break;
		}
	}
	if (option == ARGUMENTS_HELP) {
		usage();
		return EXIT_SUCCESS;
	}
	if (option == ARGUMENTS_END && optind == argc)
		return -1;
	if (option == ARGUMENTS_END)
		fprintf(stderr, "sitrepd: unexpected argument %s\n", argv[optind]);
	else
		fprintf(stderr, "sitrepd: %s\n", arguments_mistake(sitrepd_options, argv, mistake));
	fputs(usage_line, stderr);
	fputs("See `sitrepd --help`.\n", stderr);
	return EXIT_FAILURE;
}

static int fail(const struct error *err, int status)
{
	log_leave_journal();
	log_emit(LOG_LEVEL_ERROR, "cannot start", "reason", err->text, NULL);
	return status;
}

/* ---- configuration ---- */

static void print_mistakes(const struct config_mistakes *mistakes, bool show)
{
	struct buf text = BUF_INIT(TEXT_MAX);

	if (config_mistakes_write(mistakes, show, &text) == 0 && text.len > 0)
		log_write(LOG_LEVEL_ERROR, text.data, text.len);
	buf_release(&text);
}

static void log_warnings(const struct config_mistakes *mistakes)
{
	struct buf text = BUF_INIT(TEXT_MAX);

	config_mistakes_write(mistakes, false, &text);
	log_emit_lines(LOG_LEVEL_WARNING, "configuration", "warning", buf_str(&text));
	buf_release(&text);
}

/* goes_on: warnings are logged, since the daemon starts.  Mistakes, and warnings of --check, are printed; the
 * places in rules are shown by --check and on a terminal, while a log has one line for each. */
static struct config *load_config(const char *path, struct config_names *known, bool goes_on, struct error *err)
{
	struct config_mistakes mistakes;
	struct config *config = NULL;

	config_mistakes_init(&mistakes);
	if (config_load_checked(path, goes_on ? CONFIG_TO_RUN : CONFIG_TO_CHECK, known, &config, &mistakes, err) == 0 &&
		goes_on)
		log_warnings(&mistakes);
	else
		print_mistakes(&mistakes, !goes_on || isatty(STDERR_FILENO) != 0);
	config_mistakes_release(&mistakes);
	return config;
}

static int add_name(void *arg, const char *url, const char *name)
{
	return config_names_add(arg, url, name);
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
		stored_names_load(state_dir, add_name, &known, &ignored);
	config = load_config(path, &known, true, err);
	config_names_release(&known);
	return config;
}

static int check_state_dir(const char *path, struct error *err)
{
	int made = paths_make_dir(path, 0700);

	/* If the folder exists, file_access_check() has the better error. */
	if (made != 0 && access(path, F_OK) != 0 && errno == ENOENT)
		return error_sys(err, made, "cannot make the state folder %s", path);
	return file_access_check(path, err);
}

/* Tells what to do where systemd has made the process so that it cannot give the group. */
static int check_group(const char *section, const char *group, struct error *err)
{
	struct error why = {0};

	if (group == NULL || listener_check_group(group, &why) == 0)
		return 0;
	return error_set(err, why.code,
		"[%s] group: %s; for the service, give SocketGroup=%s to the socket unit: "
		"`systemctl edit sitrepd-%s.socket`",
		section, why.text, group, section);
}

static bool print_fault(const char *path, const struct error *err)
{
	fprintf(stderr, "%s: %s\n", path, err->text);
	return true;
}

/* A socket that is inherited has the group of its socket unit. */
static int check_groups(const struct config *c, const struct service_fds *given, struct error *err)
{
	int result = 0;

	if (c->stream_enabled && !service_has_fd(given, "stream"))
		result = check_group("stream", c->stream_group, err);
	if (result == 0 && !service_has_fd(given, "control"))
		result = check_group("control", c->control_group, err);
	return result;
}

/* What the configuration says of this process's rights: groups, the state folder. */
static bool has_faults(const char *path, const struct config *c, const char *state_dir)
{
	struct error err = {0};
	bool found = false;

	if (check_group("stream", c->stream_group, &err) != 0)
		found = print_fault(path, &err);
	if (check_group("control", c->control_group, &err) != 0)
		found = print_fault(path, &err);
	if (check_state_dir(state_dir, &err) != 0)
		found = print_fault(path, &err);
	return found;
}

static int check_only(const char *path, const char *state_dir, bool as_service)
{
	struct error err = {0};
	struct config *config = load_config(path, NULL, false, &err);
	int status = EXIT_FAILURE;

	if (config == NULL) {
		fprintf(stderr, "sitrepd: %s\n", err.text);
		return status;
	}
	if (as_service && has_faults(path, config, state_dir))
		goto out;
	status = EXIT_SUCCESS;
	printf("%s: good%s, %zu feeds, %zu alerts, %zu outputs\n", path, as_service ? " for " SERVICE_UNIT : "",
		config->feeds.count, config->alerts.count, config->outputs.count);
	if (config->keep_size > 0 && config->keep_size < writer_least_size(config->feeds.count))
		fprintf(stderr, "%s: warning: [keep] size is too small for %zu feeds, at least %lldM are needed\n",
			path, config->feeds.count,
			(long long)((writer_least_size(config->feeds.count) + (1 << 20) - 1) >> 20));
out:
	config_free(config);
	return status;
}

/* Runs the same command once more as a process of the unit, which finds AS_SERVICE in its environment. */
static int check_as_service(char **argv, const char *config_path, const char *state_dir)
{
	struct error err = {0};

	if (getenv(AS_SERVICE) != NULL)
		return check_only(config_path, state_dir, true);
	service_exec_as_unit(SERVICE_UNIT, AS_SERVICE "=1", argv, &err);
	fprintf(stderr, "sitrepd: %s\n", err.text);
	return EXIT_FAILURE;
}

/* ---- the database ---- */

static void print_finding(void *arg UNUSED, const char *finding, const char *cost)
{
	printf("%s (%s)\n", finding, cost);
}

static int verify_only(const char *state_dir)
{
	struct error err = {0};
	int findings = verify_database(state_dir, print_finding, NULL, &err);

	if (findings < 0) {
		fprintf(stderr, "sitrepd: %s\n", err.text);
		return EXIT_FAILURE;
	}
	if (findings == 0)
		printf("%s/sitrepd.db: good\n", state_dir);
	else
		printf("%s/sitrepd.db: %d findings; to restore a backup see RESTORING in sitrepd(8)\n", state_dir,
			findings);
	return findings == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- checks before the database is opened ---- */

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

/* Says which option may be changed when an address is in use. */
static int advise(struct error *err, const char *option)
{
	const struct error cause = *err;

	return cause.code == -EADDRINUSE ? error_set(err, cause.code, "%s; end that, or change %s", cause.text, option)
					 : cause.code;
}

/* Appends listeners on the addresses. */
static int open_listens(struct sockets *d, size_t *count, const struct config_listens *list, unsigned mode,
	const char *option, struct error *err)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct config_listen *l = &list->items[i];
		struct listener *listener = l->path != NULL ? listener_open_unix(l->path, mode, NULL, err)
							    : listener_open_tcp(l->host, l->port, err);

		if (listener == NULL)
			return advise(err, option);
		d->http[d->http_count + d->monitor_count] = listener;
		(*count)++;
	}
	return 0;
}

static int open_http(struct sockets *d, const struct config *c, struct service_fds *given, struct error *err)
{
	size_t room = c->http_listen.count + c->http_metrics_listen.count + SERVICE_FDS_MAX;
	int fd, result = 0;

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
	if (d->http_count == 0)
		result = open_listens(d, &d->http_count, &c->http_listen, c->http_socket_mode, "[http] listen", err);
	if (result == 0)
		result = open_listens(d, &d->monitor_count, &c->http_metrics_listen, c->http_socket_mode,
			"[http] metrics-listen", err);
	return result;
}

static struct listener *open_socket(struct service_fds *given, const char *name, const char *path, unsigned mode,
	const char *group, struct error *err)
{
	int fd = service_take_fd(given, name);
	char *slash;
	char *dir;

	if (fd >= 0 && group != NULL)
		log_emit(LOG_LEVEL_WARNING, "group is not used, the socket comes from a socket unit", "section", name,
			"group", group, NULL);
	if (fd >= 0)
		return listener_adopt(fd, err);
	dir = strdup(path);
	if (dir == NULL)
		return error_sys_null(err, -ENOMEM, "cannot listen on %s", path);
	slash = strrchr(dir, '/');
	if (slash != NULL && slash != dir) {
		*slash = '\0';
		paths_make_dir(dir, 0755); /* the bind reports the error */
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
		error_sys(err, result, "cannot listen");
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
			result = advise(err, "[stream] path");
			goto out;
		}
	}
	d->control = open_socket(given, "control", control_path, c->control_mode, c->control_group, err);
	if (d->control == NULL)
		result = advise(err, "[control] path");
out:
	free(control_path);
	free(stream_path);
	free(runtime_dir);
	return result;
}

static void close_sockets(struct sockets *d)
{
	for (size_t i = 0; i < d->http_count + d->monitor_count; i++)
		listener_free(d->http[i]);
	free(d->http);
	listener_free(d->stream);
	listener_free(d->control);
	if (d->worker_program >= 0)
		close(d->worker_program);
}

static void say_where(const struct sockets *d, const char *program)
{
	for (size_t i = 0; i < d->http_count; i++) {
		const char *name = listener_name(d->http[i]);
		char feed[512];

		snprintf(feed, sizeof(feed), "%s/feed.atom", name);
		log_emit(LOG_LEVEL_NOTICE, "serving", "page", name, "atom", feed, NULL);
	}
	for (size_t i = d->http_count; i < d->http_count + d->monitor_count; i++)
		log_emit(LOG_LEVEL_NOTICE, "serving monitors", "address", listener_name(d->http[i]), NULL);
	if (d->stream != NULL)
		log_emit(LOG_LEVEL_NOTICE, "streaming", "socket", listener_name(d->stream), NULL);
	log_emit(LOG_LEVEL_INFO, "listening for commands", "socket", listener_name(d->control), NULL);
	next_steps_log(program, listeners_url(d->http, d->http_count),
		d->stream != NULL ? listener_name(d->stream) : NULL, listener_name(d->control));
}

/* Each subscriber and each transfer needs a descriptor. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max < 65536 ? limit.rlim_max : 65536;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* The loop and the writer pass buffers to each other.  With one heap, memory that one thread frees is free for the
 * other at once.  Pieces of 128 KiB or more are mapped, so freeing them returns them to the kernel. */
static void tune_memory(void)
{
	mallopt(M_ARENA_MAX, 1);
	mallopt(M_MMAP_THRESHOLD, 128 * 1024);
	mallopt(M_TRIM_THRESHOLD, 512 * 1024);
}

/* Returns the exit status. */
static int run_daemon(const char *program, const char *config_path, const char *state_dir, struct service_fds *given)
{
	struct sockets sockets = {.worker_program = -1};
	struct engine_options options = {.config_path = config_path, .state_dir = state_dir};
	struct engine *engine = NULL;
	struct error err = {0};
	struct config *config = load_named(config_path, state_dir, &err);
	int status = EXIT_FAILURE;

	if (config == NULL)
		return fail(&err, err.code == -ENOMEM ? EXIT_FAILURE : SITREPD_EXIT_CONFIG);
	if (check_groups(config, given, &err) != 0) {
		config_free(config);
		return fail(&err, SITREPD_EXIT_CONFIG);
	}
	log_set_level((enum log_level)config->log_level);
	listener_catch_signals();
	if (check_state_dir(state_dir, &err) != 0 || open_sockets(&sockets, config, state_dir, given, &err) != 0) {
		config_free(config);
		goto out;
	}
	options.worker_program_fd = sockets.worker_program;
	options.http = sockets.http;
	options.http_count = sockets.http_count;
	options.monitor_count = sockets.monitor_count;
	options.stream = sockets.stream;
	options.control = sockets.control;
	engine = engine_new(&options, config, &err);
	if (engine == NULL)
		goto out;
	say_where(&sockets, program);
	if (engine_run(engine, &err) == 0)
		status = EXIT_SUCCESS;
out:
	if (status != EXIT_SUCCESS)
		fail(&err, status);
	engine_free(engine);
	close_sockets(&sockets);
	return status;
}

/* Help, a sample or a finding that could not be written is no success. */
static int check_output(int status)
{
	if (fflush(stdout) == 0 && ferror(stdout) == 0)
		return status;
	fprintf(stderr, "sitrepd: cannot write the output: %s\n", strerror(errno));
	return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	struct arguments args = {.program = argc > 0 ? argv[0] : ""};
	struct service_fds given = {0};
	struct error err = {0};
	char *config_path, *state_dir;
	int status;

	if (file_keep_standard() != 0)
		return EXIT_FAILURE;
	status = parse_arguments(argc, argv, &args);
	if (status >= 0)
		return check_output(status);
	log_init("sitrepd");
	signal(SIGPIPE, SIG_IGN);
	/* A write beyond RLIMIT_FSIZE then fails with EFBIG, and is handled as a full disk is. */
	signal(SIGXFSZ, SIG_IGN);
	umask(0077);
	raise_descriptor_limit();
	tune_memory();
	config_path = paths_config(args.config);
	state_dir = paths_state_dir(args.state_dir);
	if (config_path == NULL || state_dir == NULL)
		status = fail((error_sys(&err, -ENOMEM, "cannot start"), &err), EXIT_FAILURE);
	else if (args.check)
		status = args.as_service ? check_as_service(argv, config_path, state_dir)
					 : check_only(config_path, state_dir, false);
	else if (args.verify)
		status = verify_only(state_dir);
	else if (service_listen_fds(&given, &err) != 0)
		status = fail(&err, EXIT_FAILURE);
	else
		status = run_daemon(args.program, config_path, state_dir, &given);
	service_close_rest(&given);
	log_flush();
	free(config_path);
	free(state_dir);
	return check_output(status);
}
