/* SPDX-License-Identifier: ISC */
#include "sitrep/pages/assets.h"

#include <stdio.h>

#include "asset_data.h"
#include "sitrep/base/codec.h"
#include "sitrep/base/sha256.h"

enum { DIGEST_BYTES = 6, PATH_MAX_LEN = 48 };

static const struct {
	const char *name, *suffix, *content_type;
	const unsigned char *data;
	const size_t *len;
} assets[ASSET_COUNT] = {
	[ASSET_STYLE] = {"style", "css", "text/css; charset=utf-8", asset_style, &asset_style_len},
	[ASSET_SCRIPT] = {"sitrepd", "js", "text/javascript; charset=utf-8", asset_script, &asset_script_len},
	[ASSET_ICON] = {"icon", "svg", "image/svg+xml", asset_icon, &asset_icon_len},
};

struct str asset_bytes(enum asset asset)
{
	return str_make((const char *)assets[asset].data, *assets[asset].len);
}

const char *asset_content_type(enum asset asset)
{
	return assets[asset].content_type;
}

/* Only the main loop writes pages. */
const char *asset_path(enum asset asset)
{
	static char paths[ASSET_COUNT][PATH_MAX_LEN];
	struct str bytes = asset_bytes(asset);
	uint8_t digest[SHA256_LEN];
	char hex[2 * DIGEST_BYTES + 1];

	if (paths[asset][0] == '\0') {
		sha256_of(&bytes, 1, digest);
		hex_encode(hex, digest, DIGEST_BYTES);
		snprintf(paths[asset], PATH_MAX_LEN, "%s.%s.%s", assets[asset].name, hex, assets[asset].suffix);
	}
	return paths[asset];
}

bool asset_find(struct str path, enum asset *asset)
{
	for (int i = 0; i < ASSET_COUNT; i++)
		if (path.len > 0 && str_eq(str_slice(path, 1, path.len), str_from(asset_path((enum asset)i)))) {
			*asset = (enum asset)i;
			return true;
		}
	return false;
}
