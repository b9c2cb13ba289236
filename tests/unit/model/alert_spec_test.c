/* SPDX-License-Identifier: ISC */
/* Specs of alerts are looked up by name and by the keys of their rules, however many there are. */
#include "sitrep/model/specs.h"

#include "../test.h"

enum { COUNT = 1000, NAME_MAX_LEN = 32 };

static char names[COUNT][NAME_MAX_LEN];
static struct alert_spec items[COUNT];

/* "alert-0" and so on, in an order that is not theirs. */
static struct alert_specs make(size_t count)
{
	for (size_t i = 0; i < count; i++) {
		snprintf(names[i], sizeof(names[i]), "alert-%zu", i * 7 % count);
		items[i] = (struct alert_spec){.name = names[i], .priority_rank = (int)(i * 7 % count)};
	}
	alert_specs_sort(items, count);
	return (struct alert_specs){.items = items, .count = count};
}

TEST(each_name_is_found)
{
	const size_t counts[] = {0, 1, 2, 3, COUNT};

	for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
		struct alert_specs specs = make(counts[c]);

		for (size_t i = 0; i < counts[c]; i++) {
			char name[NAME_MAX_LEN];
			const struct alert_spec *found;

			snprintf(name, sizeof(name), "alert-%zu", i);
			found = alert_spec_find(&specs, str_from(name));
			assert_non_null(found);
			assert_int_equal(found->priority_rank, i);
		}
		assert_null(alert_spec_find(&specs, STR("")));
		assert_null(alert_spec_find(&specs, STR("alert-")));
		assert_null(alert_spec_find(&specs, STR("alert-00")));
		assert_null(alert_spec_find(&specs, STR("zulu")));
	}
}

TEST(a_key_names_its_alert)
{
	struct alert_specs specs = make(COUNT);

	assert_int_equal(alert_spec_of_key(&specs, STR("alert/alert-31#0123456789abcdef"))->priority_rank, 31);
	assert_int_equal(alert_spec_of_key(&specs, STR("alert/alert-999"))->priority_rank, 999);
	assert_null(alert_spec_of_key(&specs, STR("output/alert-31#0123456789abcdef")));
	assert_null(alert_spec_of_key(&specs, STR("alert/#0123456789abcdef")));
	assert_null(alert_spec_of_key(&specs, STR("alert-31")));
}
