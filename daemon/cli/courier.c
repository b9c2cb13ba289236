/* SPDX-License-Identifier: ISC */
/* A courier is one of two: a command or a webhook. */
#include "courier.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "courier_command.h"
#include "courier_webhook.h"
#include "sitrep/base/clock.h"

/* Commands are looked at so often, for those that take too long. */
enum { LOOK_MS = 1000, WAITED_MAX = 8 };

struct courier {
	bool is_command;
	struct courier_commands commands;
	struct courier_webhook webhook;
};

struct courier *courier_new(const struct courier_options *options, struct error *err)
{
	struct courier *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return error_sys_null(err, -ENOMEM, "cannot deliver");
	c->is_command = options->command != NULL;
	c->commands.command = options->command;
	if (!c->is_command && courier_webhook_init(&c->webhook, options, err) != 0) {
		courier_free(c);
		return NULL;
	}
	return c;
}

void courier_free(struct courier *c)
{
	if (c == NULL)
		return;
	if (c->is_command)
		courier_command_end(&c->commands);
	else
		courier_webhook_release(&c->webhook);
	free(c);
}

int courier_start(struct courier *c, struct delivery *one, struct error *err)
{
	return c->is_command ? courier_command_start(&c->commands, one, clock_mono_ms(), err)
			     : courier_webhook_start(&c->webhook, one, err);
}

void courier_wait(struct courier *c, struct pollfd *waited, size_t count, int timeout_ms)
{
	struct curl_waitfd extra[WAITED_MAX];

	if (c->is_command) {
		poll(waited, count, timeout_ms < 0 || timeout_ms > LOOK_MS ? LOOK_MS : timeout_ms);
		return;
	}
	for (size_t i = 0; i < count; i++)
		extra[i] = (struct curl_waitfd){.fd = waited[i].fd, .events = CURL_WAIT_POLLIN};
	curl_multi_poll(c->webhook.multi, extra, (unsigned)count, timeout_ms < 0 ? INT_MAX : timeout_ms, NULL);
}

bool courier_take(struct courier *c, int64_t now_ms, struct courier_result *result)
{
	return c->is_command ? courier_command_take(&c->commands, now_ms, result)
			     : courier_webhook_take(&c->webhook, result);
}
