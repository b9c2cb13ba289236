/* SPDX-License-Identifier: ISC */
/* The table of tracking parameters.
 *
 * Two outlets, or one outlet's two feeds, link the same article with different campaign parameters, so links are
 * compared without them.  All other parameters are kept: many sites name the article in ?id= or ?p=.  A name is
 * TRACKER_SURE when it belongs to a product and no known site uses it for content.  Broad names that usually belong
 * to campaigns are removed from keys only.  Links have few parameters, so the table is made to be read by people and
 * is searched from the top. */
#include "trackers.h"

struct trackers {
	const char *product;
	enum tracker_certainty certainty;
	const char *names; /* in lower case; one with "*" behind it is a prefix */
};

static const struct trackers trackers[] = {
	{"Google Analytics", TRACKER_SURE, "utm_* _ga _gl"},
	{"Google Ads", TRACKER_SURE, "gclid gclsrc dclid gbraid wbraid srsltid"},
	{"Meta", TRACKER_SURE, "fbclid fb_* igsh igshid"},
	{"Matomo, Piwik", TRACKER_SURE, "mtm_* matomo_* pk_campaign pk_content pk_keyword pk_kwd pk_medium pk_source"},
	{"Yandex", TRACKER_SURE, "yclid ysclid _openstat"},
	{"Twitter", TRACKER_SURE, "twclid __twitter_impression"},
	{"Microsoft Ads", TRACKER_SURE, "msclkid"},
	{"Snapchat", TRACKER_SURE, "sc_cid"},
	{"Mailchimp", TRACKER_SURE, "mc_cid mc_eid mc_tc"},
	{"HubSpot", TRACKER_SURE, "_hsenc _hsmi __hssc __hstc __hsfp hsctatracking"},
	{"Marketo", TRACKER_SURE, "mkt_tok"},
	{"Vero", TRACKER_SURE, "vero_id vero_conv"},
	{"Omeda", TRACKER_SURE, "oly_*"},
	{"others", TRACKER_SURE, "__s rb_clickid"},
	{"MailerLite", TRACKER_SURE, "ml_subscriber ml_subscriber_hash"},
	{"Humble", TRACKER_SURE, "hmb_*"},
	{"Wicked Reports", TRACKER_SURE, "wickedid"},
	{"Branch", TRACKER_SURE, "_branch_match_id _branch_referrer"},
	{"Adobe", TRACKER_SURE, "s_cid"},
	{"Webtrekk", TRACKER_SURE, "wt_mc"},
	{"Yahoo consent", TRACKER_SURE, "guccounter guce_referrer guce_referrer_sig"},
	{"comScore", TRACKER_SURE, "ns_campaign ns_fee ns_linkname ns_mchannel ns_source"},
	{"AT Internet", TRACKER_SURE,
		"xtor at_campaign at_custom1 at_custom2 at_custom3 at_custom4 at_link_id at_link_origin at_link_type "
		"at_medium"},
	{"internal campaigns", TRACKER_SURE, "itm_*"},
	{"AMP viewers", TRACKER_LIKELY, "amp_gsa amp_js_v"},
	{"campaigns", TRACKER_LIKELY,
		"campaign_content campaign_id campaign_medium campaign_name campaign_source campaign_term cmp cmpid "
		"feed_id ftag ftcamp icid intcid ito ncid smid smtyp spm sr_share taid traffic_source trk_*"},
};

static bool is_named(struct str name, struct str row)
{
	if (str_ends(row, STR("*")))
		return str_starts_nocase(name, str_slice(row, 0, row.len - 1));
	return str_eq_nocase(name, row);
}

static struct str bare_host(struct str host)
{
	return str_starts_nocase(host, STR("www.")) ? str_slice(host, 4, host.len) : host;
}

/* ?ref=example.org on a link to example.org: the site names itself as the origin of the click.  Any other value of
 * ref may be a branch, a chapter or a document number. */
static bool names_host(struct str value, struct str host)
{
	value = bare_host(value);
	host = bare_host(host);
	return value.len > 0 && str_find_char(value, '.', 0) != STR_NPOS && str_eq_nocase(value, host);
}

bool tracker_is(struct str name, struct str value, struct str host, enum tracker_certainty least)
{
	while (str_starts(name, STR("amp;")))
		name = str_slice(name, 4, name.len);
	if (str_eq_nocase(name, STR("ref")))
		return names_host(value, host);
	for (size_t i = 0; i < sizeof(trackers) / sizeof(trackers[0]); i++) {
		struct str rest = str_from(trackers[i].names);
		struct str row;

		while (trackers[i].certainty <= least && str_word(&rest, &row)) {
			if (is_named(name, row))
				return true;
		}
	}
	return false;
}
