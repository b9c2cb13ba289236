/* SPDX-License-Identifier: ISC */
/* Addresses: sixteen bytes, and networks that open the guard for some, as text behind them.  An address is judged alike
 * in each form that carries it, and what a list names is fine. */
#include "fuzz.h"

#include <netinet/in.h>

#include "../../daemon/config/config_value.h"
#include "sitrep/config/option.h"
#include "sitrep/fetch/guard.h"

static struct arena arena;
static const struct config_option *allow_option;

FUZZ_SETUP
{
	const char *nearest;

	arena_init(&arena, FUZZ_ARENA_MAX);
	allow_option = option_find(SECTION_FETCH, STR("allow"), &nearest);
	return allow_option == NULL;
}

static struct sockaddr_in6 six(const uint8_t bytes[16])
{
	struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_port = 80};

	memcpy(&a.sin6_addr, bytes, 16);
	return a;
}

static struct sockaddr_in four(const uint8_t bytes[4])
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = 80};

	memcpy(&a.sin_addr, bytes, 4);
	return a;
}

/* prefix, then four bytes of an address, then zeros. */
static struct sockaddr_in6 wrapped(const char *prefix, size_t prefix_len, const uint8_t bytes[4])
{
	uint8_t all[16] = {0};

	memcpy(all, prefix, prefix_len);
	memcpy(all + prefix_len, bytes, 4);
	return six(all);
}

static void check_four(const uint8_t bytes[4], const struct config_networks *allow, struct str input)
{
	struct sockaddr_in plain = four(bytes);
	struct sockaddr_in6 mapped = wrapped("\0\0\0\0\0\0\0\0\0\0\xff\xff", 12, bytes);
	struct sockaddr_in6 nat = wrapped("\0\x64\xff\x9b\0\0\0\0\0\0\0\0", 12, bytes);
	struct sockaddr_in6 tunnel = wrapped("\x20\x02", 2, bytes);
	const char *refused = guard_refuses((struct sockaddr *)&plain, NULL);

	fuzz_require((guard_refuses((struct sockaddr *)&mapped, NULL) != NULL) == (refused != NULL), input);
	if (refused != NULL) {
		fuzz_require(guard_refuses((struct sockaddr *)&nat, NULL) != NULL, input);
		fuzz_require(guard_refuses((struct sockaddr *)&tunnel, NULL) != NULL, input);
	}
	fuzz_require(
		guard_is_private((struct sockaddr *)&plain) == guard_is_private((struct sockaddr *)&mapped), input);
	fuzz_require(!guard_is_private((struct sockaddr *)&plain) || refused != NULL, input);
	fuzz_require((guard_refuses((struct sockaddr *)&plain, allow) != NULL) ==
			     (guard_refuses((struct sockaddr *)&mapped, allow) != NULL),
		input);
	/* what may be connected to without a list may be with one */
	fuzz_require(refused != NULL || guard_refuses((struct sockaddr *)&plain, allow) == NULL, input);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str input = fuzz_str(data, size);
	struct config c = {0};
	struct config_networks own = {0};
	struct config_network itself = {.prefix = 128};
	struct sockaddr_in6 address;
	struct config_place place = {.file = "fuzz", .line = 1};
	struct error err = {0};

	if (size < 16)
		return 0;
	arena_clear(&arena);
	config_value_read(&arena, &c, allow_option, str_trim(str_slice(input, 16, size)), place, &err);
	check_four(data, &c.fetch_allow, input);
	check_four(data + 12, &c.fetch_allow, input);
	address = six(data);
	memcpy(itself.address, data, 16);
	own = (struct config_networks){.items = &itself, .count = 1, .cap = 1};
	fuzz_require(guard_refuses((struct sockaddr *)&address, &own) == NULL, input);
	if (guard_refuses((struct sockaddr *)&address, NULL) == NULL)
		fuzz_require(guard_refuses((struct sockaddr *)&address, &c.fetch_allow) == NULL, input);
	return 0;
}
