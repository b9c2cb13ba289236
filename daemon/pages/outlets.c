/* SPDX-License-Identifier: ISC */
/* The names of outlets, and the outlets that ran a story. */
#include "sitrep/pages/outlets.h"

#include <errno.h>
#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "sitrep/base/limits.h"
#include "sitrep/pages/item_link.h"
#include "sitrep/text/url.h"

enum { SLOTS_MIN = 64, HASHED_MAX = 256 };

/* Titles that many sites give their feeds. */
static const char *const generic[] = {"all", "all articles", "all news", "all posts", "article", "articles", "atom",
	"atom feed", "blog", "breaking", "breaking news", "channel", "default", "defence", "defense", "europe", "feed",
	"front page", "headlines", "home", "home page", "homepage", "index", "international", "latest",
	"latest articles", "latest headlines", "latest news", "latest posts", "latest stories", "local", "main",
	"military", "most recent", "national", "national security", "navy", "air force", "army", "news", "news feed",
	"news releases", "newsfeed", "newsroom", "opinion", "politics", "posts", "press", "press release",
	"press releases", "recent posts", "releases", "reports", "rss", "rss feed", "security", "stories", "top news",
	"top stories", "untitled", "updates", "us", "world", "world news", "aktuell", "aktuelles", "alle",
	"nachrichten", "politik", "welt", "international news", "accueil", "actualités", "monde", "à la une",
	"noticias", "mundo", "portada", "notizie", "mondo", "nieuws", "новости", "мир", "новини", "뉴스", "국제",
	"ニュース", "新闻", "国际"};

/* Never 0, which marks a free slot. Titles that only differ behind HASHED_MAX bytes count as one. */
static uint64_t hash_of(struct str title)
{
	char lower[HASHED_MAX];
	size_t len;

	title = str_trim(title);
	len = title.len < sizeof(lower) ? title.len : sizeof(lower);
	for (size_t i = 0; i < len; i++)
		lower[i] = char_lower(title.data[i]);
	return XXH3_64bits(lower, len) | 1;
}

static struct outlet_slot *find_slot(const struct outlets *o, uint64_t hash)
{
	size_t at = (size_t)(hash >> 1) & (o->slot_count - 1);

	while (o->slots[at].hash != 0 && o->slots[at].hash != hash)
		at = (at + 1) & (o->slot_count - 1);
	return &o->slots[at];
}

int outlets_count(struct outlets *o, const struct feed_table *feeds)
{
	size_t count = feed_table_places(feeds);
	struct outlets fresh = {.slot_count = SLOTS_MIN};

	while (fresh.slot_count < 2 * count)
		fresh.slot_count *= 2;
	fresh.slots = calloc(fresh.slot_count, sizeof(*fresh.slots));
	if (fresh.slots == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		const struct feed_state *f = feed_table_state_at(feeds, i);
		struct outlet_slot *slot;
		uint64_t hash;

		if (f == NULL || f->title == NULL)
			continue;
		hash = hash_of(str_from(f->title));
		slot = find_slot(&fresh, hash);
		slot->repeated = slot->hash == hash;
		slot->hash = hash;
	}
	outlets_release(o);
	*o = fresh;
	return 0;
}

void outlets_release(struct outlets *o)
{
	free(o->slots);
	*o = (struct outlets){0};
}

static bool is_repeated(const struct outlets *o, struct str title)
{
	return o != NULL && o->slot_count > 0 && find_slot(o, hash_of(title))->repeated;
}

static void put_host(struct buf *out, const struct source *source)
{
	struct arena scratch = ARENA_INIT(16 * LIMIT_URL);
	struct str host;

	host = url_host(&scratch, source->link);
	if (str_empty(host))
		host = url_host(&scratch, source->url);
	if (str_starts(host, STR("www.")))
		host = str_slice(host, 4, host.len);
	if (!str_empty(host)) {
		buf_puts(out, " (");
		buf_add(out, host);
		buf_putc(out, ')');
	}
	arena_release(&scratch);
}

void outlets_put_name(struct buf *out, const struct outlets *o, const struct source *source)
{
	struct str title = str_trim(source->title);

	buf_add(out, title);
	if (str_is_one_of(title, generic) || is_repeated(o, title))
		put_host(out, source);
}

/* ---- of a story ---- */

static struct story_outlet *find_outlet(struct story_outlets *so, struct str name)
{
	for (size_t i = 0; i < so->count; i++)
		if (str_eq_nocase(story_outlets_name(so, i), name))
			return &so->items[i];
	return NULL;
}

/* All reports of a backlog arrive at the same time. Those without a date are no news. */
static int64_t joined_ms(const struct story *s, const struct report *r)
{
	if (s->sort_ms == STORY_UNDATED_MS)
		return STORY_UNDATED_MS;
	return s->sort_ms < s->first_seen_ms && r->published_known ? r->published_ms : r->first_seen_ms;
}

void story_outlets_init(struct story_outlets *so, const struct outlets *o, const struct story *s)
{
	*so = (struct story_outlets){.names = BUF_INIT(STORY_REPORTS_MAX * (LIMIT_TITLE + LIMIT_URL))};
	for (size_t i = 0; i < s->report_count; i++) {
		const struct report *r = &s->reports[i];
		size_t from = so->names.len;
		struct story_outlet *known;

		outlets_put_name(&so->names, o, &r->source);
		if (buf_failed(&so->names))
			return;
		known = find_outlet(so, str_make(so->names.data + from, so->names.len - from));
		if (known != NULL) {
			buf_truncate(&so->names, from);
		} else {
			known = &so->items[so->count++];
			*known = (struct story_outlet){.name_from = from,
				.name_len = so->names.len - from,
				.report = i,
				.first_ms = joined_ms(s, r)};
		}
		known->reports++;
		if (joined_ms(s, r) < known->first_ms)
			known->first_ms = joined_ms(s, r);
		if (str_empty(known->link))
			known->link = item_own_link(&r->item);
	}
}

void story_outlets_release(struct story_outlets *so)
{
	buf_release(&so->names);
}

struct str story_outlets_name(const struct story_outlets *so, size_t n)
{
	return str_slice(buf_str(&so->names), so->items[n].name_from, so->items[n].name_from + so->items[n].name_len);
}
