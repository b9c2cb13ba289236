/* SPDX-License-Identifier: ISC */
/* What comes in at the WebSub callback: the first line is a token, the second a mode, the third a topic, the fourth a
 * signature, the rest a body.  Only the one token, the topic that was asked for and the right signature of just that
 * body are taken, and what we send can be taken apart again. */
#include "fuzz.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "../../daemon/websub/websub_subscription.h"
#include "sitrep/base/clock.h"

static struct websub_state state;
static struct buf request;

FUZZ_SETUP
{
	struct error err;

	buf_init(&request, FUZZ_BUF_MAX);
	websub_state_init(&state);
	state.feed_id = 41;
	state.phase = WEBSUB_REQUESTED;
	state.asked_ms = 1000;
	state.topic = strdup("https://feeds.example/a?b=c&d");
	return state.topic == NULL || websub_make_callback(&state, "https://news.example/", &err) != 0;
}

static void check_token(struct str text)
{
	const char *ours = strrchr(state.callback, '/') + 1;
	int64_t feed = websub_token_feed(text);

	fuzz_require(feed >= 0, text);
	fuzz_require(websub_token_is(&state, text) == str_eq(text, str_from(ours)), text);
	fuzz_require(!websub_token_is(&state, text) || feed == state.feed_id, text);
	fuzz_require(websub_token_feed(str_from(ours)) == state.feed_id, text);
}

static void check_signature(struct str signature, struct str body)
{
	static const char digits[] = "0123456789abcdef";
	struct str secret = str_from(state.secret);
	unsigned char made[EVP_MAX_MD_SIZE];
	char text[8 + 2 * EVP_MAX_MD_SIZE] = "sha256=";
	unsigned len = 0;
	size_t at = strlen(text);

	/* the secret is of this process: nobody can have signed */
	fuzz_require(!websub_signature_fits(secret, signature, body), signature);
	fuzz_require(!websub_signature_fits(STR_NONE, signature, body), signature);
	fuzz_require(HMAC(EVP_sha256(), secret.data, (int)secret.len, (const unsigned char *)body.data, body.len, made,
			     &len) != NULL,
		body);
	for (unsigned i = 0; i < len; i++) {
		text[at++] = digits[made[i] >> 4];
		text[at++] = digits[made[i] & 15];
	}
	fuzz_require(websub_signature_fits(secret, str_make(text, at), body), body);
	fuzz_require(!websub_signature_fits(secret, str_make(text, at - 1), body), body);
	text[at - 1] = text[at - 1] == '0' ? '1' : '0';
	fuzz_require(!websub_signature_fits(secret, str_make(text, at), body), body);
}

/* A topic as a feed names it, in the body of our request. */
static void check_request(struct str topic)
{
	struct websub_state other = state;
	char *text = strndup(topic.data != NULL ? topic.data : "", topic.len);
	struct str rest, pair;
	size_t pairs = 0;

	fuzz_require(text != NULL, topic);
	other.topic = text;
	buf_clear(&request);
	fuzz_require(websub_write_request(&request, &other) == 0, topic);
	rest = buf_str(&request);
	while (str_split(&rest, '&', &pair)) {
		pairs++;
		fuzz_require(str_starts(pair, STR("hub.")) && str_find_char(pair, '=', 0) != STR_NPOS, topic);
		for (size_t i = 0; i < pair.len; i++)
			fuzz_require(pair.data[i] > ' ' && pair.data[i] < 0x7f, topic);
	}
	fuzz_require(pairs == 5, topic);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str body = fuzz_str(data, size);
	struct str token = fuzz_first_line(&body), mode = fuzz_first_line(&body), topic = fuzz_first_line(&body);
	struct str signature = fuzz_first_line(&body);
	enum websub_intent intent = websub_intent(&state, mode, topic);

	check_token(token);
	fuzz_require(intent == WEBSUB_INTENT_UNKNOWN || str_eq(topic, str_from(state.topic)), topic);
	fuzz_require(intent != WEBSUB_INTENT_SUBSCRIBE || str_eq(mode, STR("subscribe")), mode);
	fuzz_require(intent != WEBSUB_INTENT_DENIED || str_eq(mode, STR("denied")), mode);
	check_signature(signature, body);
	check_request(topic);
	return 0;
}
