/* SPDX-License-Identifier: ISC */
/* Tables of the addresses that are refused: those that are not globally reachable (IANA's registries of special-purpose
 * addresses, RFC 6890 and later), and the metadata services of clouds.  The IPv6 table also has the forms in which an
 * IPv6 address carries an IPv4 one.
 *
 * Addresses are compared as 16 bytes, IPv4 as ::ffff:a.b.c.d.  An IPv6 address that no row has is refused: only
 * 2000::/3 is global unicast. */
#include "sitrep/fetch/guard.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

enum kind {
	KIND_GLOBAL,
	KIND_LOOPBACK,
	KIND_PRIVATE,
	KIND_UNIQUE_LOCAL,
	KIND_SHARED,
	KIND_LINK_LOCAL,
	KIND_UNSPECIFIED,
	KIND_THIS_NETWORK,
	KIND_MULTICAST,
	KIND_BROADCAST,
	KIND_DOCUMENTATION,
	KIND_BENCHMARKING,
	KIND_DISCARD,
	KIND_TUNNEL,
	KIND_METADATA,
	KIND_RESERVED,
	KIND_NO_INTERNET, /* another address family */
};

static const char *const names[] = {
	[KIND_GLOBAL] = NULL,
	[KIND_LOOPBACK] = "loopback",
	[KIND_PRIVATE] = "private",
	[KIND_UNIQUE_LOCAL] = "unique-local",
	[KIND_SHARED] = "shared",
	[KIND_LINK_LOCAL] = "link-local",
	[KIND_UNSPECIFIED] = "unspecified",
	[KIND_THIS_NETWORK] = "this-network",
	[KIND_MULTICAST] = "multicast",
	[KIND_BROADCAST] = "broadcast",
	[KIND_DOCUMENTATION] = "documentation",
	[KIND_BENCHMARKING] = "benchmarking",
	[KIND_DISCARD] = "discard-only",
	[KIND_TUNNEL] = "tunnel",
	[KIND_METADATA] = "cloud-metadata",
	[KIND_RESERVED] = "reserved",
	[KIND_NO_INTERNET] = "non-internet",
};

/* The first row that matches decides. */
static const struct {
	uint8_t address[4];
	uint8_t prefix;
	enum kind kind;
} v4[] = {
	{{0, 0, 0, 0}, 32, KIND_UNSPECIFIED},
	{{0, 0, 0, 0}, 8, KIND_THIS_NETWORK},
	{{10, 0, 0, 0}, 8, KIND_PRIVATE},
	/* Metadata services, from which machines in clouds get their secrets: Alibaba, Amazon and others, Azure (in
	 * public address space), Oracle. */
	{{100, 100, 100, 200}, 32, KIND_METADATA},
	{{169, 254, 169, 254}, 32, KIND_METADATA},
	{{168, 63, 129, 16}, 32, KIND_METADATA},
	{{192, 0, 0, 192}, 32, KIND_METADATA},
	{{100, 64, 0, 0}, 10, KIND_SHARED},
	{{127, 0, 0, 0}, 8, KIND_LOOPBACK},
	{{169, 254, 0, 0}, 16, KIND_LINK_LOCAL},
	{{172, 16, 0, 0}, 12, KIND_PRIVATE},
	/* Two of its addresses are reachable, but they are anycast to the nearest router, where no feed is. */
	{{192, 0, 0, 0}, 24, KIND_RESERVED},
	{{192, 0, 2, 0}, 24, KIND_DOCUMENTATION},
	{{192, 88, 99, 0}, 24, KIND_TUNNEL},
	{{192, 168, 0, 0}, 16, KIND_PRIVATE},
	{{198, 18, 0, 0}, 15, KIND_BENCHMARKING},
	{{198, 51, 100, 0}, 24, KIND_DOCUMENTATION},
	{{203, 0, 113, 0}, 24, KIND_DOCUMENTATION},
	{{224, 0, 0, 0}, 4, KIND_MULTICAST},
	{{255, 255, 255, 255}, 32, KIND_BROADCAST},
	{{240, 0, 0, 0}, 4, KIND_RESERVED},
};

enum { IN_NO_V4 = -1 };

