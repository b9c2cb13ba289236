/* SPDX-License-Identifier: ISC */
/* Publishers by name.  Most items of a document have the same publisher, so the last one is cached. */
#include "sitrep/store/publisher.h"

#include <errno.h>

#include "sitrep/base/domain.h"
#include "sitrep/base/limits.h"
#include "sitrep/sql/sql.h"
#include "sitrep/sql/statements.h"
#include "sitrep/text/url.h"

/* Room for the hosts of a few URLs. */
enum { SCRATCH_MAX = 16 * LIMIT_URL, NAME_MAX_LEN = LIMIT_NAME };

static const char *const texts[PUBLISHER_STATEMENTS] = {
	[PUBLISHER_FIND] = "SELECT id FROM publisher WHERE name = ?1",
	[PUBLISHER_ADD] = "INSERT INTO publisher(name) VALUES(?1) RETURNING id",
};
SQL_TEXTS(texts, PUBLISHER_STATEMENTS);

static const char cannot_find[] = "cannot look up a publisher";

int publishers_init(struct publishers *p, struct sql_db *db, struct error *err)
{
	*p = (struct publishers){.of_feed = BUF_INIT(NAME_MAX_LEN), .last = BUF_INIT(NAME_MAX_LEN)};
	arena_init(&p->scratch, SCRATCH_MAX);
	return sql_prepare(db, texts, PUBLISHER_STATEMENTS, p->s, err);
}

void publishers_release(struct publishers *p)
{
	sql_finalize(p->s, PUBLISHER_STATEMENTS);
	arena_release(&p->scratch);
	buf_release(&p->of_feed);
	buf_release(&p->last);
}

/* The registrable domain of url; STR_NONE when its host has none: an IP address, localhost. */
static struct str domain_of(struct arena *a, struct str url)
{
	struct str domain = domain_registrable(url_host(a, url));
	size_t dot = str_find_char(domain, '.', 0);
	char last = domain.len > 0 ? domain.data[domain.len - 1] : '0';

	return dot == STR_NPOS || (last >= '0' && last <= '9') || last == ']' ? STR_NONE : domain;
}

int publishers_begin(struct publishers *p, const struct feed_row *feed, const struct document *d, struct error *err)
{
	const struct str addresses[] = {d->feed.link, str_from(feed->state.link), str_from(feed->state.url)};
	struct str name = STR_NONE;

	arena_clear(&p->scratch);
	/* The last transaction may have been rolled back, and with it the remembered number. */
	buf_clear(&p->last);
	buf_clear(&p->of_feed);
	p->configured = str_from(feed->publisher);
	for (size_t i = 0; str_empty(name) && i < sizeof(addresses) / sizeof(addresses[0]); i++)
		name = domain_of(&p->scratch, addresses[i]);
	if (str_empty(name))
		name = str_from(feed->state.name);
	return buf_add(&p->of_feed, str_slice(name, 0, NAME_MAX_LEN)) == 0 ? 0 : error_sys(err, -ENOMEM, cannot_find);
}

static struct str name_of(struct publishers *p, const struct item *it)
{
	struct str name = STR_NONE;

	if (!str_empty(p->configured))
		return p->configured;
	arena_clear(&p->scratch);
	if (it->has_source)
		name = domain_of(&p->scratch, !str_empty(it->source.link) ? it->source.link : it->source.url);
	return !str_empty(name) ? name : buf_str(&p->of_feed);
}

static int add_publisher(struct publishers *p, struct str name, int64_t *id, struct error *err)
{
	sql_bind(p->s[PUBLISHER_ADD], as_text(name));
	return sql_insert(p->s[PUBLISHER_ADD], id, err, cannot_find);
}

int publishers_find(struct publishers *p, const struct item *it, int64_t *id, struct error *err)
{
	struct str name = str_slice(name_of(p, it), 0, NAME_MAX_LEN);
	int result;

	if (p->last.len > 0 && str_eq(name, buf_str(&p->last))) {
		*id = p->last_id;
		return 0;
	}
	result = sql_find_int(p->s[PUBLISHER_FIND], id, err, cannot_find, as_text(name));
	if (result == 0)
		result = add_publisher(p, name, id, err);
	if (result < 0)
		return result;
	buf_clear(&p->last);
	p->last_id = *id;
	return buf_add(&p->last, name) == 0 ? 0 : error_sys(err, -ENOMEM, cannot_find);
}

struct str publishers_name(const struct publishers *p)
{
	return buf_str(&p->last);
}
