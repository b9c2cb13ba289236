/* SPDX-License-Identifier: ISC */
/* Events for Alertmanager, for ntfy, and as text. */
#include "event_format.h"

#include <errno.h>
#include <string.h>

#include "client.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/jsonw.h"
#include "sitrep/base/nearest.h"
#include "sitrep/base/utf8.h"
#include "template.h"

enum {
	/* Alertmanager shows an alert that is not closed for so long after its time.  An alert that is delivered later
	 * has ended, so that a backlog pages nobody. */
	ALERT_LASTS_MS = 60 * 60 * 1000,
	/* ntfy makes a file of a message over 4096 bytes, and refuses a request over twice that. */
	NTFY_MESSAGE_MAX = 3000,
	NTFY_TITLE_MAX = 500,
	NTFY_REQUEST_MAX = 8 * 1024,
	NTFY_TOPIC_MAX = 64,
	VALUE_MAX = 256 * 1024,
};

/* Of alerts, from the lowest. */
static const char *const priorities[] = {"low", "normal", "high", "urgent"};
enum { PRIORITIES = sizeof(priorities) / sizeof(priorities[0]) };

int event_format_read(struct event_format *f, const char *text, struct error *err)
{
	static const char *const forms[] = {
		[FORM_JSON] = "json", [FORM_ALERTMANAGER] = "alertmanager", [FORM_NTFY] = "ntfy"};

	const char *nearest = NULL;
	size_t best = SIZE_MAX;

	*f = (struct event_format){.form = FORM_TEMPLATE, .text = str_from(text)};
	for (size_t i = FORM_JSON; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (strcmp(text, forms[i]) == 0)
			f->form = (enum event_form)i;
		nearest = nearest_name(f->text, str_from(forms[i]), &best, nearest);
	}
	if (f->form != FORM_TEMPLATE)
		return 0;
	if (nearest != NULL)
		return error_set(err, -EINVAL, "at column 1: there is no form \"%s\", did you mean %s?", text, nearest);
	if (str_empty(f->text))
		return error_set(err, -EINVAL, "expected json, alertmanager, ntfy or a template such as {title}");
	return template_check(f->text, err);
}

static bool is_topic(struct str topic)
{
	for (size_t i = 0; i < topic.len; i++)
		if (!char_is_alpha(topic.data[i]) && !char_is_digit(topic.data[i]) && topic.data[i] != '-' &&
			topic.data[i] != '_')
			return false;
	return topic.len <= NTFY_TOPIC_MAX;
}

int event_format_take_topic(struct event_format *f, char *url, struct error *err)
{
	char *host = strstr(url, "://");
	char *slash = host != NULL ? strrchr(host + 3, '/') : NULL;

	if (slash == NULL || slash[1] == '\0' || strpbrk(slash, "?#") != NULL)
		return error_set(err, -EINVAL, "the address of ntfy has no topic, expected https://ntfy.sh/TOPIC");
	/* The topic goes into the body, the message to the server's root. */
	f->topic = str_from(slash + 1);
	if (!is_topic(f->topic))
		return error_set(err, -EINVAL,
			"\"%s\" is no topic of ntfy, expected at most %d letters, digits, \"-\" and \"_\"", slash + 1,
			NTFY_TOPIC_MAX);
	memmove(slash + 2, slash + 1, f->topic.len + 1);
	slash[1] = '\0';
	f->topic.data = slash + 2;
	return 0;
}

const char *event_format_type(const struct event_format *f)
{
	bool is_text = f->form == FORM_TEMPLATE && !str_starts(f->text, STR("{")) && !str_starts(f->text, STR("["));

	return is_text ? "text/plain; charset=utf-8" : "application/json";
}

bool event_format_is_of_alerts(const struct event_format *f)
{
	return f->form == FORM_ALERTMANAGER;
}

/* ---- members ---- */

static struct str text_at(const json_t *event, const char *object, const char *member)
{
	return member_text(object != NULL ? json_object_get(event, object) : event, member);
}

/* As one line; nothing when it is missing. */
static void put_pair(struct jsonw *w, const char *key, struct str text)
{
	struct buf line = BUF_INIT(VALUE_MAX);

	if (text.len > 0 && utf8_one_line(&line, text) == 0)
		jsonw_kv_str(w, key, buf_str(&line));
	buf_release(&line);
}

static bool is_closed(const json_t *event)
{
	return str_eq(text_at(event, "alert", "state"), STR("closed"));
}

