/* SPDX-License-Identifier: ISC */
/* Prints alerts, also after a restart: cc -o follow-alerts follow-alerts.c $(pkg-config --cflags --libs libsitrep) */
#include <errno.h>
#include <sitrep.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	const char *const events[] = {"alert", NULL}, *since = argc > 2 ? argv[2] : NULL, *name, *title;
	const struct sitrep_filter filter = {.size = sizeof(filter), .events = events, .since = since};
	const struct sitrep_event *event;
	struct sitrep *s = sitrep_new();
	int result = sitrep_connect(s, argc > 1 ? argv[1] : NULL); /* without a path: the usual places */

	while (result == 0 && (result = sitrep_subscribe(s, &filter)) >= 0) {
		while ((result = sitrep_next(s, -1, &event)) == 1) {
			name = sitrep_member(s, "alert.name");
			title = sitrep_member(s, "item.title");
			if (name != NULL && title != NULL && printf("%s: %s\n", name, title) > 0)
				fflush(stdout);
		}
		while (result == -EPIPE && sitrep_connect(s, NULL) != 0)
			sleep(1);
		result = result == -EPIPE ? 0 : result;
	}
	fprintf(stderr, "%s\n", sitrep_error(s));
	sitrep_free(s);
	return 1;
}
