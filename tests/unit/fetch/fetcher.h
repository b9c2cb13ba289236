/* SPDX-License-Identifier: ISC */
/* fetcher.h: transfers for tests, one at a time, with loopback allowed. */
#ifndef TEST_FETCHER_H
#define TEST_FETCHER_H

#include <event2/event.h>

#include "../test.h"
#include "sitrep/fetch/transfer.h"

enum { FETCHER_REDIRECTS_MAX = 5, FETCHER_MAX_BODY = 1024 * 1024 };

/* The last answer; lives until the next one. */
struct result {
	bool heard;
	struct transfer_answer answer;
};

struct fetcher {
	struct event_base *base;
	struct transfers *transfers;
	struct config_network loopback[2];
	struct config_networks allow;
	struct result result;
};

static void fetcher_forget(struct fetcher *f)
{
	transfer_answer_release(&f->result.answer);
	f->result = (struct result){0};
}

/* own: where the daemon would listen itself; NULL: nowhere. */
static void fetcher_start_with(struct fetcher *f, const struct sockaddr_storage *own)
{
	const struct transfers_options options = {.max_connections = 64,
		.connect_timeout_ms = 5000,
		.max_redirects = FETCHER_REDIRECTS_MAX,
		.own = own,
		.own_count = own != NULL};
	struct error err;

	*f = (struct fetcher){
		.loopback = {{{[10] = 0xff, 0xff, 127}, 104}, {{[15] = 1}, 128}},
	};
	f->allow = (struct config_networks){f->loopback, 2, 2};
	f->base = event_base_new();
	assert_non_null(f->base);
	f->transfers = transfers_new(f->base, &options, &err);
	assert_non_null(f->transfers);
}

__attribute__((unused)) static void fetcher_start(struct fetcher *f)
{
	fetcher_start_with(f, NULL);
}

static void fetcher_stop(struct fetcher *f)
{
	fetcher_forget(f);
	transfers_free(f->transfers);
	event_base_free(f->base);
}

static struct transfer_request fetcher_request(const struct fetcher *f, const char *request_url)
{
	return (struct transfer_request){
		.url = request_url,
		.user_agent = "sitrepd/test",
		.timeout_ms = 10000,
		.max_body = FETCHER_MAX_BODY,
		.allow = &f->allow,
	};
}

static void fetcher_done(void *arg, struct transfer_answer *answer)
{
	struct fetcher *f = arg;

	assert_false(f->result.heard);
	f->result.heard = true;
	f->result.answer = *answer;
	*answer = (struct transfer_answer){0};
	event_base_loopbreak(f->base);
}

__attribute__((unused)) static struct result *fetcher_get(struct fetcher *f, const struct transfer_request *request)
{
	struct error err;

	fetcher_forget(f);
	assert_non_null(transfer_start(f->transfers, request, fetcher_done, f, &err));
	assert_false(f->result.heard);
	assert_int_equal(event_base_dispatch(f->base), 0);
	assert_true(f->result.heard);
	assert_int_equal(transfers_active(f->transfers), 0);
	assert_int_equal(transfers_buffered(f->transfers), 0);
	return &f->result;
}

#endif