static const struct {
	uint8_t address[16];
	uint8_t prefix;
	enum kind kind;
	int embedded; /* offset of the IPv4 address inside, which is judged instead of kind; or IN_NO_V4 */
} v6[] = {
	{{0}, 128, KIND_UNSPECIFIED, IN_NO_V4},
	{{[15] = 1}, 128, KIND_LOOPBACK, IN_NO_V4},
	{{[10] = 0xff, 0xff}, 96, KIND_RESERVED, 12},   /* mapped, RFC 4291 */
	{{0, 0x64, 0xff, 0x9b}, 96, KIND_RESERVED, 12}, /* NAT64, RFC 6052 */
	/* A network's own NAT64 (RFC 8215): the target is unknown to us. */
	{{0, 0x64, 0xff, 0x9b, 0, 1}, 48, KIND_TUNNEL, IN_NO_V4},
	{{0x01, 0x00}, 64, KIND_DISCARD, IN_NO_V4},
	{{0x20, 0x01, 0, 0}, 32, KIND_TUNNEL, IN_NO_V4}, /* Teredo */
	{{0x20, 0x01, 0, 2}, 48, KIND_BENCHMARKING, IN_NO_V4},
	/* IETF protocol assignments; some are reachable, but no feed is there. */
	{{0x20, 0x01, 0, 0}, 23, KIND_RESERVED, IN_NO_V4},
	{{0x20, 0x01, 0x0d, 0xb8}, 32, KIND_DOCUMENTATION, IN_NO_V4},
	{{0x20, 0x02}, 16, KIND_TUNNEL, 2}, /* 6to4 */
	{{0x3f, 0xff, 0x00}, 20, KIND_DOCUMENTATION, IN_NO_V4},
	{{0x20}, 3, KIND_GLOBAL, IN_NO_V4},
	{{0xfd, 0x00, 0x0e, 0xc2}, 32, KIND_METADATA, IN_NO_V4},                     /* Amazon's, with its neighbours */
	{{0xfd, 0x20, 0x00, 0xce, [14] = 0x02, 0x54}, 128, KIND_METADATA, IN_NO_V4}, /* Google's */
	{{0xfd, 0x00, 0x00, 0xc1, [12] = 0xa9, 0xfe, 0xa9, 0xfe}, 128, KIND_METADATA, IN_NO_V4}, /* Oracle's */
	{{0xfd, 0x00, 0x00, 0x42, [14] = 0x00, 0x42}, 128, KIND_METADATA, IN_NO_V4},             /* Scaleway's */
	{{0xfd, 0x00, 0xa9, 0xfe, 0xa9, 0xfe, [15] = 0x01}, 128, KIND_METADATA, IN_NO_V4},       /* Linode's */
	{{0xfd, 0x00, 0x01, 0x00, [12] = 0x01, 0x00, 0x02, 0x00}, 128, KIND_METADATA, IN_NO_V4}, /* Alibaba's */
	{{0xfc}, 7, KIND_UNIQUE_LOCAL, IN_NO_V4},
	{{0xfe, 0x80}, 10, KIND_LINK_LOCAL, IN_NO_V4},
	{{0xff}, 8, KIND_MULTICAST, IN_NO_V4},
	{{0}, 0, KIND_RESERVED, IN_NO_V4},
};

static bool in_prefix(const uint8_t *address, const uint8_t *network, unsigned prefix)
{
	unsigned bytes = prefix / 8, bits = prefix % 8;

	if (memcmp(address, network, bytes) != 0)
		return false;
	return bits == 0 || ((address[bytes] ^ network[bytes]) & (0xff << (8 - bits)) & 0xff) == 0;
}

static enum kind judge_v4(const uint8_t address[4])
{
	for (size_t i = 0; i < sizeof(v4) / sizeof(v4[0]); i++)
		if (in_prefix(address, v4[i].address, v4[i].prefix))
			return v4[i].kind;
	return KIND_GLOBAL;
}

static enum kind judge_v6(const uint8_t address[16])
{
	for (size_t i = 0; i < sizeof(v6) / sizeof(v6[0]); i++) {
		if (!in_prefix(address, v6[i].address, v6[i].prefix))
			continue;
		return v6[i].embedded == IN_NO_V4 ? v6[i].kind : judge_v4(address + v6[i].embedded);
	}
	return KIND_RESERVED;
}