/* ---- Alertmanager ---- */

/* The labels are the alert's identity: what may change from one revision to the next is an annotation. */
static void put_labels(struct jsonw *w, const json_t *event, struct str severity, const char *instance)
{
	struct str id = text_at(event, "alert", "id");

	jsonw_kv_object(w, "labels");
	put_pair(w, "alertname", text_at(event, "alert", "name"));
	put_pair(w, "severity", severity);
	put_pair(w, "alert_id", id.len > 0 ? id : text_at(event, "story", "id"));
	put_pair(w, "instance", str_from(instance));
	jsonw_kv_cstr(w, "job", "sitrepd");
	jsonw_object_end(w);
}

static void put_annotations(struct jsonw *w, const json_t *event)
{
	const json_t *story = json_object_get(event, "story");

	jsonw_kv_object(w, "annotations");
	put_pair(w, "title", text_at(event, "item", "title"));
	put_pair(w, "summary", text_at(event, "item", "summary"));
	put_pair(w, "source", text_at(event, "item", "source"));
	put_pair(w, "url", text_at(event, "item", "link"));
	put_pair(w, "page", text_at(event, "story", "page"));
	if (json_is_integer(json_object_get(story, "sources"))) {
		char count[24];

		snprintf(count, sizeof(count), "%lld", member_whole(story, "sources"));
		jsonw_kv_cstr(w, "sources", count);
	}
	jsonw_object_end(w);
}

static void put_alert(struct jsonw *w, const json_t *event, struct str severity, bool is_over, const char *instance)
{
	struct str first = text_at(event, "alert", "first"), time = text_at(event, NULL, "time");
	int64_t now = time_parse_rfc3339(time);

	jsonw_object(w);
	put_labels(w, event, severity, instance);
	put_annotations(w, event);
	put_pair(w, "startsAt", first.len > 0 ? first : time);
	if (now != TIME_NONE)
		jsonw_kv_time(w, "endsAt", is_over ? now : now + ALERT_LASTS_MS);
	put_pair(w, "generatorURL", text_at(event, "item", "link"));
	jsonw_object_end(w);
}

/* The priority that an alert had before the event escalated it by a step; NULL: it did not, or nobody has heard of it
 * before. */
static const char *former_priority(const json_t *event)
{
	const json_t *alert = json_object_get(event, "alert"), *reason;
	struct str priority = text_at(event, "alert", "priority");
	size_t i;

	if (member_whole(alert, "revision") < 2)
		return NULL;
	json_array_foreach(json_object_get(alert, "why"), i, reason)
	{
		if (!json_is_string(reason) || strcmp(json_string_value(reason), "escalated") != 0)
			continue;
		for (size_t k = 1; k < PRIORITIES; k++)
			if (str_eq(priority, str_from(priorities[k])))
				return priorities[k - 1];
	}
	return NULL;
}

/* The severity is a label, which routes have, so an escalated alert is another one for Alertmanager: the former one is
 * over then. */
static void write_alertmanager(struct jsonw *w, const json_t *event, const char *instance)
{
	const char *former = former_priority(event);

	jsonw_array(w);
	put_alert(w, event, text_at(event, "alert", "priority"), is_closed(event), instance);
	if (former != NULL)
		put_alert(w, event, str_from(former), true, instance);
	jsonw_array_end(w);
}

/* ---- ntfy ---- */

/* Letters, digits, - and _ are what ntfy takes, 64 at most. */
static void put_sequence(struct jsonw *w, const json_t *event, const char *instance)
{
	struct str id = text_at(event, "alert", "id"), name = text_at(event, "alert", "name");
	struct buf sequence = BUF_INIT(VALUE_MAX);

	/* a digest, or an event of a feed, is a message of its own */
	if (id.len == 0 && text_at(event, "story", "id").len == 0)
		return;
	buf_printf(&sequence, "%.16s-", instance);
	if (id.len == 0) {
		/* a daemon whose alerts have no id: one for each story and rule */
		uint32_t mixed = 5381;

		for (size_t i = 0; i < name.len; i++)
			mixed = mixed * 33 + (unsigned char)name.data[i];
		id = text_at(event, "story", "id");
		buf_printf(&sequence, "%08x-", (unsigned)mixed);
	}
	for (size_t i = 0; i < id.len && sequence.len < 64; i++)
		if (char_is_alpha(id.data[i]) || char_is_digit(id.data[i]))
			buf_putc(&sequence, id.data[i]);
	jsonw_kv_str(w, "sequence_id", buf_str(&sequence));
	buf_release(&sequence);
}

