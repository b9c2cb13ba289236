/* SPDX-License-Identifier: ISC */
/* Whatever the order in which reports come, what is apart stays apart.
 *
 * Each round makes up a small world: events with the edits that outlets make of them, bulletins of one template with
 * other figures and dates, their excerpts without any, and roundups of several events.  Its reports are taken in in
 * many random orders.  No story may ever hold two reports that the rule keeps apart for what they say, two issues of a
 * bulletin, or two events, whatever roundup came in between; and reports of one event must mostly be found together,
 * or all of this would be easily had. */
#include "../story/grouping_fixture.h"
#include "seed.h"

enum {
	ROUNDS = 12,
	ORDERS = 24,
	EVENTS = 5,
	ISSUES = 4,
	ROUNDUPS = 2,
	TEXTS_MAX = 64,
	BODY_MAX = 8000,
	/* of what a reader calls an event: no label of roundups and of excerpts that fit several issues */
	NO_LABEL = -1,
};

struct world {
	uint64_t seed;
	size_t count;
	struct {
		char source[24];
		char title[200];
		char body[BODY_MAX];
		int label;
	} texts[TEXTS_MAX];
	struct sketch sketches[TEXTS_MAX];
	char events[EVENTS][BODY_MAX / 4];
};

/* ---- words */

static size_t add_word(struct world *w, char *out, size_t len, size_t size)
{
	static const char *const syllables[] = {"ba", "ren", "to", "mil", "sa", "kor", "den", "vi", "lun", "per", "gos",
		"ha", "tri", "nel", "ost", "fa"};
	size_t n = 2 + seed_below(&w->seed, 2);

	len += (size_t)snprintf(out + len, size - len, "%s", len > 0 ? " " : "");
	for (size_t i = 0; i < n && len < size; i++)
		len += (size_t)snprintf(out + len, size - len, "%s", syllables[seed_below(&w->seed, 16)]);
	return len;
}

/* Sentences of so many words, a figure in about every fifteenth. */
static void write_prose(struct world *w, char *out, size_t size, size_t words, bool figures)
{
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < words; i++) {
		len = add_word(w, out, len, size);
		if (figures && seed_below(&w->seed, 15) == 0)
			len += (size_t)snprintf(out + len, size - len, " %zu", 2 + seed_below(&w->seed, 900));
		if (seed_below(&w->seed, 12) == 0)
			len += (size_t)snprintf(out + len, size - len, ".");
	}
	assert_true(len < size);
}

/* The first share (in hundredths) of a text's words. */
static void cut(char *text, size_t share)
{
	size_t len = strlen(text) * share / 100;

	while (text[len] != '\0' && text[len] != ' ')
		len++;
	text[len] = '\0';
}

/* ---- reports */

static size_t add_text(struct world *w, int label)
{
	size_t n = w->count++;

	assert_true(n < TEXTS_MAX);
	snprintf(w->texts[n].source, sizeof(w->texts[n].source), "outlet%zu.example", n);
	write_prose(w, w->texts[n].title, sizeof(w->texts[n].title), 7, false);
	w->texts[n].label = label;
	return n;
}

/* What an outlet makes of a text. */
static void add_edit(struct world *w, const char *original, int label)
{
	size_t n = add_text(w, label);
	char *body = w->texts[n].body, more[BODY_MAX / 4];

	snprintf(body, BODY_MAX, "%s", original);
	switch (seed_below(&w->seed, 5)) {
	case 0: /* the lead alone */
		cut(body, 40 + seed_below(&w->seed, 40));
		break;
	case 1: /* paragraphs of its own */
		write_prose(w, more, sizeof(more), 20 + seed_below(&w->seed, 30), false);
		snprintf(body + strlen(body), BODY_MAX - strlen(body), " %s", more);
		break;
	case 2:
		snprintf(body, BODY_MAX, "PORT CITY (Agency) - %s", original);
		break;
	case 3: /* another first sentence */
		write_prose(w, more, sizeof(more), 12, false);
		snprintf(body, BODY_MAX, "%s. %s", more, original);
		break;
	default:
		break;
	}
}

static void add_event(struct world *w, size_t event)
{
	write_prose(w, w->events[event], sizeof(w->events[event]), 90 + seed_below(&w->seed, 90), true);
	for (size_t edits = 2 + seed_below(&w->seed, 3); edits > 0; edits--)
		add_edit(w, w->events[event], (int)event);
}

