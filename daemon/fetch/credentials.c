/* Secrets stand in files, not in the configuration, so that the configuration can be shown around and
 * the service manager's credentials work: a relative name is first looked for where it puts them. */
#include "sitrep/credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sitrep/buf.h"
#include "sitrep/str.h"

static int open_secret(const char *path)
{
	const char *directory = getenv("CREDENTIALS_DIRECTORY");
	char joined[4096];
	int fd;

	if (path[0] != '/' && directory != NULL) {
		int n = snprintf(joined, sizeof(joined), "%s/%s", directory, path);

		if (n > 0 && (size_t)n < sizeof(joined)) {
			fd = open(joined, O_RDONLY | O_CLOEXEC | O_NOCTTY);
			if (fd >= 0 || errno != ENOENT)
				return fd;
		}
	}
	return open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
}

static int read_secret(struct buf *out, const char *path, struct error *err)
{
	char chunk[1024];
	ssize_t n;
	int result = 0;
	int fd = open_secret(path);

	if (fd < 0)
		return error_sys(err, -errno, "cannot open %s", path);
	while ((n = read(fd, chunk, sizeof(chunk))) > 0) {
		result = buf_append(out, chunk, (size_t)n);
		if (result == -E2BIG)
			(void)error_set(err, result, "%s is larger than %d bytes", path, CREDENTIALS_FILE_MAX);
		else if (result != 0)
			(void)error_sys(err, result, "cannot read %s", path);
		if (result != 0)
			break;
	}
	if (n < 0)
		result = error_sys(err, -errno, "cannot read %s", path);
	(void)close(fd);
	explicit_bzero(chunk, sizeof(chunk));
	return result;
}

static bool is_plain(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.data[i];

		if (c < 0x20 || c == 0x7f)
			return false;
	}
	return true;
}

/* The file's one line. */
static int load_line(char **out, const char *path, struct error *err)
{
	struct buf content = BUF_INIT(CREDENTIALS_FILE_MAX);
	struct str line;
	int result = read_secret(&content, path, err);

	if (result != 0)
		goto out;
	line = str_trim(buf_str(&content));
	if (str_empty(line) || !is_plain(line)) {
		result = error_set(err, -EINVAL, "%s does not hold one line of text", path);
		goto out;
	}
	*out = strndup(line.data, line.len);
	if (*out == NULL)
		result = error_sys(err, -ENOMEM, "cannot read %s", path);
out:
	if (content.data != NULL)
		explicit_bzero(content.data, content.len);
	buf_release(&content);
	return result;
}

static int load_headers(char ***out, const char *path, struct error *err)
{
	struct buf content = BUF_INIT(CREDENTIALS_FILE_MAX);
	struct str rest, line;
	size_t count = 0;
	int result = read_secret(&content, path, err);

	if (result != 0)
		goto out;
	rest = buf_str(&content);
	while (str_split(&rest, '\n', &line))
		count++;
	*out = calloc(count + 1, sizeof(**out));
	if (*out == NULL) {
		result = error_sys(err, -ENOMEM, "cannot read %s", path);
		goto out;
	}
	count = 0;
	rest = buf_str(&content);
	while (str_split(&rest, '\n', &line)) {
		line = str_trim(line);
		if (str_empty(line) || line.data[0] == '#')
			continue;
		if (!is_plain(line) || str_find_char(line, ':', 0) == STR_NPOS) {
			result = error_set(err, -EINVAL, "%s: expected lines of the form \"Name: value\"", path);
			goto out;
		}
		(*out)[count] = strndup(line.data, line.len);
		if ((*out)[count++] == NULL) {
			result = error_sys(err, -ENOMEM, "cannot read %s", path);
			goto out;
		}
	}
out:
	if (content.data != NULL)
		explicit_bzero(content.data, content.len);
	buf_release(&content);
	return result;
}

int credentials_load(struct credentials *c, const struct config_feed *feed, struct error *err)
{
	int result = 0;

	*c = (struct credentials){0};
	if (feed->password_file != NULL)
		result = load_line(&c->password, feed->password_file, err);
	if (result == 0 && feed->bearer_file != NULL)
		result = load_line(&c->bearer, feed->bearer_file, err);
	if (result == 0 && feed->header_file != NULL)
		result = load_headers(&c->headers, feed->header_file, err);
	if (result != 0)
		credentials_release(c);
	return result;
}

static void wipe(char *secret)
{
	if (secret != NULL)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

void credentials_release(struct credentials *c)
{
	wipe(c->password);
	wipe(c->bearer);
	for (char **h = c->headers; h != NULL && *h != NULL; h++)
		wipe(*h);
	free(c->headers);
	*c = (struct credentials){0};
}