/* The address as 16 bytes; false when it is neither IPv4 nor IPv6. */
static bool as_sixteen(const struct sockaddr *address, uint8_t out[16])
{
	if (address->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, address, sizeof(in6));
		memcpy(out, &in6.sin6_addr, 16);
		return true;
	}
	if (address->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, address, sizeof(in));
		memset(out, 0, 10);
		out[10] = out[11] = 0xff;
		memcpy(out + 12, &in.sin_addr, 4);
		return true;
	}
	return false;
}

const char *guard_refuses(const struct sockaddr *address, const struct config_networks *allow)
{
	uint8_t bytes[16];

	if (!as_sixteen(address, bytes))
		return names[KIND_NO_INTERNET];
	for (size_t i = 0; allow != NULL && i < allow->count; i++)
		if (in_prefix(bytes, allow->items[i].address, allow->items[i].prefix))
			return NULL;
	return names[judge_v6(bytes)];
}

bool guard_is_private(const struct sockaddr *address)
{
	uint8_t bytes[16];
	enum kind kind;

	if (!as_sixteen(address, bytes))
		return false;
	kind = judge_v6(bytes);
	return kind == KIND_LOOPBACK || kind == KIND_PRIVATE || kind == KIND_UNIQUE_LOCAL || kind == KIND_SHARED;
}

/* ---- the daemon's own sockets ---- */

static uint16_t port_of(const struct sockaddr *address)
{
	struct sockaddr_in6 in6;
	struct sockaddr_in in;

	if (address->sa_family == AF_INET6) {
		memcpy(&in6, address, sizeof(in6));
		return in6.sin6_port;
	}
	memcpy(&in, address, sizeof(in));
	return in.sin_port;
}

static bool is_mapped(const uint8_t bytes[16])
{
	static const uint8_t mapped[12] = {[10] = 0xff, 0xff};

	return memcmp(bytes, mapped, sizeof(mapped)) == 0;
}

static bool is_unspecified(const uint8_t bytes[16])
{
	static const uint8_t zeros[16];

	return memcmp(bytes, zeros, sizeof(zeros)) == 0 || (is_mapped(bytes) && memcmp(bytes + 12, zeros, 4) == 0);
}

/* Replaces :: and 0.0.0.0 by loopback, to which the kernel connects then. */
static void resolve_unspecified(uint8_t bytes[16])
{
	if (!is_unspecified(bytes))
		return;
	if (is_mapped(bytes))
		bytes[12] = 127;
	bytes[15] = 1;
}

/* Binds a socket to the address, which only works for an address of this machine.  Sends nothing. */
static bool is_of_this_machine(const uint8_t bytes[16])
{
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	struct sockaddr_in in = {.sin_family = AF_INET};
	bool is_v4 = is_mapped(bytes), elsewhere;
	int fd = socket(is_v4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return true; /* not known; an address of this machine is refused */
	memcpy(&in6.sin6_addr, bytes, 16);
	memcpy(&in.sin_addr, bytes + 12, 4);
	elsewhere = (is_v4 ? bind(fd, (const struct sockaddr *)&in, sizeof(in))
			   : bind(fd, (const struct sockaddr *)&in6, sizeof(in6))) != 0 &&
		    errno == EADDRNOTAVAIL;
	close(fd);
	return !elsewhere;
}

bool guard_is_own(const struct sockaddr *address, const struct sockaddr_storage *own, size_t own_count)
{
	uint8_t wanted[16], bound[16];

	if (!as_sixteen(address, wanted))
		return false;
	resolve_unspecified(wanted);
	for (size_t i = 0; i < own_count; i++) {
		const struct sockaddr *listener = (const struct sockaddr *)&own[i];

		if (!as_sixteen(listener, bound) || port_of(listener) != port_of(address))
			continue;
		/* a listener on [::] takes IPv4 and IPv6, one on 0.0.0.0 only IPv4 */
		if (is_unspecified(bound) ? (is_mapped(wanted) || !is_mapped(bound)) && is_of_this_machine(wanted)
					  : memcmp(wanted, bound, sizeof(wanted)) == 0)
			return true;
	}
	return false;
}

const char *guard_article(const char *kind)
{
	return strcmp(kind, names[KIND_UNSPECIFIED]) == 0 ? "an" : "a";
}
