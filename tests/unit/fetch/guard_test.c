/* SPDX-License-Identifier: ISC */
/* Every range of the IANA registries of special-purpose addresses: its first and last address, and what lies
 * just outside.  Global unicast is NULL. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "../test.h"
#include "sitrep/fetch/guard.h"

/* ---- addresses from text ---- */

struct address {
	struct sockaddr_storage storage;
};

static uint8_t *bytes_of(struct address *a, size_t *len)
{
	if (a->storage.ss_family == AF_INET) {
		*len = 4;
		return (uint8_t *)&((struct sockaddr_in *)&a->storage)->sin_addr;
	}
	*len = 16;
	return (uint8_t *)&((struct sockaddr_in6 *)&a->storage)->sin6_addr;
}

static struct address parse(const char *text)
{
	struct address a = {0};
	size_t len;

	a.storage.ss_family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET;
	assert_int_equal(inet_pton(a.storage.ss_family, text, bytes_of(&a, &len)), 1);
	return a;
}

static const char *judge(struct address *a, const struct config_networks *allow)
{
	return guard_refuses((const struct sockaddr *)&a->storage, allow);
}

static const char *judge_text(const char *text)
{
	struct address a = parse(text);

	return judge(&a, NULL);
}

static void assert_kind(struct address *a, const char *expected)
{
	char text[INET6_ADDRSTRLEN];
	const char *kind = judge(a, NULL);
	size_t len;

	inet_ntop(a->storage.ss_family, bytes_of(a, &len), text, sizeof(text));
	if ((kind == NULL) != (expected == NULL) || (kind != NULL && strcmp(kind, expected) != 0))
		fail_msg("%s is %s, expected %s", text, kind != NULL ? kind : "global",
			expected != NULL ? expected : "global");
}

/* The range's last address. */
static struct address last_of(struct address a, unsigned prefix)
{
	size_t len;
	uint8_t *bytes = bytes_of(&a, &len);

	for (unsigned bit = prefix; bit < len * 8; bit++)
		bytes[bit / 8] |= (uint8_t)(0x80 >> (bit % 8));
	return a;
}

static struct address step(struct address a, int by)
{
	size_t len;
	uint8_t *bytes = bytes_of(&a, &len);

	for (size_t i = len; i-- > 0;) {
		bytes[i] = (uint8_t)(bytes[i] + by);
		if (bytes[i] != (by > 0 ? 0 : 0xff))
			break;
	}
	return a;
}

/* ---- the registries ---- */

#define EDGE "edge" /* nothing lies beyond */

struct range {
	const char *first;
	unsigned prefix;
	const char *kind, *last_kind, *before, *after;
};

/* The rows of the registries "IANA IPv4 / IPv6 Special-Purpose Address Registry", and what they leave to others:
 * multicast, the forms that wrap an IPv4 address, and the metadata services of clouds. */
