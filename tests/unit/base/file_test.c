/* SPDX-License-Identifier: ISC */
/* Whole files: regular ones, pipes, and what is none. */
#include "../scratch.h"
#include "sitrep/base/file.h"

TEST(file)
{
	char path[] = P_tmpdir "/sitrep-file-XXXXXX";
	int fd = mkstemp(path);
	struct buf b = BUF_INIT(1 << 20);
	FILE *f = fdopen(fd, "w");

	assert_non_null(f);
	for (int i = 0; i < 20000; i++)
		assert_true(fprintf(f, "%09d\n", i) == 10);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(buf_puts(&b, "before "), 0);
	assert_int_equal(file_read(path, &b), 0);
	assert_int_equal(b.len, 7 + 200000);
	assert_memory_equal(b.data, "before 000000000\n", 17);
	assert_memory_equal(b.data + b.len - 10, "000019999\n", 10);
	buf_release(&b);
	buf_init(&b, 199999);
	assert_int_equal(file_read(path, &b), -E2BIG);
	buf_release(&b);
	assert_int_equal(unlink(path), 0);
	buf_init(&b, 100);
	assert_int_equal(file_read(path, &b), -ENOENT);
	assert_int_equal(file_read("/", &b), -EISDIR);
	assert_int_equal(file_read_fd(-1, &b), -EBADF);
	assert_int_equal(b.len, 0);
	buf_release(&b);
}

TEST(pipe)
{
	struct buf *b = scratch(100);
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], "a\0b", 3), 3);
	assert_int_equal(close(fds[1]), 0);
	assert_int_equal(file_read_fd(fds[0], b), 0);
	assert_int_equal(b->len, 3);
	assert_memory_equal(b->data, "a\0b", 3);
	assert_int_equal(close(fds[0]), 0);
}
