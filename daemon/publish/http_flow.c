/* SPDX-License-Identifier: ISC */
/* Answers without an end.  While there is nothing to send, the connection is suspended and uses no turn of the loop. */
#include <microhttpd.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "http_internal.h"

enum {
	/* Bytes asked of the callback at a time; libmicrohttpd keeps a buffer of this size for each such answer. */
	PIECE = 2048,
	KERNEL_BYTES = 16 * 1024,
};

struct http_flow {
	struct http_flows *all;
	struct MHD_Connection *connection;
	struct http_connection *place;
	const struct http_flow_callbacks *callbacks;
	void *arg;
	bool suspended;
	bool ends;
	struct http_flow *next, **link;
};

static ssize_t read_piece(void *arg, uint64_t position UNUSED, char *out, size_t room)
{
	struct http_flow *f = arg;
	size_t len = f->ends ? HTTP_FLOW_END : f->callbacks->read(f->arg, out, room);

	if (len == HTTP_FLOW_END)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	http_admission_note(f->place, len > 0 ? HTTP_FLOW_RUNS : HTTP_FLOW_RESTS, 0);
	if (len > 0)
		return (ssize_t)len;
	f->suspended = true;
	MHD_suspend_connection(f->connection);
	return 0;
}

/* By default the kernel would keep up to some megabytes for a client that does not read. */
static void limit_kernel(int fd)
{
	int size = KERNEL_BYTES;

	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

static void end_flow(void *arg)
{
	struct http_flow *f = arg;

	*f->link = f->next;
	if (f->next != NULL)
		f->next->link = f->link;
	f->callbacks->closed(f->arg);
	free(f);
}

struct MHD_Response *http_flow_response(struct http_flows *all, struct MHD_Connection *connection,
	struct http_connection *place, struct http_answer *answer)
{
	struct http_flow *f = calloc(1, sizeof(*f));
	struct MHD_Response *response =
		f != NULL ? MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, PIECE, read_piece, f, end_flow) : NULL;

	if (response == NULL) {
		free(f);
		answer->flow->closed(answer->flow_arg);
		return NULL;
	}
	*f = (struct http_flow){.all = all,
		.connection = connection,
		.place = place,
		.callbacks = answer->flow,
		.arg = answer->flow_arg,
		.next = all->first,
		.link = &all->first};
	if (f->next != NULL)
		f->next->link = &f->next;
	all->first = f;
	(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/event-stream");
	/* nginx would collect the events otherwise */
	(void)MHD_add_response_header(response, "X-Accel-Buffering", "no");
	(void)MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	http_add_origin(connection, response, answer);
	limit_kernel(place->fd);
	f->callbacks->opened(f->arg, f);
	return response;
}

static void resume_flow(struct http_flow *f)
{
	f->suspended = false;
	MHD_resume_connection(f->connection);
}

void http_flow_wake(struct http_flow *f)
{
	if (!f->suspended)
		return;
	resume_flow(f);
	f->all->run_soon(f->all->arg);
}

void http_flows_resume(struct http_flows *all)
{
	for (struct http_flow *f = all->first; f != NULL; f = f->next)
		if (f->suspended)
			resume_flow(f);
}

void http_flows_end(struct http_flows *all)
{
	for (struct http_flow *f = all->first; f != NULL; f = f->next)
		f->ends = true;
	http_flows_resume(all);
	all->run_soon(all->arg);
}