/* clang-format off */
static const struct range ranges[] = {
	{"0.0.0.0", 8, "unspecified", "this-network", EDGE, NULL},
	{"0.0.0.0", 32, "unspecified", "unspecified", EDGE, "this-network"},
	{"10.0.0.0", 8, "private", "private", NULL, NULL},
	{"100.64.0.0", 10, "shared", "shared", NULL, NULL},
	{"127.0.0.0", 8, "loopback", "loopback", NULL, NULL},
	{"169.254.0.0", 16, "link-local", "link-local", NULL, NULL},
	{"172.16.0.0", 12, "private", "private", NULL, NULL},
	{"192.0.0.0", 24, "reserved", "reserved", NULL, NULL},
	{"192.0.0.0", 29, "reserved", "reserved", NULL, "reserved"},    /* IPv4 service continuity */
	{"192.0.0.8", 32, "reserved", "reserved", "reserved", "reserved"},   /* dummy address */
	{"192.0.0.9", 32, "reserved", "reserved", "reserved", "reserved"},   /* PCP anycast */
	{"192.0.0.10", 32, "reserved", "reserved", "reserved", "reserved"},  /* TURN anycast */
	{"192.0.0.170", 31, "reserved", "reserved", "reserved", "reserved"}, /* NAT64 discovery */
	{"192.0.2.0", 24, "documentation", "documentation", NULL, NULL},
	{"192.31.196.0", 24, NULL, NULL, NULL, NULL},
	{"192.52.193.0", 24, NULL, NULL, NULL, NULL},
	{"192.88.99.0", 24, "tunnel", "tunnel", NULL, NULL},
	{"192.88.99.2", 32, "tunnel", "tunnel", "tunnel", "tunnel"},
	{"192.168.0.0", 16, "private", "private", NULL, NULL},
	{"192.175.48.0", 24, NULL, NULL, NULL, NULL},
	{"198.18.0.0", 15, "benchmarking", "benchmarking", NULL, NULL},
	{"198.51.100.0", 24, "documentation", "documentation", NULL, NULL},
	{"203.0.113.0", 24, "documentation", "documentation", NULL, NULL},
	{"224.0.0.0", 4, "multicast", "multicast", NULL, "reserved"},
	{"240.0.0.0", 4, "reserved", "broadcast", "multicast", EDGE},
	{"255.255.255.255", 32, "broadcast", "broadcast", "reserved", EDGE},

	{"::1", 128, "loopback", "loopback", "unspecified", "reserved"},
	{"::", 128, "unspecified", "unspecified", EDGE, "loopback"},
	{"::ffff:0.0.0.0", 96, "unspecified", "broadcast", "reserved", "reserved"},
	{"64:ff9b::", 96, "unspecified", "broadcast", "reserved", "reserved"},
	{"64:ff9b:1::", 48, "tunnel", "tunnel", "reserved", "reserved"},
	{"100::", 64, "discard-only", "discard-only", "reserved", "reserved"},
	{"100:0:0:1::", 64, "reserved", "reserved", "discard-only", "reserved"}, /* dummy prefix */
	{"2001::", 23, "tunnel", "reserved", NULL, NULL},
	{"2001::", 32, "tunnel", "tunnel", NULL, "reserved"}, /* Teredo */
	{"2001:1::1", 128, "reserved", "reserved", "reserved", "reserved"}, /* PCP anycast */
	{"2001:1::2", 128, "reserved", "reserved", "reserved", "reserved"}, /* TURN anycast */
	{"2001:1::3", 128, "reserved", "reserved", "reserved", "reserved"}, /* SRP anycast */
	{"2001:2::", 48, "benchmarking", "benchmarking", "reserved", "reserved"},
	{"2001:3::", 32, "reserved", "reserved", "reserved", "reserved"},     /* AMT */
	{"2001:4:112::", 48, "reserved", "reserved", "reserved", "reserved"}, /* AS112 */
	{"2001:10::", 28, "reserved", "reserved", "reserved", "reserved"},    /* ORCHID */
	{"2001:20::", 28, "reserved", "reserved", "reserved", "reserved"},    /* ORCHIDv2 */
	{"2001:30::", 28, "reserved", "reserved", "reserved", "reserved"},    /* drone identities */
	{"2001:db8::", 32, "documentation", "documentation", NULL, NULL},
	{"2002::", 16, "unspecified", "broadcast", NULL, NULL}, /* 6to4 */
	{"2620:4f:8000::", 48, NULL, NULL, NULL, NULL},
	{"3fff::", 20, "documentation", "documentation", NULL, NULL},
	{"5f00::", 16, "reserved", "reserved", "reserved", "reserved"}, /* segment routing */
	{"fc00::", 7, "unique-local", "unique-local", "reserved", "reserved"},
	{"fe80::", 10, "link-local", "link-local", "reserved", "reserved"},
	{"ff00::", 8, "multicast", "multicast", "reserved", EDGE},

	/* what is no global unicast at all */
	{"::8.8.8.8", 128, "reserved", "reserved", "reserved", "reserved"},            /* IPv4-compatible */
	{"::127.0.0.1", 128, "reserved", "reserved", "reserved", "reserved"},
	{"::ffff:0:8.8.8.8", 128, "reserved", "reserved", "reserved", "reserved"},     /* IPv4-translated */
	{"::ffff:0:127.0.0.1", 128, "reserved", "reserved", "reserved", "reserved"},
	{"2000::", 3, NULL, NULL, "reserved", "reserved"},
	{"fec0::", 10, "reserved", "reserved", "link-local", "multicast"},             /* site-local */

	/* wrapped: as what they wrap */
	{"::ffff:8.0.0.0", 104, NULL, NULL, NULL, NULL},
	{"::ffff:10.0.0.0", 104, "private", "private", NULL, NULL},
	{"::ffff:100.64.0.0", 106, "shared", "shared", NULL, NULL},
	{"::ffff:127.0.0.0", 104, "loopback", "loopback", NULL, NULL},
	{"::ffff:169.254.0.0", 112, "link-local", "link-local", NULL, NULL},
	{"::ffff:172.16.0.0", 108, "private", "private", NULL, NULL},
	{"::ffff:192.168.0.0", 112, "private", "private", NULL, NULL},
	{"::ffff:224.0.0.0", 100, "multicast", "multicast", NULL, "reserved"},
	{"64:ff9b::8.0.0.0", 104, NULL, NULL, NULL, NULL},
	{"64:ff9b::10.0.0.0", 104, "private", "private", NULL, NULL},
	{"64:ff9b::100.64.0.0", 106, "shared", "shared", NULL, NULL},
	{"64:ff9b::127.0.0.0", 104, "loopback", "loopback", NULL, NULL},
	{"64:ff9b::169.254.0.0", 112, "link-local", "link-local", NULL, NULL},
	{"64:ff9b::172.16.0.0", 108, "private", "private", NULL, NULL},
	{"64:ff9b::192.168.0.0", 112, "private", "private", NULL, NULL},
	{"64:ff9b::224.0.0.0", 100, "multicast", "multicast", NULL, "reserved"},
	{"2002:800::", 24, NULL, NULL, NULL, NULL},
	{"2002:a00::", 24, "private", "private", NULL, NULL},
	{"2002:6440::", 26, "shared", "shared", NULL, NULL},
	{"2002:7f00::", 24, "loopback", "loopback", NULL, NULL},
	{"2002:a9fe::", 32, "link-local", "link-local", NULL, NULL},
	{"2002:ac10::", 28, "private", "private", NULL, NULL},
	{"2002:c0a8::", 32, "private", "private", NULL, NULL},
	{"2002:e000::", 20, "multicast", "multicast", NULL, "reserved"},

	/* clouds' metadata */
	{"169.254.169.254", 32, "cloud-metadata", "cloud-metadata", "link-local", "link-local"},
	{"100.100.100.200", 32, "cloud-metadata", "cloud-metadata", "shared", "shared"},
	{"168.63.129.16", 32, "cloud-metadata", "cloud-metadata", NULL, NULL},
	{"192.0.0.192", 32, "cloud-metadata", "cloud-metadata", "reserved", "reserved"},
	{"fd00:ec2::254", 128, "cloud-metadata", "cloud-metadata", "cloud-metadata", "cloud-metadata"},
	{"fd00:ec2::", 32, "cloud-metadata", "cloud-metadata", "unique-local", "unique-local"},
	{"fd20:ce::254", 128, "cloud-metadata", "cloud-metadata", "unique-local", "unique-local"},
	{"fd00:c1::a9fe:a9fe", 128, "cloud-metadata", "cloud-metadata", "unique-local", "unique-local"},
	{"fd00:42::42", 128, "cloud-metadata", "cloud-metadata", "unique-local", "unique-local"},
	{"fd00:a9fe:a9fe::1", 128, "cloud-metadata", "cloud-metadata", "unique-local", "unique-local"},
	{"fd00:100::100:200", 128, "cloud-metadata", "cloud-metadata", "unique-local", "unique-local"},
	{"::ffff:169.254.169.254", 128, "cloud-metadata", "cloud-metadata", "link-local", "link-local"},
	{"64:ff9b::169.254.169.254", 128, "cloud-metadata", "cloud-metadata", "link-local", "link-local"},
	{"2002:a9fe:a9fe::", 48, "cloud-metadata", "cloud-metadata", "link-local", "link-local"},
};
/* clang-format on */

