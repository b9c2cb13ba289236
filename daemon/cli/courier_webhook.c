/* SPDX-License-Identifier: ISC */
/* Each event is one request.  Only the beginning of an answer is kept, to show why the receiver refuses the event. */
#include "courier_webhook.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/utf8.h"

enum { ANSWER_MAX = 4096, SAID_MAX = 160, HEADER_MAX = 1024, ID_MAX = CURSOR_TEXT_MAX + CURSOR_INSTANCE_MAX + 8 };

struct request {
	CURL *easy;
	struct curl_slist *headers;
	struct delivery *delivery;
	char answer[ANSWER_MAX];
	size_t answer_len;
	char error[CURL_ERROR_SIZE];
};

static void request_free(struct request *r)
{
	if (r == NULL)
		return;
	curl_easy_cleanup(r->easy);
	curl_slist_free_all(r->headers);
	free(r);
}

/* ---- the secret ---- */

static int decode_secret(struct buf *out, struct str text, struct error *err)
{
	static const struct str prefix = {"whsec_", 6};
	struct str encoded = str_slice(text, prefix.len, text.len);
	int n;

	if (!str_starts(text, prefix))
		return buf_add(out, text) == 0 ? 0 : error_sys(err, out->failed, "cannot use the secret");
	if (encoded.len == 0 || encoded.len % 4 != 0 || buf_reserve(out, encoded.len) != 0)
		return error_set(err, -EINVAL, "the secret has no whole groups of base64 after whsec_: copy all of it");
	n = EVP_DecodeBlock((unsigned char *)out->data, (const unsigned char *)encoded.data, (int)encoded.len);
	if (n < 0)
		return error_set(err, -EINVAL, "the secret is not base64 after whsec_: copy all of it");
	out->len = (size_t)n - (encoded.data[encoded.len - 1] == '=') - (encoded.data[encoded.len - 2] == '=');
	return 0;
}

const char *courier_webhook_mistake(const char *url)
{
	CURLU *parsed = curl_url();
	CURLUcode code = parsed != NULL ? curl_url_set(parsed, CURLUPART_URL, url, 0) : CURLUE_OK;

	curl_url_cleanup(parsed);
	return code != CURLUE_OK ? curl_url_strerror(code) : NULL;
}

int courier_webhook_init(struct courier_webhook *w, const struct courier_options *options, struct error *err)
{
	const struct config_feed files = {
		.password_file = {.text = options->secret_file, .full = options->secret_file},
		.header_file = {.text = options->header_file, .full = options->header_file},
	};
	int result;

	*w = (struct courier_webhook){.url = options->url, .content_type = options->content_type};
	buf_init(&w->secret, CREDENTIALS_FILE_MAX);
	result = credentials_load(&w->credentials, &files, NULL, err);
	if (result == 0 && w->credentials.password != NULL)
		result = decode_secret(&w->secret, str_from(w->credentials.password), err);
	if (result != 0)
		return result;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0 || (w->multi = curl_multi_init()) == NULL)
		return error_sys(err, -ENOMEM, "cannot use the webhook");
	return 0;
}

static void end_request(struct courier_webhook *w, size_t i)
{
	curl_multi_remove_handle(w->multi, w->running[i]->easy);
	request_free(w->running[i]);
	w->running[i] = NULL;
}

void courier_webhook_release(struct courier_webhook *w)
{
	for (size_t i = 0; i < COURIER_AT_ONCE_MAX; i++)
		if (w->running[i] != NULL)
			end_request(w, i);
	if (w->secret.data != NULL)
		explicit_bzero(w->secret.data, w->secret.cap);
	buf_release(&w->secret);
	credentials_release(&w->credentials);
	curl_multi_cleanup(w->multi);
	w->multi = NULL;
}

/* ---- headers ---- */

static int add_header(struct request *r, const char *line)
{
	struct curl_slist *longer = curl_slist_append(r->headers, line);

	if (longer == NULL)
		return -ENOMEM;
	r->headers = longer;
	return 0;
}

/* The id is the same in all attempts, so that a receiver recognizes an event that it has had. */
static void write_id(const struct delivery *one, char id[ID_MAX])
{
	snprintf(id, ID_MAX, "%s%s%s", one->place.instance, one->place.instance[0] != '\0' ? "-" : "",
		one->place.cursor);
}

static int add_signature(const struct courier_webhook *w, struct request *r, const char *id, long long seconds)
{
	struct buf signed_text = BUF_INIT(r->delivery->len + HEADER_MAX);
	unsigned char digest[EVP_MAX_MD_SIZE], text[2 * EVP_MAX_MD_SIZE];
	char line[HEADER_MAX];
	unsigned len = 0;
	int result;

	buf_printf(&signed_text, "%s.%lld.", id, seconds);
	result = buf_append(&signed_text, r->delivery->body, r->delivery->len);
	if (result == 0 && HMAC(EVP_sha256(), w->secret.data, (int)w->secret.len,
				   (const unsigned char *)signed_text.data, signed_text.len, digest, &len) == NULL)
		result = -ENOMEM;
	if (result == 0) {
		EVP_EncodeBlock(text, digest, (int)len);
		snprintf(line, sizeof(line), "webhook-signature: v1,%s", (const char *)text);
		result = add_header(r, line);
	}
	buf_release(&signed_text);
	return result;
}