/* Issues of one bulletin, some run by two outlets, and what it says every time. */
static void add_bulletin(struct world *w)
{
	static const char *const months[] = {"January", "March", "June", "October"};
	char stock[3][600], title[200], issue[BODY_MAX / 4];
	size_t n;

	for (size_t i = 0; i < 3; i++)
		write_prose(w, stock[i], sizeof(stock[i]), 15 + seed_below(&w->seed, 15), false);
	write_prose(w, title, sizeof(title), 6, false);
	for (int k = 0; k < ISSUES; k++) {
		size_t len = 0;

		/* each has figures that no other one has */
		for (size_t i = 0; i < 3; i++) {
			size_t own = 10 * i + seed_below(&w->seed, 10);

			len += (size_t)snprintf(issue + len, sizeof(issue) - len,
				"%s in total %zu vessels and after that %zu tons. ", stock[i],
				1000 * ((size_t)k + 1) + own, 20000 * ((size_t)k + 1) + own);
		}
		snprintf(issue + len, sizeof(issue) - len, "Counted on %d %s.", 5 * k + 3, months[k]);
		for (size_t outlets = 1 + seed_below(&w->seed, 2); outlets > 0; outlets--) {
			n = add_text(w, EVENTS + k);
			snprintf(w->texts[n].title, sizeof(w->texts[n].title), "%s", title);
			snprintf(w->texts[n].body, BODY_MAX, "%s%s", outlets == 2 ? "AGENCY - " : "", issue);
		}
	}
	n = add_text(w, NO_LABEL);
	snprintf(w->texts[n].body, BODY_MAX, "%s %s %s", stock[0], stock[1], stock[2]);
}

/* Three events on one page, and something of its own. */
static void add_roundup(struct world *w)
{
	size_t n = add_text(w, NO_LABEL), first = seed_below(&w->seed, EVENTS);
	char own[600], page[BODY_MAX];

	write_prose(w, own, sizeof(own), 20 + seed_below(&w->seed, 40), true);
	snprintf(page, sizeof(page), "%s. %s. %s. %s.", w->events[first], w->events[(first + 1) % EVENTS],
		w->events[(first + 2) % EVENTS], own);
	snprintf(w->texts[n].body, BODY_MAX, "%s", page);
}

static void make_world(struct world *w)
{
	w->count = 0;
	for (size_t i = 0; i < EVENTS; i++)
		add_event(w, i);
	add_bulletin(w);
	for (size_t i = 0; i < ROUNDUPS; i++)
		add_roundup(w);
	for (size_t i = 0; i < w->count; i++)
		w->sketches[i] = sketch_of(w->texts[i].title, w->texts[i].body);
}

/* ---- the property */

struct tally {
	size_t together, pairs; /* of one event */
};

/* What became of each, in the order they came. */
struct outcome {
	size_t text;
	int64_t story;
	struct story_answer answer;
};

static void fail_pair(const struct world *w, const struct outcome *outcomes, size_t i, size_t k, const char *why)
{
	for (size_t n = 0; n < w->count; n++) {
		const struct outcome *o = &outcomes[n];

		print_message("item %zu, text %zu of event %d, %u words: story %d, %s of %d, %.2f\n", n + 1, o->text,
			w->texts[o->text].label, w->sketches[o->text].words, (int)o->story,
			o->answer.roundup ? "roundup" : story_relation_name(o->answer.relation), (int)o->answer.of_item,
			o->answer.reasons.score);
	}
	fail_msg("items %zu and %zu are joined, %s", i + 1, k + 1, why);
}

static void check_pair(const struct world *w, const struct outcome *outcomes, size_t i, size_t k, struct tally *tally)
{
	size_t x = outcomes[i].text, y = outcomes[k].text;
	int a = w->texts[x].label, b = w->texts[y].label;
	bool together = outcomes[i].story == outcomes[k].story;
	struct story_reasons r = story_compare(&story_params_default, &w->sketches[x], &w->sketches[y], false, HOUR_MS);

	if (together && r.why == STORY_WHY_NUMBERS)
		fail_pair(w, outcomes, i, k, "though their numbers differ");
	if (together && a != b && a != NO_LABEL && b != NO_LABEL)
		fail_pair(w, outcomes, i, k, "but of two events");
	if (a != NO_LABEL && a == b) {
		tally->pairs++;
		tally->together += together;
	}
}

static void take_all(struct world *w, struct tally *tally)
{
	struct outcome outcomes[TEXTS_MAX];
	size_t order[TEXTS_MAX];
	struct fixture f = {0};

	for (size_t i = 0; i < w->count; i++)
		order[i] = i;
	seed_shuffle(&w->seed, order, w->count);
	set_up(&f);
	for (size_t i = 0; i < w->count; i++) {
		size_t n = order[i];

		outcomes[i].text = n;
		outcomes[i].story = take(&f, w->texts[n].source, w->texts[n].title, w->texts[n].body);
		outcomes[i].answer = f.answer;
	}
	for (size_t i = 0; i < w->count; i++)
		for (size_t k = 0; k < i; k++)
			check_pair(w, outcomes, i, k, tally);
	tear_down(&f);
}

TEST(no_order_joins_what_is_apart)
{
	struct world *w = calloc(1, sizeof(*w));
	struct tally tally = {0};

	assert_non_null(w);
	w->seed = seed_choose();
	for (int round = 0; round < ROUNDS; round++) {
		make_world(w);
		for (int i = 0; i < ORDERS; i++)
			take_all(w, &tally);
	}
	print_message("%d worlds in %d orders: %.1f %% of the pairs of one event found\n", ROUNDS, ORDERS,
		100.0 * (double)tally.together / (double)tally.pairs);
	assert_true(tally.together * 10 > tally.pairs * 9);
	free(w);
}