/* The alerts that were held back, a line each. */
static void put_digest(struct jsonw *w, const json_t *digest, size_t most)
{
	struct buf message = BUF_INIT(VALUE_MAX), title = BUF_INIT(VALUE_MAX);
	const json_t *alert;
	size_t i;

	buf_printf(&title, "%lld alerts were held back", member_whole(digest, "total"));
	json_array_foreach(json_object_get(digest, "alerts"), i, alert)
	{
		utf8_one_line(&message, text_at(alert, NULL, "name"));
		buf_puts(&message, ": ");
		utf8_one_line(&message, text_at(alert, NULL, "title"));
		buf_putc(&message, '\n');
	}
	jsonw_kv_str(w, "title", buf_str(&title));
	jsonw_kv_str(w, "message", utf8_cut(buf_str(&message), most));
	buf_release(&title);
	buf_release(&message);
}

static void put_message(struct jsonw *w, const json_t *event, size_t most)
{
	struct str name = text_at(event, "alert", "name");
	long long sources = member_whole(json_object_get(event, "story"), "sources");
	struct buf message = BUF_INIT(VALUE_MAX), title = BUF_INIT(VALUE_MAX);

	buf_puts(&title, is_closed(event) ? "closed: " : "");
	utf8_one_line(&title, text_at(event, "item", "title"));
	utf8_one_line(&message, text_at(event, "item", "source"));
	if (sources > 1)
		buf_printf(&message, " and %lld more", sources - 1);
	if (name.len > 0) {
		buf_puts(&message, " (");
		utf8_one_line(&message, name);
		buf_putc(&message, ')');
	}
	if (text_at(event, "item", "summary").len > 0) {
		buf_putc(&message, '\n');
		utf8_one_line(&message, text_at(event, "item", "summary"));
	}
	jsonw_kv_str(w, "title", utf8_cut(buf_str(&title), most < NTFY_TITLE_MAX ? most : NTFY_TITLE_MAX));
	jsonw_kv_str(w, "message", utf8_cut(buf_str(&message), most));
	buf_release(&title);
	buf_release(&message);
}

/* most: bytes of the message, and of the title. */
static void put_ntfy(
	struct jsonw *w, const struct event_format *f, const json_t *event, const char *instance, size_t most)
{
	struct str priority = text_at(event, "alert", "priority"), name = text_at(event, "alert", "name");

	jsonw_object(w);
	jsonw_kv_str(w, "topic", f->topic);
	put_sequence(w, event, instance);
	if (json_object_get(event, "digest") != NULL)
		put_digest(w, json_object_get(event, "digest"), most);
	else
		put_message(w, event, most);
	/* ntfy's priorities are 1 to 5; low is 2 */
	for (size_t i = 0; i < PRIORITIES; i++)
		if (str_eq(priority, str_from(priorities[i])))
			jsonw_kv_int(w, "priority", (int64_t)i + 2);
	if (name.len > 0) {
		jsonw_kv_array(w, "tags");
		jsonw_str(w, name);
		jsonw_array_end(w);
	}
	if (text_at(event, "item", "link").len < NTFY_REQUEST_MAX / 4)
		put_pair(w, "click", text_at(event, "item", "link"));
	jsonw_object_end(w);
}

/* A character may take six bytes in JSON, so the texts are cut until the request is small enough. */
static void write_ntfy(struct buf *out, const struct event_format *f, const json_t *event, const char *instance)
{
	size_t begin = out->len;

	for (size_t most = NTFY_MESSAGE_MAX; most > 0; most /= 2) {
		struct jsonw w = JSONW_INIT(out);

		buf_truncate(out, begin);
		put_ntfy(&w, f, event, instance, most);
		if (out->failed != 0 || out->len - begin <= NTFY_REQUEST_MAX)
			return;
	}
}

int event_format_write(
	const struct event_format *f, const json_t *event, struct str line, const char *instance, struct buf *out)
{
	struct jsonw w = JSONW_INIT(out);

	switch (f->form) {
	case FORM_NONE:
	case FORM_JSON:
		buf_add(out, line);
		break;
	case FORM_ALERTMANAGER:
		write_alertmanager(&w, event, instance);
		break;
	case FORM_NTFY:
		write_ntfy(out, f, event, instance);
		break;
	case FORM_TEMPLATE:
		template_write(out, f->text, event);
		break;
	}
	return out->failed;
}