TEST(ranges)
{
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		const struct range *r = &ranges[i];
		struct address first = parse(r->first);
		struct address last = last_of(first, r->prefix);
		struct address before = step(first, -1), after = step(last, 1);

		assert_kind(&first, r->kind);
		assert_kind(&last, r->last_kind);
		if (r->before == NULL || strcmp(r->before, EDGE) != 0)
			assert_kind(&before, r->before);
		if (r->after == NULL || strcmp(r->after, EDGE) != 0)
			assert_kind(&after, r->after);
	}
}

TEST(ordinary_addresses)
{
	static const char *const fine[] = {"1.1.1.1", "8.8.8.8", "151.101.1.1", "223.255.255.255", "2606:4700::1111",
		"2a04:4e42::1", "2400:cb00::1"};

	for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++)
		assert_null(judge_text(fine[i]));
}

TEST(other_families_are_refused)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};

	assert_non_null(guard_refuses((const struct sockaddr *)&un, NULL));
}

TEST(allow_list)
{
	struct config_network networks[] = {
		{{[10] = 0xff, 0xff, 127}, 104},            /* 127.0.0.0/8 */
		{{[10] = 0xff, 0xff, 10, 1, 2, 0x80}, 121}, /* 10.1.2.128/25 */
		{{0xfd, 0x12}, 16},                         /* fd12::/16 */
	};
	struct config_networks allow = {networks, 3, 3};
	static const struct {
		const char *text;
		bool fine;
	} cases[] = {
		{"127.0.0.1", true},
		{"127.255.255.255", true},
		{"10.1.2.127", false},
		{"10.1.2.128", true},
		{"10.1.2.255", true},
		{"10.1.3.0", false},
		{"fd12::1", true},
		{"fd13::1", false},
		{"::1", false},
		/* a mapped address is the IPv4 one; in other wrappings it is another place */
		{"::ffff:127.0.0.1", true},
		{"64:ff9b::127.0.0.1", false},
		{"2002:7f00:1::", false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct address a = parse(cases[i].text);

		if ((judge(&a, &allow) == NULL) != cases[i].fine)
			fail_msg("%s", cases[i].text);
	}
}

TEST(everything_can_be_allowed)
{
	struct config_network all = {{0}, 0};
	struct config_networks allow = {&all, 1, 1};
	struct address a = parse("169.254.169.254");

	assert_null(judge(&a, &allow));
}

TEST(articles)
{
	assert_string_equal(guard_article("loopback"), "a");
	assert_string_equal(guard_article("unique-local"), "a");
	assert_string_equal(guard_article("unspecified"), "an");
}

TEST(what_allow_private_opens)
{
	static const struct {
		const char *text;
		bool opened;
	} cases[] = {
		{"127.0.0.1", true},
		{"::1", true},
		{"10.9.8.7", true},
		{"172.31.0.1", true},
		{"192.168.1.1", true},
		{"100.100.1.1", true},
		{"fd00::1", true},
		{"::ffff:192.168.1.1", true},
		{"169.254.169.254", false},
		{"100.100.100.200", false},
		{"fd00:ec2::254", false},
		{"fd20:ce::254", false},
		{"fd00:c1::a9fe:a9fe", false},
		{"fd00:42::42", false},
		{"fd00:a9fe:a9fe::1", false},
		{"fd00:100::100:200", false},
		/* what a network's own translator makes of it may be anything */
		{"64:ff9b:1::a9fe:a9fe", false},
		{"::ffff:100.100.100.200", false},
		{"fe80::1", false},
		{"0.0.0.0", false},
		{"224.0.0.1", false},
		{"240.0.0.1", false},
		{"192.0.2.1", false},
		{"2001:db8::1", false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct address a = parse(cases[i].text);

		if (guard_is_private((const struct sockaddr *)&a.storage) != cases[i].opened)
			fail_msg("%s", cases[i].text);
	}
}

static struct sockaddr_storage with_port(const char *text, uint16_t port)
{
	struct address a = parse(text);

	if (a.storage.ss_family == AF_INET)
		((struct sockaddr_in *)&a.storage)->sin_port = htons(port);
	else
		((struct sockaddr_in6 *)&a.storage)->sin6_port = htons(port);
	return a.storage;
}

TEST(own_sockets)
{
	static const struct {
		const char *listens, *wanted;
		uint16_t port;
		bool own;
	} cases[] = {
		{"127.0.0.1", "127.0.0.1", 8484, true},
		{"127.0.0.1", "127.0.0.1", 8485, false},
		{"127.0.0.1", "127.0.0.2", 8484, false},
		{"127.0.0.1", "::ffff:127.0.0.1", 8484, true},
		{"::ffff:127.0.0.1", "127.0.0.1", 8484, true},
		/* no address means this machine to the kernel */
		{"127.0.0.1", "0.0.0.0", 8484, true},
		{"127.0.0.1", "::ffff:0.0.0.0", 8484, true},
		{"::1", "::", 8484, true},
		{"::1", "::1", 8484, true},
		{"::1", "127.0.0.1", 8484, false},
		/* every address means each of this machine's, and none of others' */
		{"0.0.0.0", "127.0.0.1", 8484, true},
		{"0.0.0.0", "127.9.8.7", 8484, true},
		{"0.0.0.0", "0.0.0.0", 8484, true},
		{"0.0.0.0", "127.0.0.1", 8485, false},
		{"0.0.0.0", "192.0.2.77", 8484, false},
		{"0.0.0.0", "2001:db8::77", 8484, false},
		{"::", "127.0.0.1", 8484, true},
		{"::", "192.0.2.77", 8484, false},
	};
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	struct sockaddr_storage two[2] = {with_port("127.0.0.1", 1), with_port("127.0.0.1", 2)};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sockaddr_storage door = with_port(cases[i].listens, 8484);
		struct sockaddr_storage wanted = with_port(cases[i].wanted, cases[i].port);

		if (guard_is_own((const struct sockaddr *)&wanted, &door, 1) != cases[i].own)
			fail_msg("%s, which listens, and %s", cases[i].listens, cases[i].wanted);
	}
	assert_true(guard_is_own((const struct sockaddr *)&two[1], two, 2));
	assert_false(guard_is_own((const struct sockaddr *)&two[1], two, 1));
	assert_false(guard_is_own((const struct sockaddr *)&un, two, 2));
	assert_false(guard_is_own((const struct sockaddr *)&two[0], NULL, 0));
}
