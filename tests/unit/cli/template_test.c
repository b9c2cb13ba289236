/* SPDX-License-Identifier: ISC */
/* template_test.c: a template may name each member that a line of the stream has in an object. */
#include "../../../daemon/cli/template.h"

#include "../test.h"
#include "sitrep/store/event_member.h"

static bool is_of_line(struct str name)
{
	for (int m = 0; m < MEMBER_COUNT; m++) {
		const struct event_member_row *row = event_member_row((enum event_member)m);

		if (row->in[0] == '\0' && str_eq(name, str_from(row->name)))
			return true;
	}
	return false;
}

/* The elements of matched, a list, have no path. */
static int check_paths(const struct event_member_row *row)
{
	struct str rest = str_from(row->in), object;
	int checked = 0;

	while (str_split(&rest, ',', &object)) {
		struct error err = {0};
		char path[128];

		object = str_trim(object);
		if (!is_of_line(object) || str_eq(object, STR("matched")))
			continue;
		snprintf(path, sizeof(path), "{%.*s.%s}", STR_ARG(object), row->name);
		if (template_check(str_from(path), &err) != 0)
			fail_msg("%s: %s", path, err.text);
		checked++;
	}
	return checked;
}

TEST(takes_each_member_of_an_object)
{
	int checked = 0;

	for (int m = 0; m < MEMBER_COUNT; m++)
		checked += check_paths(event_member_row((enum event_member)m));
	assert_true(checked > 50);
}

TEST(refuses_unknown_names)
{
	struct error err = {0};

	assert_int_equal(template_check(STR("{titel}"), &err), -EINVAL);
	assert_string_equal(err.text, "at column 1: there is no {titel}, did you mean {title}?");
	assert_int_equal(template_check(STR("{matched.term}"), &err), -EINVAL);
}