static int add_headers(const struct courier_webhook *w, struct request *r)
{
	long long seconds = (long long)(clock_wall_ms() / 1000);
	char id[ID_MAX], line[HEADER_MAX];
	int result;

	write_id(r->delivery, id);
	snprintf(line, sizeof(line), "Content-Type: %s", w->content_type);
	result = add_header(r, line);
	snprintf(line, sizeof(line), "webhook-id: %s", id);
	if (result == 0)
		result = add_header(r, line);
	snprintf(line, sizeof(line), "webhook-timestamp: %lld", seconds);
	if (result == 0)
		result = add_header(r, line);
	if (result == 0)
		result = add_header(r, "Expect:");
	if (result == 0 && w->credentials.password != NULL)
		result = add_signature(w, r, id, seconds);
	for (size_t i = 0; result == 0 && w->credentials.headers != NULL && w->credentials.headers[i] != NULL; i++)
		result = add_header(r, w->credentials.headers[i]);
	return result;
}

/* ---- requests ---- */

static size_t on_answer(char *data, size_t size, size_t count, void *arg)
{
	struct request *r = arg;
	size_t room = sizeof(r->answer) - r->answer_len, len = size * count;

	memcpy(r->answer + r->answer_len, data, len < room ? len : room);
	r->answer_len += len < room ? len : room;
	return len;
}

static CURLcode set_options(const struct courier_webhook *w, struct request *r)
{
	const struct delivery *one = r->delivery;
	CURL *e = r->easy;
	CURLcode result = curl_easy_setopt(e, CURLOPT_URL, w->url);

	if (result == CURLE_OK)
		result = curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	if (result == CURLE_OK)
		result = curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)one->len);
	if (result == CURLE_OK)
		result = curl_easy_setopt(e, CURLOPT_POSTFIELDS, one->body);
	if (result == CURLE_OK)
		result = curl_easy_setopt(e, CURLOPT_HTTPHEADER, r->headers);
	curl_easy_setopt(e, CURLOPT_USERAGENT, "sitrep/" SITREP_VERSION);
	curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)COURIER_CONNECT_MS);
	curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)COURIER_ANSWER_MS);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, r->error);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_answer);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, r);
	curl_easy_setopt(e, CURLOPT_PRIVATE, r);
	return result;
}

int courier_webhook_start(struct courier_webhook *w, struct delivery *one, struct error *err)
{
	struct request *r = calloc(1, sizeof(*r));
	size_t i = 0;

	if (r == NULL)
		return error_sys(err, -ENOMEM, "cannot post");
	while (w->running[i] != NULL)
		i++;
	r->delivery = one;
	r->easy = curl_easy_init();
	if (r->easy == NULL || add_headers(w, r) != 0 || set_options(w, r) != CURLE_OK ||
		curl_multi_add_handle(w->multi, r->easy) != CURLM_OK) {
		request_free(r);
		return error_sys(err, -ENOMEM, "cannot post");
	}
	w->running[i] = r;
	return 0;
}

/* The reason has the status and the beginning of the receiver's answer. */
static void set_answer_reason(struct courier_result *result, const struct request *r, long status)
{
	struct buf text = BUF_INIT(4 * ANSWER_MAX), line = BUF_INIT(4 * ANSWER_MAX);

	if (utf8_repair(&text, str_make(r->answer, r->answer_len)) == 0)
		utf8_one_line(&line, buf_str(&text));
	snprintf(result->reason, sizeof(result->reason), "the webhook answers %ld%s%.*s", status,
		line.len > 0 ? ": " : "", STR_ARG(utf8_cut(buf_str(&line), SAID_MAX)));
	buf_release(&line);
	buf_release(&text);
}

static void set_outcome(struct courier_result *result, const struct request *r, CURLcode code)
{
	curl_off_t wait_s = 0;
	long status = 0;

	if (code != CURLE_OK) {
		result->outcome = COURIER_FAILED;
		snprintf(result->reason, sizeof(result->reason), "the webhook cannot be reached: %.200s",
			r->error[0] != '\0' ? r->error : curl_easy_strerror(code));
		return;
	}
	curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status >= 200 && status < 300)
		return;
	result->outcome = status == 400 || status == 413 || status == 422 ? COURIER_REFUSED : COURIER_FAILED;
	curl_easy_getinfo(r->easy, CURLINFO_RETRY_AFTER, &wait_s);
	result->wait_ms = wait_s > COURIER_WAIT_MAX_MS / 1000 ? COURIER_WAIT_MAX_MS : (int64_t)wait_s * 1000;
	set_answer_reason(result, r, status);
}

bool courier_webhook_take(struct courier_webhook *w, struct courier_result *result)
{
	CURLMsg *message;
	int left;

	curl_multi_perform(w->multi, &left);
	while ((message = curl_multi_info_read(w->multi, &left)) != NULL) {
		CURLcode code = message->data.result;
		struct request *r = NULL;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &r);
		*result = (struct courier_result){.delivery = r->delivery};
		set_outcome(result, r, code);
		for (size_t i = 0; i < COURIER_AT_ONCE_MAX; i++)
			if (w->running[i] == r)
				end_request(w, i);
		return true;
	}
	return false;
}
