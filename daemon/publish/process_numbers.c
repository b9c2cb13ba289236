/* SPDX-License-Identifier: ISC */
#include "process_numbers.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sitrep/base/str.h"

/* Since Linux 6.2 the folder's size is the number of its entries; before, they are counted. */
static uint64_t count_descriptors(void)
{
	struct stat st;
	uint64_t count = 0;
	DIR *folder;

	if (stat("/proc/self/fd", &st) == 0 && st.st_size > 0)
		return (uint64_t)st.st_size;
	folder = opendir("/proc/self/fd");
	if (folder == NULL)
		return 0;
	while (readdir(folder) != NULL)
		count++;
	closedir(folder);
	/* without ".", ".." and the folder's own */
	return count > 3 ? count - 3 : 0;
}

static uint64_t microseconds(const struct timeval *tv)
{
	return (uint64_t)tv->tv_sec * 1000000 + (uint64_t)tv->tv_usec;
}

/* A number of pages off the line. */
static uint64_t take_pages(struct str *line)
{
	long long pages = 0;
	struct str word;

	if (!str_word(line, &word) || !str_to_int(word, &pages) || pages < 0)
		return 0;
	return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

void process_numbers_get(struct process_numbers *p)
{
	FILE *f = fopen("/proc/self/statm", "re");
	struct rlimit limit = {0};
	struct rusage usage = {0};
	char text[128] = "";
	struct str line;

	if (f != NULL && fgets(text, sizeof(text), f) == NULL)
		text[0] = '\0';
	if (f != NULL)
		fclose(f);
	line = str_from(text);
	getrusage(RUSAGE_SELF, &usage);
	getrlimit(RLIMIT_NOFILE, &limit);
	*p = (struct process_numbers){
		.cpu_us = microseconds(&usage.ru_utime) + microseconds(&usage.ru_stime),
		.open_fds = count_descriptors(),
		.max_fds = limit.rlim_cur,
	};
	p->virtual_bytes = take_pages(&line);
	p->resident_bytes = take_pages(&line);
}
