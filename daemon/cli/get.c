/* SPDX-License-Identifier: ISC */
/* One GET for the commands that take an address, by the daemon's own transfer code: the same redirects, limits and
 * reasons. The user chose the address, so private networks are allowed here. */
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "sitrep/base/utf8.h"
#include "sitrep/config/config.h"
#include "sitrep/fetch/transfer.h"
#include "sitrep/text/html.h"

/* Bytes of an error page that are shown: a few lines. */
enum { SAID_MAX = 300 };

enum { BODY_MAX = 64 * 1024 * 1024, TIMEOUT_MS = 60 * 1000, CONNECT_TIMEOUT_MS = 15 * 1000, REDIRECTS_MAX = 10 };
enum { AGENT_MAX = 16 * 1024 };

struct getting {
	struct event_base *base;
	struct got *got;
	struct error *err;
	int result;
};

/* Sets the error, with the text of the server's error page, which may say how to get access. */
static void tell_error_page(struct getting *g, const struct transfer_answer *answer)
{
	struct buf page = BUF_INIT(4 * TRANSFER_ERROR_PAGE_MAX), text = BUF_INIT(SAID_MAX);

	if (utf8_repair(&page, buf_str(&answer->error_page)) == 0)
		html_to_text(&text, buf_str(&page));
	g->result = text.len > 0 ? error_set(g->err, -EIO, "%s; the server says: %s", answer->error.text, text.data)
				 : error_set(g->err, -EIO, "%s", answer->error.text);
	buf_release(&page);
	buf_release(&text);
}

static void on_done(void *arg, struct transfer_answer *answer)
{
	struct getting *g = arg;

	if (answer->failure != FAILURE_NONE) {
		tell_error_page(g, answer);
	} else {
		g->result = 0;
		g->got->body = answer->body;
		answer->body = BUF_INIT(0);
		g->got->url = cstr_take(&answer->final_url);
		g->got->content_type = cstr_take(&answer->content_type);
		g->got->content_location = cstr_take(&answer->content_location);
		g->got->content_language = cstr_take(&answer->content_language);
	}
	event_base_loopbreak(g->base);
}

bool get_is_url(const char *argument)
{
	return str_starts_nocase(str_from(argument), STR("http://")) ||
	       str_starts_nocase(str_from(argument), STR("https://"));
}

/* Makes the User-Agent as the daemon does; NULL without memory. */
static char *make_agent(const struct client_options *options)
{
	struct config *c = client_config(options);
	const char *contact = NULL;
	struct buf agent = BUF_INIT(AGENT_MAX);

	if (c != NULL)
		contact = c->contact_url != NULL ? c->contact_url : c->base_url;
	buf_puts(&agent, "sitrep/" SITREP_VERSION);
	if (contact != NULL)
		buf_printf(&agent, " (+%s)", contact);
	config_free(c);
	return buf_take(&agent, NULL);
}

int get_url(const struct client_options *client, const char *url, struct got *got, struct error *err)
{
	char *agent = make_agent(client);
	const struct transfers_options options = {
		.max_connections = 1, .connect_timeout_ms = CONNECT_TIMEOUT_MS, .max_redirects = REDIRECTS_MAX};
	const struct transfer_request request = {
		.url = url,
		.user_agent = agent,
		.timeout_ms = TIMEOUT_MS,
		.max_body = BODY_MAX,
		.allow_private = true,
		.want_error_page = true,
	};
	struct getting g = {.base = event_base_new(), .got = got, .err = err, .result = -EIO};
	struct transfers *transfers = NULL;

	*got = (struct got){.body = BUF_INIT(0)};
	if (g.base == NULL || agent == NULL) {
		g.result = error_sys(err, -ENOMEM, "cannot fetch %s", url);
		goto out;
	}
	transfers = transfers_new(g.base, &options, err);
	if (transfers == NULL || transfer_start(transfers, &request, on_done, &g, err) == NULL) {
		g.result = err->code != 0 ? err->code : -ENOMEM;
		goto out;
	}
	if (event_base_dispatch(g.base) != 0)
		g.result = error_set(err, -EIO, "cannot wait for %s", url);
out:
	if (transfers != NULL)
		transfers_free(transfers);
	if (g.base != NULL)
		event_base_free(g.base);
	free(agent);
	return g.result;
}

void get_release(struct got *got)
{
	buf_release(&got->body);
	free(got->url);
	free(got->content_type);
	free(got->content_location);
	free(got->content_language);
}
